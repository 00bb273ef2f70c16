#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>

#define XXH_INLINE_ALL  // as Arrow itself includes it: it exports no symbols of it
#include <arrow/vendored/xxhash.h>
#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/stop/stop_token.h"
#include "ingest/source/folder/path_filter_internal.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kNone = std::string_view::npos;

// Matches one byte against the "[…]" at `pattern[*at]` and moves `*at` behind it. An
// unclosed '[' stands for itself.
bool SetMatches(std::string_view pattern, size_t* at, char byte) {
  size_t p = *at + 1;
  const bool negated = p < pattern.size() && (pattern[p] == '!' || pattern[p] == '^');
  if (negated) ++p;
  const size_t first = p;
  size_t end = first + 1;
  while (end < pattern.size() && pattern[end] != ']') ++end;
  if (end >= pattern.size()) {
    ++*at;
    return byte == '[';
  }
  const auto value = static_cast<unsigned char>(byte);
  bool found = false;
  for (p = first; p < end; ++p) {
    const auto low = static_cast<unsigned char>(pattern[p]);
    unsigned char high = low;
    if (p + 2 < end && pattern[p + 1] == '-') {
      high = static_cast<unsigned char>(pattern[p + 2]);
      p += 2;
    }
    found |= low <= value && value <= high;
  }
  *at = end + 1;
  return byte != '/' && found != negated;
}

// Matches the one byte `byte` against what stands at `pattern[*at]`, no star.
bool OneMatches(std::string_view pattern, size_t* at, char byte) {
  switch (pattern[*at]) {
    case '?':
      ++*at;
      return byte != '/';
    case '[':
      return SetMatches(pattern, at, byte);
    case '\\':
      if (*at + 1 < pattern.size()) ++*at;
      [[fallthrough]];
    default:
      return pattern[(*at)++] == byte;
  }
}

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == kNone ? path : path.substr(slash + 1);
}

bool IsFolder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const stream = ::opendir(folder.c_str());
  if (stream == nullptr) return names;
  while (const dirent* const entry = ::readdir(stream)) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

// Appends what fits `rest` below `folder` (which ends in '/').
Status Expand(const std::string& folder, std::string_view rest, std::vector<std::string>* found) {
  PL_RETURN_NOT_OK(CheckStopped());
  const size_t slash = rest.find('/');
  const std::string_view part = rest.substr(0, slash);
  const std::string_view after = slash == kNone ? std::string_view() : rest.substr(slash + 1);
  if (part == "**" && !after.empty()) PL_RETURN_NOT_OK(Expand(folder, after, found));
  if (!HasGlob(part)) {
    const std::string path = folder + std::string(part);
    struct stat status {};
    if (after.empty()) {
      if (::lstat(path.c_str(), &status) == 0) found->push_back(path);
      return Status::OK();
    }
    return IsFolder(path) ? Expand(path + "/", after, found) : Status::OK();
  }
  for (const std::string& name : NamesIn(folder)) {
    if (name.front() == '.' && part.front() != '.') continue;
    const std::string path = folder + name;
    if (part == "**") {
      struct stat status {};
      // Links to folders are not followed by "**": they may lead back up.
      const bool is_folder = ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      if (after.empty()) found->push_back(path);
      if (is_folder && !after.empty()) PL_RETURN_NOT_OK(Expand(path + "/", rest, found));
    } else if (GlobMatches(part, name)) {
      if (after.empty()) {
        found->push_back(path);
      } else if (IsFolder(path)) {
        PL_RETURN_NOT_OK(Expand(path + "/", after, found));
      }
    }
  }
  return Status::OK();
}

