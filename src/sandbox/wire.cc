#include <algorithm>
#include <cerrno>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/wire_internal.h"

namespace pixlake::sandbox {
namespace {

using GpsValue = std::optional<double> image::GpsPosition::*;
constexpr std::array<GpsValue, 4> kGpsValues = {&image::GpsPosition::latitude, &image::GpsPosition::longitude,
                                                &image::GpsPosition::altitude,
                                                &image::GpsPosition::direction};
// Degrees, degrees, metres (anything), degrees.
constexpr std::array<double, 4> kGpsMost = {90, 180, 1e300, 360};

bool GpsFromWire(const WireAnswer& wire, image::GpsPosition* gps) {
  for (size_t i = 0; i < kGpsValues.size(); ++i) {
    if ((wire.gps_has >> i & 1) == 0) continue;
    if (!std::isfinite(wire.gps[i]) || std::abs(wire.gps[i]) > kGpsMost[i]) return false;
    gps->*kGpsValues[i] = wire.gps[i];
  }
  return true;
}

}  // namespace

std::array<std::string*, 5> TextsOf(image::Answer* answer) {
  image::Description& description = answer->description;
  return {&answer->judgement.message, &description.members, &description.format, &description.mode,
          description.gps ? &description.gps->timestamp : nullptr};
}

uint32_t MostOfText(size_t index) {
  constexpr std::array<uint32_t, 5> most = {kMostMessage, kMostMembers, kMostWord, kMostWord, kMostWord};
  return most[index];
}

bool AreMembers(const std::string& members) {
  if (members.empty()) return true;
  if (members.find('\n') != std::string::npos) return false;
  // What stands beside the members when they are written out is not the decoder's to say.
  static const std::set<std::string> others = {"url", "id", "path"};
  bool honest = true;
  const auto on_event = [&](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    if (depth != 1 || event != nlohmann::json::parse_event_t::key) return true;
    honest = honest && !others.contains(parsed.get<std::string>());
    return false;  // its value is checked, but not kept
  };
  const nlohmann::json object = nlohmann::json::parse("{" + members + "}", on_event, false);
  return honest && object.is_object();
}

WireQuestion ToWire(const image::Question& question, uint64_t size) {
  WireQuestion wire;
  wire.full = question.check == image::CheckLevel::kFull ? 1 : 0;
  wire.describe = question.describe ? 1 : 0;
  wire.end_not_read = question.end_not_read ? 1 : 0;
  wire.name_size = static_cast<uint32_t>(std::min<size_t>(question.filename.size(), kMostName));
  wire.size = size;
  wire.max_pixels = question.budget.max_pixels;
  wire.max_millis = question.budget.max_time.count();
  wire.max_memory = question.budget.max_memory;
  return wire;
}

image::Question FromWire(const WireQuestion& wire, std::string name) {
  image::Question question;
  question.check = wire.full != 0 ? image::CheckLevel::kFull : image::CheckLevel::kHeader;
  question.describe = wire.describe != 0;
  question.end_not_read = wire.end_not_read != 0;
  question.budget = {wire.max_pixels, std::chrono::milliseconds(wire.max_millis), wire.max_memory};
  question.filename = std::move(name);
  return question;
}

WireAnswer ToWire(image::Answer* answer) {
  WireAnswer wire;
  wire.verdict = static_cast<uint32_t>(answer->judgement.verdict);
  wire.over_memory = answer->over_memory ? 1 : 0;
  wire.offset = answer->judgement.offset;
  wire.frames = answer->frames;
  if (answer->header) {
    wire.has_header = 1;
    wire.format = static_cast<uint32_t>(answer->header->format);
    wire.width = answer->header->width;
    wire.height = answer->header->height;
    wire.channels = answer->header->channels;
    wire.bit_depth = answer->header->bit_depth;
  }
  if (answer->description.gps) {
    wire.has_gps = 1;
    for (size_t i = 0; i < kGpsValues.size(); ++i) {
      const std::optional<double>& value = (*answer->description.gps).*kGpsValues[i];
      if (!value) continue;
      wire.gps_has |= 1U << i;
      wire.gps[i] = *value;
    }
  }
  const auto texts = TextsOf(answer);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] != nullptr)
      wire.text_sizes[i] = static_cast<uint32_t>(std::min<size_t>(texts[i]->size(), MostOfText(i)));
  }
  return wire;
}

std::optional<image::Answer> FromWire(const WireAnswer& wire) {
  const bool sane = wire.magic == kMagic &&
                    wire.verdict <= static_cast<uint32_t>(image::Verdict::kUnreadable) && wire.offset >= -1 &&
                    wire.frames >= 0;
  if (!sane) return std::nullopt;
  if (wire.facts_size > kMostFacts) return std::nullopt;
  for (size_t i = 0; i < wire.text_sizes.size(); ++i) {
    if (wire.text_sizes[i] > MostOfText(i)) return std::nullopt;
  }
  image::Answer answer;
  answer.judgement.verdict = static_cast<image::Verdict>(wire.verdict);
  answer.over_memory = wire.over_memory != 0;
  answer.judgement.offset = wire.offset;
  answer.frames = wire.frames;
  if (wire.has_gps != 0 && !GpsFromWire(wire, &answer.description.gps.emplace())) return std::nullopt;
  if (wire.has_header == 0) return answer;
  constexpr int64_t kMostSide = int64_t{1} << 40;
  const bool shape = wire.format < image::kImageFormats && wire.width > 0 && wire.width < kMostSide &&
                     wire.height > 0 && wire.height < kMostSide && wire.channels >= 0 &&
                     wire.channels <= 65535 && wire.bit_depth >= 0 && wire.bit_depth <= 64;
  if (!shape) return std::nullopt;
  answer.header = image::ImageHeader{static_cast<image::ImageFormat>(wire.format), wire.width, wire.height,
                                     wire.channels, wire.bit_depth};
  return answer;
}

bool ReadFully(int fd, void* to, size_t size) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::read(fd, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool WriteFully(int fd, const void* from, size_t size) {
  const auto* at = static_cast<const char*>(from);
  while (size > 0) {
    const ssize_t put = ::send(fd, at, size, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    at += put;
    size -= static_cast<size_t>(put);
  }
  return true;
}

}  // namespace pixlake::sandbox
