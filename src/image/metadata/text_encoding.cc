#include "image/metadata/text_encoding.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <utility>

#include <iconv.h>

#include "base/utf8.h"

namespace pixlake::image {
namespace {

DecodedText DecodeSingleBytes(std::span<const uint8_t> bytes) {
  DecodedText text{{}, "latin-1", true};
  for (const uint8_t byte : bytes) {
    const uint32_t character = Windows1252(byte);
    if (character != byte) text.encoding = "windows-1252";
    AppendUtf8(character, &text.utf8);
  }
  return text;
}

std::span<const uint8_t> WithoutTrailing(std::span<const uint8_t> bytes, uint8_t unwanted) {
  while (!bytes.empty() && bytes.back() == unwanted) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

uint32_t Unit(std::span<const uint8_t> bytes, size_t i, bool big_endian) {
  return big_endian ? uint32_t{bytes[i]} << 8 | bytes[i + 1] : uint32_t{bytes[i + 1]} << 8 | bytes[i];
}

// Blocks that people write in; what is not here is rare, private, or no character.
bool IsCommon(uint32_t unit) {
  static constexpr std::array<std::pair<uint16_t, uint16_t>, 20> kCommon{
      {{0x09, 0x0A},     {0x0D, 0x0D},     {0x20, 0x7E},     {0xA0, 0x24F},    {0x300, 0x6FF},
       {0x900, 0xEFF},   {0x10A0, 0x11FF}, {0x1E00, 0x1FFF}, {0x2010, 0x2027}, {0x2030, 0x205E},
       {0x20A0, 0x20BF}, {0x2100, 0x214F}, {0x2190, 0x21FF}, {0x2500, 0x27BF}, {0x3000, 0x3003},
       {0x3005, 0x30FF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0xFF01, 0xFFEE}, {0x2200, 0x22FF}}};
  return std::any_of(kCommon.begin(), kCommon.end(),
                     [&](const auto& block) { return unit >= block.first && unit <= block.second; });
}

// How many units of a text, read in this order, are such as people write.
size_t CommonUnits(std::span<const uint8_t> bytes, bool big_endian) {
  size_t common = 0;
  for (size_t i = 0; i + 2 <= bytes.size(); i += 2) {
    const uint32_t unit = Unit(bytes, i, big_endian);
    const bool pair = unit >= 0xD800 && unit < 0xDC00 && i + 4 <= bytes.size() &&
                      (Unit(bytes, i + 2, big_endian) & 0xFC00) == 0xDC00;
    common += pair ? 2 : IsCommon(unit) ? 1 : 0;
    if (pair) i += 2;
  }
  return common;
}

// Writers often use the machine's byte order and not the file's. Letters of one script share
// their upper byte, so that the position with far fewer different bytes is the upper one;
// where that does not tell (Chinese), the order that makes more of what people write is it.
bool GuessUtf16BigEndian(std::span<const uint8_t> bytes, bool declared) {
  bytes = bytes.first(std::min<size_t>(bytes.size() & ~size_t{1}, 4096));
  size_t end = 0;
  while (end < bytes.size() && (bytes[end] != 0 || bytes[end + 1] != 0)) end += 2;
  bytes = bytes.first(end);
  std::bitset<256> even, odd;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    even.set(bytes[i]);
    odd.set(bytes[i + 1]);
  }
  const size_t common = CommonUnits(bytes, declared), swapped = CommonUnits(bytes, !declared);
  if (2 * even.count() <= odd.count() && (declared || swapped >= common)) return true;
  if (2 * odd.count() <= even.count() && (!declared || swapped >= common)) return false;
  return swapped > common ? !declared : declared;
}

}  // namespace

bool IsAscii(std::span<const uint8_t> bytes) {
  uint64_t met = 0;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, 8);
    met |= word;
  }
  for (; i < bytes.size(); ++i) met |= bytes[i];
  return (met & 0x8080808080808080u) == 0;
}

