// Downloading one file over HTTP(S), resumable.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace pixlake::io {

struct DownloadOptions {
  int attempts = 5;  // retries with doubling pauses on what may pass
  int64_t connect_timeout_seconds = 15;
  int64_t stall_timeout_seconds = 30;  // no byte for that long is a failure
  int64_t max_bytes = int64_t{4} << 30;
  std::function<void(int64_t bytes)> on_bytes;  // progress, called as bytes arrive
};

// Fetches `url` into the local file `target`. A file `target`.part left by an
// earlier attempt is continued with a Range request (and started again when the
// server ignores the range or the file changed). `target` appears whole or not at
// all. Errors: kNotFound (404, 410), kPermission (401, 403), kIo for the rest;
// the message has the URL without user name, password and query.
Status DownloadFile(const std::string& url, const std::string& target, const DownloadOptions& options = {});

// `url` without user info, query and fragment, for messages and logs.
std::string RedactUrl(const std::string& url);

}  // namespace pixlake::io
