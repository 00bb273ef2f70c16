#include "fetch/reference.h"

#include "io/data_uri.h"
#include "io/location.h"
#include "io/object_url.h"
#include "io/uri_scheme.h"

namespace pixlake::fetch {

bool IsRemote(std::string_view url) {
  const std::string scheme = io::SchemeOf(url);
  return scheme == "http" || scheme == "https" || scheme == "data" || io::IsObjectUri(url);
}

std::string_view FileNameOf(std::string_view url) {
  if (io::IsDataUri(url)) return {};
  if (IsRemote(url)) url = url.substr(0, url.find_first_of("?#"));
  return url.substr(url.rfind('/') + 1);
}

}  // namespace pixlake::fetch
