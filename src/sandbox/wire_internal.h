// What goes over the socket between a process and its decoder. Both are one build on one
// machine, so the numbers are plain structs; the answering side may have been taken over
// by an image, so its answers are checked whole.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "image/examine/examine.h"

namespace pixlake::sandbox {

constexpr uint32_t kMagic = 0x70784431;  // "pxD1"
// The descriptors that the helper is born with.
constexpr int kDecoderSocket = 3;
constexpr int kAlivePipe = 4;  // the parent has the other end, until it dies
constexpr uint32_t kMostName = 4096;
constexpr uint32_t kMostMessage = 1 << 16;
constexpr uint32_t kMostMembers = 256 << 20;
constexpr uint32_t kMostWord = 64;  // of a format, a mode, a time
constexpr uint32_t kMostFacts = 8 << 20;

// Followed by `name_size` bytes; a descriptor of the image comes beside it.
struct WireQuestion {
  uint32_t magic = kMagic;
  uint32_t full = 0;
  uint32_t describe = 0;
  uint32_t end_not_read = 0;
  uint32_t name_size = 0;
  uint64_t size = 0;  // of the image, bytes
  int64_t max_pixels = 0;
  int64_t max_millis = 0;
  int64_t max_memory = 0;
};

// Followed by its texts, in the order of `text_sizes`.
struct WireAnswer {
  uint32_t magic = kMagic;
  uint32_t verdict = 0;
  uint32_t over_memory = 0;
  int64_t offset = -1;
  int64_t frames = 0;
  uint32_t has_header = 0;
  uint32_t format = 0;
  int64_t width = 0;
  int64_t height = 0;
  int32_t channels = 0;
  int32_t bit_depth = 0;
  uint32_t has_gps = 0;
  uint32_t gps_has = 0;            // a bit for each of `gps` that is known
  std::array<double, 4> gps = {};  // latitude, longitude, altitude, direction
  std::array<uint32_t, 5> text_sizes = {};
  uint32_t facts_size = 0;  // FactsToWire, behind the texts
};

WireQuestion ToWire(const image::Question& question, uint64_t size);
image::Question FromWire(const WireQuestion& wire, std::string name);

WireAnswer ToWire(image::Answer* answer);
// Without the texts. nullopt for what no honest decoder says.
std::optional<image::Answer> FromWire(const WireAnswer& wire);

// The texts of an answer: message, JSON members, format, mode, time of GPS. One that the
// answer has no place for is left out; none is longer than MostOfText.
std::array<std::string*, 5> TextsOf(image::Answer* answer);
uint32_t MostOfText(size_t index);

// CommonFacts as a JSON object of those that there are; empty: none at all.
std::string FactsToWire(const image::CommonFacts& facts);
// nullopt for what CommonFactsOf never says.
std::optional<image::CommonFacts> FactsFromWire(const std::string& text);

// Whether the members are what AppendMetadataMembers may have written: JSON, in one line.
bool AreMembers(const std::string& members);

// All of it or false; interrupted calls are taken up again. Sockets are written to
// without SIGPIPE.
bool ReadFully(int fd, void* to, size_t size);
bool WriteFully(int fd, const void* from, size_t size);

}  // namespace pixlake::sandbox
