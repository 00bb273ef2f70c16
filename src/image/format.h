// Which format bytes are of, by their first ones: nothing is parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

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

}  // namespace pixlake::image
