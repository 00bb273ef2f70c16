// An image's format and shape, from its header: no pixel is decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "image/verdict.h"

namespace pixlake::image {

enum class ImageFormat { kJpeg, kPng, kTiff, kGif, kBmp, kWebp, kHeif, kAvif };
constexpr size_t kImageFormats = 8;

// Pillow's words: "JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP", "HEIF", "AVIF".
std::string_view FormatName(ImageFormat format);
// "image/jpeg" …
std::string_view FormatMimeType(ImageFormat format);

// By the first bytes alone; never by name. nullopt: none of these.
std::optional<ImageFormat> DetectFormat(std::span<const uint8_t> bytes);

// True when a file's name claims an image ("a.JPG", "b.tiff", "c.heic").
bool NameClaimsImage(std::string_view filename);

// A MIME type by magic, else by name, for what is no image ("application/json",
// "text/plain", "application/octet-stream").
std::string_view GuessMimeType(std::span<const uint8_t> bytes, std::string_view filename);

struct ImageHeader {
  ImageFormat format = ImageFormat::kJpeg;
  int64_t width = 0;   // pixels, before EXIF orientation
  int64_t height = 0;  // pixels
  int channels = 0;    // as decoded: a palette of colours is 3 (4 with transparency)
  int bit_depth = 0;   // bits a sample (16 for 16-bit PNG, 1 for bilevel TIFF, 8 for a palette's colours)
};

struct HeaderLimits {
  int64_t max_pixels = int64_t{1} << 29;  // width x height; more is kBomb
};

// A breach of the format that costs no pixel: every reader shows the image whole.
struct Irregularity {
  int64_t offset = -1;  // byte of the file; -1: no one place
  std::string message;
};

// Keeps the first few.
void AddIrregularity(uint64_t offset, std::string message, std::vector<Irregularity>* to);

struct HeaderResult {
  // Set when the header could be read, also beside a verdict (truncated, bomb).
  std::optional<ImageHeader> header;
  Judgement judgement;
  std::vector<Irregularity> irregular = {};  // also beside kOk
};

// Reads the header and checks, without decoding, that the file's structure is
// complete: PNG's chunks up to IEND, JPEG's markers up to the scan and an EOI after it,
// the directories of a TIFF's chain and their strips or tiles within the file, and so on.
// A verdict is about pixels: what hides none of them is `irregular`.
// Time is linear in the headers (JPEG: plus a search for EOI from the end), memory
// constant but for about 50 bytes for each of a TIFF's directories (65,535 at most). `bytes` is the whole
// file and must begin with a magic DetectFormat knows, else kUnsupported. Never throws, never reads outside
// `bytes`.
HeaderResult ReadHeader(std::span<const uint8_t> bytes, const HeaderLimits& limits = {});

}  // namespace pixlake::image