std::vector<std::string> Normalised(std::vector<std::string> patterns) {
  for (std::string& pattern : patterns) {
    if (pattern.ends_with('/')) pattern += "**";  // "cache/": all that is below
  }
  return patterns;
}

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view path) {
  // Where to go on when the rest does not fit: the last '*' may take one byte more, the
  // last "**" too. An earlier one never has to be asked again.
  size_t star_pattern = kNone, star_path = 0, deep_pattern = kNone, deep_path = 0;
  bool deep_by_component = false;
  size_t p = 0, t = 0;
  while (true) {
    const bool at_component = p == 0 || pattern[p - 1] == '/';
    if (at_component && pattern.substr(p, 3) == "**/") {
      deep_pattern = p += 3;
      deep_path = t;
      deep_by_component = true;
      star_pattern = kNone;
      continue;
    }
    if (pattern.substr(p, 2) == "**") {
      deep_pattern = p += 2;
      deep_path = t;
      deep_by_component = false;
      star_pattern = kNone;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '*') {
      star_pattern = ++p;
      star_path = t;
      continue;
    }
    if (p == pattern.size() && t == path.size()) return true;
    if (p < pattern.size() && t < path.size() && OneMatches(pattern, &p, path[t])) {
      ++t;
      continue;
    }
    if (star_pattern != kNone && star_path < path.size() && path[star_path] != '/') {
      p = star_pattern;
      t = ++star_path;
      continue;
    }
    if (deep_pattern == kNone || deep_path >= path.size()) return false;
    star_pattern = kNone;
    if (deep_by_component) {
      const size_t slash = path.find('/', deep_path);
      if (slash == kNone) return false;
      deep_path = slash + 1;
    } else {
      ++deep_path;
    }
    p = deep_pattern;
    t = deep_path;
  }
}

bool HasGlob(std::string_view text) {
  return text.find_first_of("*?[") != kNone;
}

Result<std::vector<std::string>> ExpandGlob(const std::string& pattern) {
  std::vector<std::string> found;
  PL_RETURN_NOT_OK(Expand("/", std::string_view(pattern).substr(1), &found));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.empty())
    return Error(ErrorCode::kNotFound,
                 "nothing is called '" + pattern + "', and as a pattern it fits nothing");
  return found;
}

PathFilter::PathFilter(const SourceOptions& options)
    : include_(Normalised(options.include)), exclude_(Normalised(options.exclude)), hidden_(options.hidden) {
  const SourceOptions defaults;
  if (takes_all() && !hidden_ && !options.label_from_folder &&
      options.max_member_bytes == defaults.max_member_bytes &&
      options.max_expansion == defaults.max_expansion) {
    return;
  }
  std::string text = fmt::format("{} {} {}", (hidden_ ? 1 : 0) + (options.label_from_folder ? 2 : 0),
                                 options.max_member_bytes, options.max_expansion);
  for (const std::string& pattern : include_) text.append(1, '\0').append("+").append(pattern);
  for (const std::string& pattern : exclude_) text.append(1, '\0').append("-").append(pattern);
  fingerprint_ = fmt::format("-{:08x}", static_cast<uint32_t>(XXH3_64bits(text.data(), text.size())));
}

bool PathFilter::AnyMatches(const std::vector<std::string>& patterns, std::string_view relative) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (pattern.find('/') == kNone) return GlobMatches(pattern, BaseName(relative));
    if (pattern.front() == '/') pattern.remove_prefix(1);
    return GlobMatches(pattern, relative);
  });
}

bool PathFilter::Includes(std::string_view relative) const {
  return include_.empty() || AnyMatches(include_, relative);
}

bool PathFilter::Excludes(std::string_view relative) const {
  return !exclude_.empty() && AnyMatches(exclude_, relative);
}

bool PathFilter::EntersFolder(std::string_view relative) const {
  if (exclude_.empty()) return true;
  return !AnyMatches(exclude_, relative) && !AnyMatches(exclude_, std::string(relative) + "/");
}

bool PathFilter::TakesComponents(std::string_view path) const {
  if (hidden_) return true;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (!part.empty() && part.front() == '.' && part != "." && part != "..") return false;
    path.remove_prefix(std::min(part.size() + 1, path.size()));
  }
  return true;
}

}  // namespace pixlake::ingest
