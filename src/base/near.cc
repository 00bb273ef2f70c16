#include "base/near.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>

namespace pixlake {
namespace {

constexpr size_t kMostLetters = 64;
constexpr size_t kFewNames = 12;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

// Optimal string alignment: Levenshtein's distance with swaps of neighbours (Boytsov 2011, 2.2).
size_t Distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string DidYouMean(std::string_view given, std::span<const std::string> names) {
  const std::string wanted = Lower(given.substr(0, kMostLetters));
  const std::string* nearest = nullptr;
  size_t least = std::max<size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > kMostLetters) continue;
    const std::string other = Lower(name);
    const size_t distance = Distance(wanted, other);
    if (distance >= least) continue;
    least = distance;
    nearest = &name;
  }
  if (nearest != nullptr) return fmt::format("; did you mean '{}'?", *nearest);
  if (names.empty() || names.size() > kFewNames) return "";
  return fmt::format("; there are: {}", fmt::join(names, ", "));
}

}  // namespace pixlake
