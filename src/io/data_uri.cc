#include "io/data_uri.h"

#include <array>

#include <fmt/format.h>

#include "io/location.h"
#include "io/uri_scheme.h"

namespace pixlake::io {
namespace {

constexpr std::array<int8_t, 256> kBase64 = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < 26; ++i) {
    values['A' + i] = static_cast<int8_t>(i);
    values['a' + i] = static_cast<int8_t>(26 + i);
  }
  for (size_t i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}();

// A '%' that two hex digits do not follow stands for itself, as in browsers.
std::string Unescaped(std::string_view text) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex(text[i + 2]);
    if (low < 0) {
      plain.push_back(text[i]);
    } else {
      plain.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return plain;
}

Result<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  size_t digits = 0;
  bool padded = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    const int8_t value = kBase64[static_cast<unsigned char>(c)];
    if (value < 0 || padded) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("a data: URI whose character {} of base64 is no digit of it", i));
    }
    bits = bits << 6 | static_cast<uint8_t>(value);
    if (++digits % 4 == 0) {
      bytes.push_back(static_cast<char>(bits >> 16));
      bytes.push_back(static_cast<char>(bits >> 8));
      bytes.push_back(static_cast<char>(bits));
    }
  }
  if (digits % 4 == 1) return Error(ErrorCode::kCorrupt, "a data: URI whose base64 is cut short");
  if (digits % 4 >= 2) bytes.push_back(static_cast<char>(digits % 4 == 2 ? bits >> 4 : bits >> 10));
  if (digits % 4 == 3) bytes.push_back(static_cast<char>(bits >> 2));
  return bytes;
}

}  // namespace

bool IsDataUri(std::string_view uri) {
  return SchemeOf(uri) == "data";
}

Result<DataUri> ParseDataUri(std::string_view uri, int64_t max_bytes) {
  const size_t comma = uri.find(',');
  if (!IsDataUri(uri) || comma == std::string_view::npos)
    return Error(ErrorCode::kCorrupt,
                 "a data: URI without a comma; expected data:<media type>;base64,<data>");
  DataUri data;
  std::string_view head = uri.substr(5, comma - 5);
  const std::string_view body = uri.substr(comma + 1);
  // Neither form gives more than the text has.
  const size_t semicolon = head.rfind(';');
  bool base64 = false;
  if (semicolon != std::string_view::npos) {
    std::string last(head.substr(semicolon + 1));
    for (char& c : last) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    base64 = last.substr(std::min(last.find_first_not_of(' '), last.size())) == "base64";
  }
  data.media_type = std::string(head.substr(0, head.find(';')));
  if (data.media_type.empty()) data.media_type = "text/plain";
  std::string plain = Unescaped(body);
  if (base64) {
    PL_ASSIGN_OR_RETURN(data.bytes, FromBase64(plain));
  } else {
    data.bytes = std::move(plain);
  }
  if (static_cast<int64_t>(data.bytes.size()) > max_bytes) {
    return Error(ErrorCode::kOverBudget,
                 fmt::format("a data: URI of {} bytes, more than the {} of --max-bytes", data.bytes.size(),
                             max_bytes));
  }
  return data;
}

}  // namespace pixlake::io
