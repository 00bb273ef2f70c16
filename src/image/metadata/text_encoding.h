// Text from outside, made UTF-8 by its declared or its detected encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pixlake::image {

struct DecodedText {
  std::string utf8;
  std::string_view encoding;  // "ascii", "utf-8", "utf-16", "jis", "shift_jis", "latin-1", "windows-1252"
  bool guessed = false;       // nothing said so, or what did was wrong
};

bool IsAscii(std::span<const uint8_t> bytes);

// RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF.
bool IsUtf8(std::span<const uint8_t> bytes);

// What declares no encoding: ASCII, else UTF-8, else Latin-1, or Windows-1252 where
// 0x80 to 0x9F are used. The last two are guesses: bytes that happen to be UTF-8 are it.
DecodedText DecodeDetected(std::span<const uint8_t> bytes);

// UTF-16; a byte-order mark overrules `big_endian`. Lone surrogates become U+FFFD.
DecodedText DecodeUtf16(std::span<const uint8_t> bytes, bool big_endian);

// Exif 3.0, 4.6.6, UserComment: 8 bytes that name the character set ("ASCII", "JIS",
// "UNICODE", zeros for undefined), then text. Without such a name the whole is text.
DecodedText DecodeCharsetText(std::span<const uint8_t> bytes, bool big_endian);

// By iconv's name of the character set; nullopt when it is not text in it.
std::optional<std::string> DecodeByIconv(std::span<const uint8_t> bytes, const char* charset);

inline std::span<const uint8_t> BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view ViewOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace pixlake::image
