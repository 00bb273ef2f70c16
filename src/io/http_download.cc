#include "io/http_download.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stop/stop_token.h"
#include "base/write_fully.h"
#include "io/local_file_internal.h"

namespace pixlake::io {
namespace {

struct Transfer {
  int fd = -1;
  std::string path;
  CURL* curl = nullptr;
  int64_t offset = 0;        // bytes that were there before this request
  int64_t received = 0;      // bytes written by this request
  int64_t range_start = -1;  // what a 206 says it starts with
  bool checked_status = false;
  Status write_status;
  const DownloadOptions* options = nullptr;
};

// The body of anything but 200 and 206 is not the file. On 200 to a ranged
// request the server sends everything: what is there is thrown away first.
bool AcceptBody(Transfer* transfer) {
  if (transfer->checked_status) return true;
  transfer->checked_status = true;
  long code = 0;
  curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &code);
  if (code == 206) return transfer->range_start == transfer->offset;
  if (code == 200 && transfer->offset == 0) return true;
  if (code != 200) return false;
  if (::ftruncate(transfer->fd, 0) != 0 || ::lseek(transfer->fd, 0, SEEK_SET) < 0) {
    transfer->write_status = ErrnoError(errno, "writing", transfer->path);
    return false;
  }
  transfer->offset = 0;
  return true;
}

// RFC 9110, 14.4: "Content-Range: bytes 100-199/200".
size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  constexpr std::string_view kName = "content-range: bytes ";
  const std::string_view line(data, size);
  if (line.size() > kName.size() && ::strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
    int64_t start = -1;
    const auto parsed = std::from_chars(line.data() + kName.size(), line.data() + line.size(), start);
    transfer->range_start = parsed.ec == std::errc() ? start : -1;
  }
  return size;
}

size_t OnBody(char* data, size_t, size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  if (!AcceptBody(transfer)) return 0;
  if (transfer->offset + transfer->received + static_cast<int64_t>(size) > transfer->options->max_bytes) {
    transfer->write_status =
        Error(ErrorCode::kOverBudget, fmt::format("more than {} bytes came", transfer->options->max_bytes));
    return 0;
  }
  transfer->write_status = WriteFully(transfer->fd, data, size, transfer->path);
  if (!transfer->write_status.ok()) return 0;
  transfer->received += static_cast<int64_t>(size);
  if (transfer->options->on_bytes) transfer->options->on_bytes(static_cast<int64_t>(size));
  return size;
}

int OnProgress(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return CurrentStopToken().stopped() ? 1 : 0;
}

Status HttpError(long code, const std::string& url) {
  const std::string message = fmt::format("downloading {}: the server answered {}", RedactUrl(url), code);
  if (code == 404 || code == 410) return Error(ErrorCode::kNotFound, message);
  if (code == 401 || code == 403) return Error(ErrorCode::kPermission, message);
  if (code >= 400 && code < 500 && code != 408 && code != 425 && code != 429)
    return Error(ErrorCode::kUnsupported, message);
  return Error(ErrorCode::kIo, message);
}

void SetOptions(CURL* curl, const std::string& url, Transfer* transfer) {
  const DownloadOptions& options = *transfer->options;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "pixlake/0.1");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout_seconds));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
  // Where curl's and OpenSSL's own tools find certificates: for mirrors inside a company.
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (file == nullptr || *file == '\0') continue;
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    break;
  }
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
  if (transfer->offset > 0) {
    // Not CURLOPT_RESUME_FROM: that fails when a server sends everything instead.
    curl_easy_setopt(curl, CURLOPT_RANGE, (std::to_string(transfer->offset) + "-").c_str());
  }
}

// One request that continues the file behind `transfer->fd`.
Status Attempt(const std::string& url, Transfer* transfer) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return Error(ErrorCode::kInternal, "cannot start an HTTP client");
  transfer->curl = curl.get();
  transfer->received = 0;
  transfer->checked_status = false;
  transfer->range_start = -1;
  transfer->write_status = Status::OK();
  transfer->offset = ::lseek(transfer->fd, 0, SEEK_END);
  SetOptions(curl.get(), url, transfer);
  const CURLcode outcome = curl_easy_perform(curl.get());
  PL_RETURN_NOT_OK(transfer->write_status);
  PL_RETURN_NOT_OK(CheckStopped());
  long code = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  if (code == 416 && transfer->offset > 0) {
    // What is there is not a prefix of what the server has (or is all of it).
    if (::ftruncate(transfer->fd, 0) != 0) return ErrnoError(errno, "writing", transfer->path);
    return Error(ErrorCode::kIo, fmt::format("downloading {}: the partial file does not fit, starting again",
                                             RedactUrl(url)));
  }
  if (code >= 400) return HttpError(code, url);
  if (outcome != CURLE_OK) {
    const bool hopeless = outcome == CURLE_URL_MALFORMAT || outcome == CURLE_UNSUPPORTED_PROTOCOL;
    return Error(hopeless ? ErrorCode::kUsage : ErrorCode::kIo,
                 fmt::format("downloading {}: {}", RedactUrl(url), curl_easy_strerror(outcome)));
  }
  if (code != 200 && code != 206) return HttpError(code, url);
  return Status::OK();
}

Status Pause(int attempt) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(200 << attempt);
  while (std::chrono::steady_clock::now() < until) {
    PL_RETURN_NOT_OK(CheckStopped());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return Status::OK();
}

}  // namespace

Status DownloadFile(const std::string& url, const std::string& target, const DownloadOptions& options) {
  PL_RETURN_NOT_OK(MakeLocalFolders(ParentOf(target)));
  const std::string part = target + ".part";
  Transfer transfer;
  transfer.path = part;
  transfer.options = &options;
  transfer.fd = ::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (transfer.fd < 0) return ErrnoError(errno, "creating", part);
  // Two downloads of the same file take turns; the second finds the first one's.
  while (::flock(transfer.fd, LOCK_EX) != 0 && errno == EINTR && !CurrentStopToken().stopped()) {
  }
  struct stat at_path {
  }, at_fd{};
  const bool replaced = ::stat(part.c_str(), &at_path) != 0 || ::fstat(transfer.fd, &at_fd) != 0 ||
                        at_path.st_ino != at_fd.st_ino;
  if (replaced) {
    ::close(transfer.fd);
    if (::stat(target.c_str(), &at_path) == 0) return Status::OK();
    return DownloadFile(url, target, options);
  }
  Status status;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    if (attempt > 0) status = Pause(attempt);
    if (!status.ok() && attempt > 0) break;
    status = Attempt(url, &transfer);
    if (status.ok() || !RetryHelps(status)) break;
  }
  if (status.ok() && ::fsync(transfer.fd) != 0) status = ErrnoError(errno, "syncing", part);
  if (status.ok() && ::rename(part.c_str(), target.c_str()) != 0)
    status = ErrnoError(errno, "writing", target);
  ::close(transfer.fd);
  return status;
}

std::string RedactUrl(const std::string& url) {
  std::string redacted = url.substr(0, url.find_first_of("?#"));
  const size_t host = redacted.find("://");
  if (host == std::string::npos) return redacted;
  const size_t slash = std::min(redacted.find('/', host + 3), redacted.size());
  const size_t at = redacted.rfind('@', slash);
  if (at != std::string::npos && at > host) redacted.erase(host + 3, at - host - 2);
  return redacted;
}

}  // namespace pixlake::io
