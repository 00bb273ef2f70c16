// RFC 8259 (JSON), RFC 4648 (base64).
#include <charconv>
#include <cmath>

#include "base/utf8.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

// What may stand in a string as it is: RFC 8259, section 7.
bool IsPlain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

void AppendEscaped(char c, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      *out += "\\\"";
      return;
    case '\\':
      *out += "\\\\";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    default:
      *out += "\\u00";
      out->push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      out->push_back(kDigits[c & 15]);
  }
}

// Whether the text stands in JSON as it is and is UTF-8, too. Without a way out of the loop, so that many
// bytes are looked at at once.
bool IsPlainAscii(std::string_view text) {
  unsigned other = 0;
  for (const char c : text)
    other |= static_cast<unsigned>(!IsPlain(c)) | (static_cast<unsigned char>(c) & 0x80U);
  return other == 0;
}

// Each byte that begins no UTF-8 sequence becomes U+FFFD.
std::string Repaired(std::string_view text) {
  std::string repaired;
  for (size_t i = 0; i < text.size();) {
    size_t taken = 0;
    for (size_t size = 1; size <= 4 && i + size <= text.size() && taken == 0; ++size) {
      if (IsUtf8(BytesOf(text.substr(i, size)))) taken = size;
    }
    if (taken == 0) {
      AppendUtf8(0xFFFD, &repaired);
      ++i;
    } else {
      repaired += text.substr(i, taken);
      i += taken;
    }
  }
  return repaired;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  if (IsPlainAscii(text)) {
    out->push_back('"');
    out->append(text);
    out->push_back('"');
    return;
  }
  std::string repaired;
  if (!IsAscii(BytesOf(text)) && !IsUtf8(BytesOf(text))) {
    repaired = Repaired(text);
    text = repaired;
  }
  out->push_back('"');
  size_t from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsPlain(text[i])) continue;
    out->append(text, from, i - from);
    AppendEscaped(text[i], out);
    from = i + 1;
  }
  out->append(text, from, text.size() - from);
  out->push_back('"');
}

void AppendInteger(int64_t number, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

void AppendNumber(double number, std::string* out) {
  if (!std::isfinite(number)) {
    *out += "null";
    return;
  }
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out->append(digits, static_cast<size_t>(end - digits));
}

void AppendBase64(std::span<const uint8_t> bytes, std::string* out) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t at = out->size();
  out->resize(at + (bytes.size() + 2) / 3 * 4);
  char* const to = out->data();
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    const uint32_t group = uint32_t{bytes[i]} << 16 | (left > 1 ? uint32_t{bytes[i + 1]} << 8 : 0) |
                           (left > 2 ? uint32_t{bytes[i + 2]} : 0);
    to[at++] = kLetters[group >> 18];
    to[at++] = kLetters[group >> 12 & 63];
    to[at++] = left > 1 ? kLetters[group >> 6 & 63] : '=';
    to[at++] = left > 2 ? kLetters[group & 63] : '=';
  }
}

}  // namespace pixlake::image
