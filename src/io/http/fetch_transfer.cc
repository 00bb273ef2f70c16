#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <strings.h>
#include <unistd.h>

#include "io/http/address_guard_internal.h"
#include "io/http/fetch_transfer_internal.h"

namespace pixlake::io {
namespace {

constexpr size_t kFirstLook = size_t{16} << 10;
constexpr int64_t kTailBytes = 4096;
constexpr int64_t kMostRobots = int64_t{512} << 10;
constexpr int64_t kMostUnwanted = int64_t{256}
                                  << 10;  // of a body that is no image: read to keep the connection

bool HeaderIs(std::string_view line, std::string_view name, std::string_view* value) {
  if (line.size() <= name.size() || line[name.size()] != ':' ||
      ::strncasecmp(line.data(), name.data(), name.size()) != 0)
    return false;
  *value = line.substr(name.size() + 1);
  while (!value->empty() && (value->front() == ' ' || value->front() == '\t')) value->remove_prefix(1);
  while (!value->empty() && (value->back() == '\n' || value->back() == '\r')) value->remove_suffix(1);
  return true;
}

}  // namespace

void FetchTransfer::Prepare(FetchJob job, bool fresh) {
  job_ = std::move(job);
  body_.clear();
  refused_.clear();
  coding_.clear();
  announced_ = -1;
  next_look_ = kFirstLook;
  gives_ranges_ = enough_ = too_large_ = paused = privileged = false;
  CURL* curl = curl_.get();
  curl_easy_reset(curl);
  SetDefaults(curl);
  const FetchOptions& options = shared_->options;
  curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
  curl_easy_setopt(curl, CURLOPT_URL, job_.url.c_str());
  if (!options.user_agent.empty()) curl_easy_setopt(curl, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(options.total_timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, OnSocket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  // A proxy would connect for us, and to whom could not be looked at.
  if (!options.allow_private && !job_.trusted) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (fresh) {
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  }
  if (job_.kind == FetchJob::Kind::kRobots) {
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  }
  if (job_.kind == FetchJob::Kind::kTail) {
    const std::string range = fmt::format("{}-{}", job_.result.size - kTailBytes, job_.result.size - 1);
    curl_easy_setopt(curl, CURLOPT_RANGE, range.c_str());
  }
  // We ask for the image as it is; a body that is coded all the same (12.5.3) is decoded by
  // libcurl, and what OnBody counts is what came of it.
  if (!job_.as_it_came) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  std::vector<std::string> headers = job_.headers;
  headers.emplace_back("Accept-Encoding: identity");
  headers_ = MakeHeaders(headers);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
}

size_t FetchTransfer::OnHeader(char* data, size_t, size_t size, void* user) {
  auto* transfer = static_cast<FetchTransfer*>(user);
  const std::string_view line(data, size);
  std::string_view value;
  if (line.starts_with("HTTP/")) {  // a further answer, as of a redirect
    transfer->announced_ = -1;
    transfer->gives_ranges_ = false;
    transfer->coding_.clear();
  } else if (HeaderIs(line, "content-encoding", &value)) {
    if (!value.empty() && value.size() <= 40 && ::strncasecmp(value.data(), "identity", value.size()) != 0)
      transfer->coding_ = value;
  } else if (HeaderIs(line, "content-length", &value)) {
    int64_t length = -1;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    if (parsed.ec == std::errc() && length >= 0) transfer->announced_ = length;
  } else if (HeaderIs(line, "accept-ranges", &value)) {
    transfer->gives_ranges_ = ::strncasecmp(value.data(), "bytes", std::min<size_t>(5, value.size())) == 0;
  }
  return size;
}

size_t FetchTransfer::OnBody(char* data, size_t, size_t size, void* user) {
  return static_cast<FetchTransfer*>(user)->Take(data, size);
}

size_t FetchTransfer::Take(const char* data, size_t size) {
  const FetchOptions& options = shared_->options;
  const int status = http_status();
  int64_t most = options.max_bytes;
  if (job_.kind == FetchJob::Kind::kRobots) most = kMostRobots;
  if (job_.kind == FetchJob::Kind::kTail) most = kTailBytes;
  if (status < 200 || status > 299) most = kMostUnwanted;
  const auto bytes = static_cast<int64_t>(size);
  if (static_cast<int64_t>(body_.size()) + bytes > most) {
    too_large_ = true;
    return 0;
  }
  const bool fits = shared_->held.load(std::memory_order_relaxed) + bytes <= options.memory_bytes;
  if (!fits && !privileged && job_.kind == FetchJob::Kind::kImage) {
    paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  shared_->held.fetch_add(bytes, std::memory_order_relaxed);
  body_.append(data, size);
  const bool long_one = coding_.empty() && announced_ > options.whole_below_bytes &&
                        job_.kind == FetchJob::Kind::kImage && status == 200;
  if (long_one && shared_->enough && body_.size() >= next_look_) {
    next_look_ = body_.size() * 2;
    const bool nearly_all = static_cast<int64_t>(body_.size()) + kTailBytes >= announced_;
    if (!nearly_all && shared_->enough(body_)) {
      enough_ = true;
      return 0;
    }
  }
  return size;
}

curl_socket_t FetchTransfer::OnSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<FetchTransfer*>(user);
  if (!transfer->shared_->options.allow_private && !transfer->job_.trusted &&
      !IsPublicAddress(&address->addr)) {
    transfer->refused_ = AddressText(&address->addr);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool FetchTransfer::is_coded() const {
  const auto is = [&](const char* name) { return ::strcasecmp(coding_.c_str(), name) == 0; };
  if (is("gzip") || is("x-gzip")) return body_.starts_with("\x1F\x8B");
  return is("zstd") && body_.starts_with("\x28\xB5\x2F\xFD");
}

int FetchTransfer::http_status() const {
  long code = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

std::string FetchTransfer::ContentType() const {
  const char* type = nullptr;
  curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_TYPE, &type);
  return type == nullptr ? std::string() : std::string(type).substr(0, 200);
}

std::string FetchTransfer::RedirectUrl() const {
  const char* url = nullptr;
  curl_easy_getinfo(curl_.get(), CURLINFO_REDIRECT_URL, &url);
  return url == nullptr ? std::string() : std::string(url);
}

double FetchTransfer::RetryAfterSeconds() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &seconds);
  return static_cast<double>(seconds);
}

}  // namespace pixlake::io
