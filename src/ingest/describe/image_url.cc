#include "ingest/describe/image_url_internal.h"
#include "io/object_url.h"

namespace pixlake::ingest {

std::string_view SchemeOf(std::string_view url) {
  if (url.starts_with("file:")) return "file";
  const size_t colon = url.find("://");
  return colon == std::string_view::npos || url.find('/') < colon ? std::string_view() : url.substr(0, colon);
}

bool IsRemote(std::string_view url) {
  const std::string_view scheme = SchemeOf(url);
  return scheme == "http" || scheme == "https" || io::IsObjectUri(url);
}

std::string_view FileNameOf(std::string_view url) {
  if (IsRemote(url)) url = url.substr(0, url.find_first_of("?#"));
  return url.substr(url.rfind('/') + 1);
}

}  // namespace pixlake::ingest
