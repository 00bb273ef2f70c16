#include <algorithm>
#include <cstdlib>
#include <utility>

#include <strings.h>

#include "io/http/robots_internal.h"

namespace pixlake::io {
namespace {

constexpr size_t kMostBytes = size_t{500} << 10;
constexpr double kMostDelay = 30;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool SameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// 2.2.3: '*' is any characters, '$' at the end the end. Linear in the product at worst,
// without recursion.
bool Matches(std::string_view pattern, std::string_view path) {
  const bool anchored = pattern.ends_with('$');
  if (anchored) pattern.remove_suffix(1);
  size_t p = 0, s = 0, star = std::string_view::npos, from = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = s;
    } else if (p == pattern.size() && (!anchored || s == path.size())) {
      return true;
    } else if (p < pattern.size() && s < path.size() && pattern[p] == path[s]) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos && from < path.size()) {
      p = star + 1;
      s = ++from;
    } else {
      return false;
    }
  }
}

}  // namespace

Robots Robots::DisallowAll() {
  Robots robots;
  robots.rules_.push_back({"/", false});
  return robots;
}

// 2.1 Protocol definition: a group is one or more user-agent lines and then rules.
Robots Robots::Parse(std::string_view text, std::string_view product) {
  text = text.substr(0, kMostBytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Robots ours, others;
  bool have_ours = false, in_ours = false, in_others = false, in_agents = false;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = Trim(line.substr(0, line.find('#')));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = Trim(line.substr(0, colon)), value = Trim(line.substr(colon + 1));
    if (SameWord(name, "user-agent")) {
      if (!in_agents) in_ours = in_others = false;
      in_agents = true;
      in_ours |= SameWord(value.substr(0, value.find('/')), product);
      in_others |= value == "*";
      have_ours |= in_ours;
      continue;
    }
    const bool allow = SameWord(name, "allow"), disallow = SameWord(name, "disallow");
    const bool delay = SameWord(name, "crawl-delay");
    if (!allow && !disallow && !delay) continue;
    in_agents = false;
    for (auto [robots, applies] : {std::pair{&ours, in_ours}, std::pair{&others, in_others}}) {
      if (!applies) continue;
      if (delay) {
        const double seconds = std::strtod(std::string(value).c_str(), nullptr);
        robots->crawl_delay_ = seconds > 0 ? std::min(seconds, kMostDelay) : 0;
      } else if (!value.empty()) {
        robots->rules_.push_back({std::string(value), allow});
      }
    }
  }
  return have_ours ? ours : others;
}

bool Robots::Allows(std::string_view path) const {
  if (path == "/robots.txt") return true;
  size_t longest = 0;
  bool allowed = true;
  for (const Rule& rule : rules_) {
    const size_t length = rule.pattern.size();
    if (length < longest || (length == longest && !rule.allow)) continue;
    if (!Matches(rule.pattern, path)) continue;
    longest = length;
    allowed = rule.allow;
  }
  return allowed;
}

}  // namespace pixlake::io
