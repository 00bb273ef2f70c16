// Shell patterns on paths, and which paths a source takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

// `*`, `?` and `[…]` match within a component, `**` across folders ("**/a" also "a"),
// '\' takes the next byte as it is. Bytes, not characters. At worst quadratic in `path`.
bool GlobMatches(std::string_view pattern, std::string_view path);

// True when `text` holds a '*', '?' or '['.
bool HasGlob(std::string_view text);

// What is there that fits an absolute pattern, sorted. As in a shell, a component that
// begins with '.' is met only by a pattern that does. kNotFound when nothing fits.
Result<std::vector<std::string>> ExpandGlob(const std::string& pattern);

// include, exclude and hidden of SourceOptions.
class PathFilter {
 public:
  explicit PathFilter(const SourceOptions& options);

  // Every file is taken (hidden ones aside).
  bool takes_all() const { return include_.empty() && exclude_.empty(); }
  // What a container's etag ends in: empty for the default options, else it tells these
  // options from others, so that a container read under some is read again under others.
  const std::string& fingerprint() const { return fingerprint_; }

  // `relative`: path from the source, with '/' between components, none at the ends.
  bool TakesFile(std::string_view relative) const { return Includes(relative) && !Excludes(relative); }
  // Its two halves: there are no include patterns or one fits; an exclude pattern fits.
  bool Includes(std::string_view relative) const;
  bool Excludes(std::string_view relative) const;
  // False when nothing below needs to be looked at.
  bool EntersFolder(std::string_view relative) const;
  // `name` one component.
  bool TakesName(std::string_view name) const { return hidden_ || name.empty() || name.front() != '.'; }
  // The same for all components of a member's path ("." and ".." are not hidden).
  bool TakesComponents(std::string_view path) const;

 private:
  static bool AnyMatches(const std::vector<std::string>& patterns, std::string_view relative);

  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
  bool hidden_;
  std::string fingerprint_;
};

}  // namespace pixlake::ingest
