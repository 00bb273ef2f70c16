// One HTTP request of the fetcher, as libcurl runs it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "io/http/curl_handle_internal.h"
#include "io/http/fetcher.h"

namespace pixlake::io {

using FetchClock = std::chrono::steady_clock;

// What is to be fetched and what has happened to it so far.
struct FetchJob {
  enum class Kind { kImage, kTail, kRobots } kind = Kind::kImage;
  int64_t tag = 0;
  std::string url;                   // of the next request
  std::string host;                  // "https://example.org:443"
  std::vector<std::string> headers;  // of a store
  bool trusted = false;
  int hops = 0;
  int attempts = 0;
  bool as_it_came = false;  // whatever Content-Encoding says
  FetchResult result;       // kTail: has the head
};

// What all transfers of a fetcher share.
struct FetchShared {
  FetchOptions options;
  std::function<bool(std::string_view)> enough;
  std::atomic<int64_t> held{0};  // bytes of bodies, of transfers and of results not released
};

// Used again for one job after the other. Of one thread.
class FetchTransfer {
 public:
  explicit FetchTransfer(FetchShared* shared) : shared_(shared), curl_(MakeEasyHandle()) {}
  FetchTransfer(const FetchTransfer&) = delete;
  FetchTransfer& operator=(const FetchTransfer&) = delete;

  // `fresh`: on a connection of its own.
  void Prepare(FetchJob job, bool fresh);

  // What came of it; all after libcurl is done with it.
  bool got_enough() const { return enough_; }
  bool too_large() const { return too_large_; }
  const std::string& refused_address() const { return refused_; }
  int http_status() const;
  std::string ContentType() const;
  std::string RedirectUrl() const;
  double RetryAfterSeconds() const;
  int64_t announced_size() const { return announced_; }
  // Of the body as it is; of a coded one they would be ranges of the code.
  bool gives_ranges() const { return gives_ranges_ && coding_.empty(); }
  // RFC 9110, 8.4; empty: none, or "identity".
  const std::string& coding() const { return coding_; }
  // The body begins as its coding's own format does.
  bool is_coded() const;

  CURL* curl() const { return curl_.get(); }
  FetchJob& job() { return job_; }
  std::string& body() { return body_; }

  bool paused = false;
  bool privileged = false;  // may go beyond the memory, so that somebody ends

 private:
  static size_t OnHeader(char* data, size_t, size_t size, void* user);
  static size_t OnBody(char* data, size_t, size_t size, void* user);
  static curl_socket_t OnSocket(void* user, curlsocktype, curl_sockaddr* address);
  size_t Take(const char* data, size_t size);

  FetchShared* const shared_;
  EasyHandle curl_;
  HeaderList headers_;
  FetchJob job_;
  std::string body_;
  std::string refused_;
  std::string coding_;
  int64_t announced_ = -1;
  size_t next_look_ = 0;
  bool gives_ranges_ = false;
  bool enough_ = false;
  bool too_large_ = false;
};

}  // namespace pixlake::io
