#include <cctype>

#include <fmt/format.h>

#include "delta/log/log_listing_internal.h"
#include "delta/log/table_path_internal.h"

namespace pixlake::delta {

namespace {

// The length of "file:" and the like in front; 0: none. RFC 3986 section 3.1.
size_t SchemeLength(std::string_view path) {
  if (path.empty() || std::isalpha(static_cast<unsigned char>(path[0])) == 0) {
    return 0;
  }
  for (size_t i = 1; i < path.size(); ++i) {
    const char c = path[i];
    if (c == ':') {
      // "a:b" is a relative name too; a scheme is followed by an absolute path.
      return i + 1 < path.size() && path[i + 1] == '/' ? i : 0;
    }
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.') {
      return 0;
    }
  }
  return 0;
}

// "file:///a", "file:/a" -> "/a".
std::string_view WithoutFileScheme(std::string_view path) {
  if (!path.starts_with("file:/")) {
    return path;
  }
  path.remove_prefix(5);
  return path.starts_with("///") ? path.substr(2) : path;
}

bool ClimbsOut(std::string_view relative) {
  for (size_t begin = 0; begin <= relative.size();) {
    const size_t slash = std::min(relative.find('/', begin), relative.size());
    if (relative.substr(begin, slash - begin) == "..") {
      return true;
    }
    begin = slash + 1;
  }
  return false;
}

Result<std::string> Resolve(const std::string& folder, std::string_view scheme, std::string_view log_path) {
  Result<std::string> decoded = io::PercentDecode(log_path);
  if (!decoded.ok() || decoded->empty() || decoded->find('\0') != std::string::npos) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("the log names a file `{}`, which is no valid path", log_path));
  }
  std::string_view path = WithoutFileScheme(*decoded);
  const size_t length = SchemeLength(path);
  if (length > 0 && path.substr(0, length) != scheme) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the log names a file in another store: {}; only `{}` can be read here",
                             log_path, scheme));
  }
  if (path.starts_with("//")) {
    return Error(ErrorCode::kUnsupported, fmt::format("the log names a file on another host: {}", log_path));
  }
  if (length > 0 || path.starts_with('/')) {
    return std::string(path);
  }
  if (ClimbsOut(path)) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("the log names a file `{}` that leads out of the table's folder", log_path));
  }
  return folder + "/" + std::string(path);
}

}  // namespace

std::string CanonicalPath(std::string_view log_path) {
  if (log_path.find('%') == std::string_view::npos) {
    return std::string(WithoutFileScheme(log_path));
  }
  const std::string decoded = io::PercentDecode(log_path).ValueOr(std::string(log_path));
  return std::string(WithoutFileScheme(decoded));
}

Result<std::string> ResolvePath(const io::Location& table, std::string_view log_path) {
  return Resolve(table.path, table.store->scheme(), log_path);
}

Result<std::string> SidecarPath(const io::Location& table, std::string_view log_path) {
  return Resolve(io::JoinPath(LogFolder(table), "_sidecars"), table.store->scheme(), log_path);
}

std::string FileName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace pixlake::delta