// RFC 3629, section 4: the syntax of UTF-8 byte sequences.
bool IsUtf8(std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const uint8_t lead = bytes[i];
    size_t more = 0;
    uint8_t low = 0x80, high = 0xBF;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
      more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      more = 2;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      more = 3;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (bytes.size() - i <= more || bytes[i + 1] < low || bytes[i + 1] > high) return false;
    for (size_t k = 2; k <= more; ++k) {
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

DecodedText DecodeDetected(std::span<const uint8_t> bytes) {
  if (IsAscii(bytes)) return {std::string(ViewOf(bytes)), "ascii", false};
  if (IsUtf8(bytes)) return {std::string(ViewOf(bytes)), "utf-8", false};
  return DecodeSingleBytes(bytes);
}

DecodedText DecodeUtf16(std::span<const uint8_t> bytes, bool big_endian) {
  if (bytes.size() >= 2 && bytes[0] == 0xFE && bytes[1] == 0xFF) {
    big_endian = true;
    bytes = bytes.subspan(2);
  } else if (bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE) {
    big_endian = false;
    bytes = bytes.subspan(2);
  }
  const auto unit = [&](size_t i) { return Unit(bytes, i, big_endian); };
  DecodedText text{{}, "utf-16", false};
  for (size_t i = 0; i + 2 <= bytes.size(); i += 2) {
    uint32_t code_point = unit(i);
    if (code_point == 0) break;
    if (code_point >= 0xD800 && code_point < 0xDC00 && i + 4 <= bytes.size()) {
      const uint32_t low = unit(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    text.guessed |= code_point >= 0xD800 && code_point < 0xE000;
    AppendUtf8(code_point, &text.utf8);
  }
  return text;
}

std::optional<std::string> DecodeByIconv(std::span<const uint8_t> bytes, const char* charset) {
  const iconv_t converter = iconv_open("UTF-8", charset);
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  // No character set here makes more than 3 bytes of one, 4 of two.
  std::string out(bytes.size() * 4 + 16, '\0');
  char* from = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  char* to = out.data();
  size_t from_left = bytes.size(), to_left = out.size();
  const size_t irreversible = iconv(converter, &from, &from_left, &to, &to_left);
  iconv_close(converter);
  if (irreversible == static_cast<size_t>(-1) || from_left != 0) return std::nullopt;
  out.resize(out.size() - to_left);
  return out;
}

// Exif 3.0, 4.6.6.3 UserComment, table 9 "Character codes and their designation".
DecodedText DecodeCharsetText(std::span<const uint8_t> bytes, bool big_endian) {
  if (bytes.size() < 8) return DecodeDetected(WithoutTrailing(bytes, 0));
  const std::string_view code = ViewOf(bytes.first(8));
  const auto rest = bytes.subspan(8);
  if (code.starts_with("UNICODE")) {
    const bool marked = rest.size() >= 2 && (Unit(rest, 0, true) == 0xFEFF || Unit(rest, 0, true) == 0xFFFE);
    const bool guess = marked ? big_endian : GuessUtf16BigEndian(rest, big_endian);
    DecodedText text = DecodeUtf16(rest, guess);
    text.guessed |= guess != big_endian;
    return text;
  }
  const auto trimmed = WithoutTrailing(rest, 0);
  if (code.starts_with("JIS")) {
    if (auto text = DecodeByIconv(trimmed, "ISO-2022-JP")) return {*std::move(text), "jis", false};
    if (auto text = DecodeByIconv(trimmed, "CP932")) return {*std::move(text), "shift_jis", true};
    return DecodeDetected(trimmed);
  }
  if (code.starts_with("ASCII") || code == std::string_view("\0\0\0\0\0\0\0\0", 8)) {
    return DecodeDetected(trimmed);
  }
  DecodedText text = DecodeDetected(WithoutTrailing(bytes, 0));
  text.guessed = !text.utf8.empty();
  return text;
}

}  // namespace pixlake::image
