#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "io/http/curl_handle_internal.h"
#include "io/http_download.h"
#include "io/object/http_exchange_internal.h"

namespace pixlake::io {
namespace {

constexpr int kAttempts = 5;
constexpr size_t kMostShown = 300;  // of what a server says of an error

struct Receiving {
  HttpAnswer answer;
  int64_t most = 0;
  bool too_large = false;
};

size_t OnBody(char* data, size_t, size_t size, void* user) {
  auto* receiving = static_cast<Receiving*>(user);
  if (static_cast<int64_t>(receiving->answer.body.size() + size) > receiving->most) {
    receiving->too_large = true;
    return 0;
  }
  receiving->answer.body.append(data, size);
  return size;
}

size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto* receiving = static_cast<Receiving*>(user);
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) receiving->answer.headers.clear();
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  receiving->answer.headers[std::move(name)] = value;
  return size;
}

int OnProgress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return CurrentStopToken().stopped() ? 1 : 0;
}

// What S3 puts into tags, or all of it.
std::string Said(const std::string& body) {
  std::string said;
  for (const std::string tag : {"Code", "Message"}) {
    const size_t begin = body.find("<" + tag + ">"), end = body.find("</" + tag + ">");
    if (begin == std::string::npos || end == std::string::npos || end < begin) return body;
    const size_t text = begin + tag.size() + 2;
    said += (said.empty() ? "" : ": ") + body.substr(text, end - text);
  }
  return said;
}

}  // namespace

Result<HttpAnswer> Exchange(const HttpRequest& request) {
  // One handle a thread keeps its connections.
  thread_local const EasyHandle handle = MakeEasyHandle();
  CURL* curl = handle.get();
  if (curl == nullptr) return Error(ErrorCode::kInternal, "cannot start an HTTP client");
  curl_easy_reset(curl);
  SetDefaults(curl);
  Receiving receiving;
  receiving.most = request.max_answer_bytes;
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method != "DELETE" || !request.body.empty()) {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    }
  }
  std::vector<std::string> lines = request.headers;
  lines.emplace_back("Expect:");
  // curl's own choice is that of a form, which servers take apart.
  const bool typed = std::any_of(lines.begin(), lines.end(),
                                 [](const auto& line) { return line.starts_with("Content-Type"); });
  if (request.method != "GET" && !typed) lines.emplace_back("Content-Type: application/octet-stream");
  const HeaderList headers = MakeHeaders(lines);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, request.connect_timeout_seconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, request.timeout_seconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 60L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiving);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  const CURLcode code = curl_easy_perform(curl);
  PL_RETURN_NOT_OK(CheckStopped());
  if (receiving.too_large) {
    return Error(ErrorCode::kOverBudget,
                 fmt::format("{} has more than {} bytes", RedactUrl(request.url), request.max_answer_bytes));
  }
  if (code != CURLE_OK) {
    return Error(ErrorCode::kIo,
                 fmt::format("{} {}: {}", request.method, RedactUrl(request.url), curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  receiving.answer.status = static_cast<int>(status);
  return std::move(receiving.answer);
}

Result<HttpAnswer> ExchangeWithRetry(const std::function<Result<HttpRequest>()>& make) {
  auto pause = std::chrono::milliseconds(100);
  for (int attempt = 1;; ++attempt) {
    PL_ASSIGN_OR_RETURN(const HttpRequest request, make());
    auto answer = Exchange(request);
    const bool again = answer.ok() ? answer->status == 429 || (answer->status >= 500 && answer->status != 501)
                                   : CodeOf(answer.status()) == ErrorCode::kIo;
    if (!again || attempt == kAttempts) return answer;
    for (auto left = pause; left.count() > 0; left -= std::chrono::milliseconds(50)) {
      PL_RETURN_NOT_OK(CheckStopped());
      std::this_thread::sleep_for(std::min(left, std::chrono::milliseconds(50)));
    }
    pause *= 3;
  }
}

Status AnswerError(const HttpAnswer& answer, std::string_view doing, std::string_view uri) {
  std::string said = Said(answer.body).substr(0, kMostShown);
  std::replace_if(
      said.begin(), said.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  const std::string message = fmt::format("{} {}: the store answered {}{}{}", doing, uri, answer.status,
                                          said.empty() ? "" : ": ", said);
  switch (answer.status) {
    case 404:
    case 410:
      return Error(ErrorCode::kNotFound, message);
    case 401:
    case 403:
      return Error(ErrorCode::kPermission, message);
    case 409:
    case 412:
      return Error(ErrorCode::kAlreadyExists, message);
    case 507:
      return Error(ErrorCode::kNoSpace, message);
    default:
      return Error(ErrorCode::kIo, message);
  }
}

std::string UriEncode(std::string_view text, bool keep_slash) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (byte < 0x80 && std::isalnum(byte) != 0) || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain || (keep_slash && c == '/')) {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace pixlake::io
