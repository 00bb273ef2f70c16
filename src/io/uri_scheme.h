// The scheme of what a person types.
#pragma once

#include <string>
#include <string_view>

namespace pixlake::io {

// The scheme in lower case (RFC 3986, 3.1: the same in any case): "s3" of "S3://b/k", "file" of
// "file:/p", "data" of "data:,a"; empty for a path.
std::string SchemeOf(std::string_view uri);
// The same place, its scheme in lower case.
std::string WithLowerScheme(std::string uri);

}  // namespace pixlake::io
