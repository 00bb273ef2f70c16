// Objects of stores as HTTP requests, for whoever fetches many at once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "io/http/fetcher.h"

namespace pixlake::io {

// True for the schemes OpenObject knows: s3, s3a, gs, hdfs, webhdfs.
bool IsObjectUri(std::string_view uri);

// The request that reads the object, signed for now: make it soon.
Result<FetchTarget> OpenObject(const std::string& uri);

}  // namespace pixlake::io
