#include "io/location.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>
#include <vector>

#include <unistd.h>

#include "io/object/remote_store.h"
#include "io/object_url.h"
#include "io/uri_scheme.h"

namespace pixlake::io {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "file:///a", "file:/a" and "file://localhost/a" -> "/a".
Result<std::string> FilePathOf(std::string_view uri) {
  std::string_view rest = uri.substr(5);
  if (rest.substr(0, 2) == "//") {
    rest.remove_prefix(2);
    const std::string_view host = rest.substr(0, rest.find('/'));
    if (!host.empty() && host != "localhost") {
      return Error(ErrorCode::kUsage, "'" + std::string(uri) + "' names another machine; write file:///path");
    }
    rest.remove_prefix(host.size());
  }
  if (rest.empty() || rest.front() != '/')
    return Error(ErrorCode::kUsage, "'" + std::string(uri) + "' has no absolute path");
  return PercentDecode(rest);
}

// Removes "//", "/./", "/../" and a trailing slash without touching the disk.
std::string Normalise(const std::string& path) {
  std::vector<std::string_view> parts;
  std::string_view rest(path);
  while (!rest.empty()) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  std::string result;
  for (const std::string_view part : parts) result.append("/").append(part);
  return result.empty() ? "/" : result;
}

}  // namespace

std::string SchemeOf(std::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string scheme(uri.substr(0, colon));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    const bool letter = c >= 'a' && c <= 'z';
    const bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (!letter && (!other || &c == scheme.data())) return {};
  }
  return uri.substr(colon).starts_with("://") || scheme == "file" || scheme == "data" ? scheme
                                                                                      : std::string();
}

std::string WithLowerScheme(std::string uri) {
  const std::string scheme = SchemeOf(uri);
  return uri.replace(0, scheme.size(), scheme);
}

Result<Location> Locate(const std::string& text, LocalOptions options) {
  if (text.empty()) return Error(ErrorCode::kUsage, "an empty path names no place");
  const std::string uri = WithLowerScheme(text);
  std::string path = uri;
  if (uri.rfind("file:", 0) == 0) {
    PL_ASSIGN_OR_RETURN(path, FilePathOf(uri));
  } else if (IsObjectUri(uri)) {
    PL_ASSIGN_OR_RETURN(auto api, OpenObjectApi(uri));
    const ObjectName name = SplitObjectUri(uri);
    const std::string key = Normalise("/" + name.key);
    const std::string root = uri.substr(0, uri.find("://") + 3) + name.bucket;
    return Location{MakeRemoteStore(std::move(api)), key == "/" ? root : root + key};
  } else if (const size_t colon = uri.find("://"); colon != std::string::npos && uri.find('/') > colon) {
    return Error(ErrorCode::kUnsupported,
                 "'" + uri + "': no store for '" + uri.substr(0, colon) +
                     "://'; this build has: file, s3, gs, hdfs, and http and https for "
                     "images to ingest");
  }
  if (path.front() != '/') {
    char buffer[PATH_MAX];
    if (::getcwd(buffer, sizeof(buffer)) == nullptr)
      return ErrnoError(errno, "finding", "the working folder");
    path = std::string(buffer) + "/" + path;
  }
  return Location{MakeLocalStore(options), Normalise(path)};
}

Result<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return Error(ErrorCode::kCorrupt,
                   "'" + std::string(text) + "' has a '%' that two hex digits do not follow");
    }
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string PercentEncodePath(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/=!$&'()*+,;:@";
  std::string encoded;
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace pixlake::io
