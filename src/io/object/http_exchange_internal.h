// One HTTP request and its answer, for stores: blocking, connections kept per thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pixlake::io {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string_view body;             // with PUT and POST; borrowed
  int64_t max_answer_bytes = int64_t{1} << 30;
  long timeout_seconds = 0;  // of all of it; 0: only stalls are timed
  long connect_timeout_seconds = 10;
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

// Follows no redirect. Any status is an answer; kIo when none came (the message has the URL
// without secrets), kOverBudget for one too large, kCancelled after an interrupt.
Result<HttpAnswer> Exchange(const HttpRequest& request);

// Makes the request anew for each try (signatures have a time) while it gets no answer, 429
// or 5xx, up to 5 times with growing pauses. Only for what may be done twice.
Result<HttpAnswer> ExchangeWithRetry(const std::function<Result<HttpRequest>()>& make);

// The error an answer that is no success stands for: kNotFound, kPermission, kAlreadyExists
// (409 and 412), kIo otherwise, with what the server said, shortened.
Status AnswerError(const HttpAnswer& answer, std::string_view doing, std::string_view uri);

// RFC 3986 with everything but unreserved characters encoded; '/' too unless `keep_slash`.
std::string UriEncode(std::string_view text, bool keep_slash);

}  // namespace pixlake::io
