#include "image/verdict.h"

#include <array>
#include <utility>

namespace pixlake::image {
namespace {

constexpr std::array<std::pair<Verdict, std::string_view>, 8> kNames{{
    {Verdict::kOk, "ok"},
    {Verdict::kEmpty, "empty"},
    {Verdict::kTruncated, "truncated_at"},
    {Verdict::kBomb, "bomb"},
    {Verdict::kCorrupt, "corrupt"},
    {Verdict::kUnsupported, "unsupported"},
    {Verdict::kMislabelled, "mislabelled"},
    {Verdict::kUnreadable, "unreadable"},
}};

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  for (const auto& [value, name] : kNames) {
    if (value == verdict) return name;
  }
  return "corrupt";  // not reached: the list is closed
}

std::optional<Verdict> VerdictFromName(std::string_view name) {
  for (const auto& [value, text] : kNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

}  // namespace pixlake::image
