// Time zones as they were before 1900, from the system's zone data.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "table/column/legacy_calendar_internal.h"

namespace pixlake::table {
namespace {

constexpr char kZoneFolder[] = "/usr/share/zoneinfo/";
constexpr size_t kMostBytes = size_t{1} << 20;
constexpr size_t kHeader = 44;
constexpr int64_t kLongestOffset = 26 * 3600;  // seconds; RFC 8536, section 3.2

int64_t BigEndian(std::string_view bytes) {
  uint64_t value = static_cast<unsigned char>(bytes[0]) >= 0x80 ? ~uint64_t{0} : 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<int64_t>(value);
}

// The counts of a header. RFC 8536, section 3.1.
struct Header {
  size_t is_ut = 0, is_std = 0, leaps = 0, times = 0, types = 0, chars = 0;

  size_t BodyBytes(size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + is_std + is_ut;
  }
};

std::optional<Header> HeaderAt(std::string_view bytes, size_t at) {
  if (bytes.size() < at + kHeader || bytes.substr(at, 4) != "TZif") return std::nullopt;
  const auto count = [&](size_t i) {
    return static_cast<size_t>(BigEndian(bytes.substr(at + 20 + i * 4, 4)));
  };
  const Header out{count(0), count(1), count(2), count(3), count(4), count(5)};
  for (const size_t one : {out.is_ut, out.is_std, out.leaps, out.times, out.types, out.chars}) {
    if (one > kMostBytes) return std::nullopt;
  }
  return out;
}

// "+8", "-08:00", "+08:00:30", in seconds.
std::optional<int64_t> ParseOffset(std::string_view text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  int64_t parts[3] = {0, 0, 0};
  size_t part = 0, digits = 0;
  for (const char c : text.substr(1)) {
    if (c == ':' && digits > 0 && part < 2) {
      ++part;
      digits = 0;
    } else if (c >= '0' && c <= '9' && digits < 2) {
      parts[part] = parts[part] * 10 + (c - '0');
      ++digits;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0 || parts[0] > 18 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  const int64_t seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
  return text[0] == '-' ? -seconds : seconds;
}

// Eats a name of the footer: letters, or anything in <>.
void SkipName(std::string_view* text) {
  if (text->starts_with('<')) {
    text->remove_prefix(std::min(text->find('>'), text->size() - 1) + 1);
    return;
  }
  while (!text->empty() && std::isalpha(static_cast<unsigned char>(text->front())) != 0)
    text->remove_prefix(1);
}

// Eats "8", "-1", "+5:30": west of Greenwich is positive in POSIX.
std::optional<int64_t> EatPosixOffset(std::string_view* text) {
  const size_t end = std::min(text->find_first_not_of("+-0123456789:"), text->size());
  if (end == 0) return std::nullopt;
  std::string number(text->substr(0, end));
  text->remove_prefix(end);
  if (number[0] != '+' && number[0] != '-') number = "+" + number;
  const auto seconds = ParseOffset(number);
  return seconds ? std::optional(-*seconds) : std::nullopt;
}

// The standard offset of "PST8PDT,M3.2.0,M11.1.0". Where winter is the exception (Dublin's
// "IST-1GMT0,…"), Java has it the other way round.
std::optional<int64_t> StandardOffset(std::string_view footer) {
  SkipName(&footer);
  const auto standard = EatPosixOffset(&footer);
  if (!standard) return std::nullopt;
  SkipName(&footer);
  const auto other = EatPosixOffset(&footer);
  return other ? std::min(*standard, *other) : *standard;
}

}  // namespace

Result<std::shared_ptr<const OldZone>> OldZone::Parse(std::string_view tzif, const std::string& name) {
  const auto broken = [&] {
    return Error(ErrorCode::kCorrupt, fmt::format("the system's data of time zone {} is damaged", name));
  };
  const auto first = HeaderAt(tzif, 0);
  if (!first || tzif[4] < '2') return broken();
  const size_t second = kHeader + first->BodyBytes(4);
  const auto header = HeaderAt(tzif, second);
  if (!header || header->types == 0) return broken();
  const std::string_view body = tzif.substr(second + kHeader);
  const size_t size = header->BodyBytes(8);
  if (body.size() < size) return broken();
  const std::string_view indices = body.substr(header->times * 8, header->times);
  const std::string_view types = body.substr(header->times * 9, header->types * 6);
  const auto offset_of = [&](size_t type) { return BigEndian(types.substr(type * 6, 4)); };
  auto out = std::make_shared<OldZone>();
  out->first_offset_ = offset_of(0);
  for (size_t i = 0; i < header->times; ++i) {
    const auto type = static_cast<unsigned char>(indices[i]);
    if (type >= header->types || std::abs(offset_of(type)) > kLongestOffset) return broken();
    const int64_t at = BigEndian(body.substr(i * 8, 8));
    // Placeholders far before any clock.
    if (at < -(int64_t{1} << 59))
      out->first_offset_ = offset_of(type);
    else
      out->transitions_.push_back({at, offset_of(type)});
  }
  std::string_view footer = body.substr(size);
  if (footer.starts_with('\n')) footer.remove_prefix(1);
  const auto standard = StandardOffset(footer.substr(0, std::min(footer.find('\n'), footer.size())));
  out->hybrid_offset_ = standard                    ? *standard
                        : out->transitions_.empty() ? out->first_offset_
                                                    : out->transitions_.back().after;
  return std::shared_ptr<const OldZone>(std::move(out));
}

Result<std::shared_ptr<const OldZone>> OldZone::Load(const std::string& name) {
  std::string_view rest = name;
  for (const std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    break;
  }
  const auto fixed = rest.empty() || rest == "Z" ? std::optional<int64_t>(0) : ParseOffset(rest);
  if (fixed) {
    auto out = std::make_shared<OldZone>();
    out->hybrid_offset_ = out->first_offset_ = *fixed;
    return std::shared_ptr<const OldZone>(std::move(out));
  }
  const bool sound = name.find("..") == std::string::npos && name.front() != '/' && name.size() < 100 &&
                     name.find('\0') == std::string::npos;
  std::string bytes;
  if (sound) {
    std::ifstream file(kZoneFolder + name, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (bytes.empty()) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("times were written in the calendar before Spark 3 and in time zone `{}`, which {} "
                    "does not have (Debian's package tzdata)",
                    name, kZoneFolder));
  }
  return Parse(bytes, name);
}

}  // namespace pixlake::table
