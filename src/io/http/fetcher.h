// Many URLs at once: images from the web and from object stores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pixlake::io {

struct FetchOptions {
  int connections = 128;              // at once, to all hosts together
  int connections_per_host = 16;      // at once, to one host
  int attempts = 4;                   // on what may pass: no answer, a cut connection, 408, 425, 429, 5xx
  double first_pause_seconds = 0.5;   // between attempts; doubles, with chance in it
  double longest_pause_seconds = 60;  // a Retry-After beyond is a failure
  int64_t connect_timeout_seconds = 10;
  int64_t stall_timeout_seconds = 20;   // less than one byte a second for so long
  int64_t total_timeout_seconds = 120;  // of one request
  int redirects = 8;
  int64_t max_bytes = int64_t{256} << 20;        // of one body
  int64_t memory_bytes = int64_t{256} << 20;     // of all bodies together, about
  int64_t whole_below_bytes = int64_t{1} << 20;  // bodies up to this are read whole
  bool allow_private = false;
  bool obey_robots = true;
  std::string user_agent;  // empty: ours
};

struct FetchResult {
  int64_t tag = 0;      // the caller's
  Status status;        // not OK: there are no bytes
  int http_status = 0;  // of the last answer; 0: none came
  int attempts = 0;
  std::string content_type;
  std::string body;  // all of it, or its beginning when not `whole`
  std::string tail;  // the last bytes; empty when `whole` or the server gives no ranges
  int64_t size = 0;  // bytes of the whole body
  bool whole = true;
};

// One place to fetch. What a store needs beyond a URL is put in when the request is made.
struct FetchTarget {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Name: value"
  bool trusted = false;              // a store that was configured: no robots.txt, any address
};

// A loop on an I/O thread of the session runs the transfers. Redirects are followed one by one, so that every
// hop keeps to robots.txt, the limits of its host and the address guard. The guard looks at
// the address that is connected to, after name resolution: unless `allow_private`, none but
// public ones (kPermission), and no proxy. No URL reaches a message with user, password or query.
class Fetcher {
 public:
  virtual ~Fetcher() = default;  // ends what is under way

  // `on_done` is called once for every tag, from the fetcher's thread. `enough` says of the
  // beginning of a body whether the rest need not be read; it may be empty: all is read.
  static Result<std::unique_ptr<Fetcher>> Start(const FetchOptions& options,
                                                std::function<void(FetchResult)> on_done,
                                                std::function<bool(std::string_view)> enough = {});

  // Waits while too many are waiting to be fetched. kCancelled after an interrupt. Any
  // thread. http://, https:// and what OpenObject (object_url.h) knows.
  virtual Status Submit(int64_t tag, std::string url) = 0;

  // The bytes of a result have been given up: others may use the memory. Any thread.
  virtual void Release(int64_t bytes) = 0;

  // Waits until all that was submitted is done (kCancelled: interrupted).
  virtual Status Finish() = 0;
};

}  // namespace pixlake::io
