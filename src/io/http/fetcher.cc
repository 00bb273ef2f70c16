#include "io/http/fetcher.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "base/work/pending.h"
#include "io/data_uri.h"
#include "io/http/fetch_hosts_internal.h"
#include "io/http/fetch_rules_internal.h"
#include "io/http/fetch_transfer_internal.h"
#include "io/http_download.h"
#include "io/object_url.h"

namespace pixlake::io {
namespace {

constexpr int64_t kMostOutstanding = 16384;
constexpr int kDeadAfter = 3;  // jobs in a row without any answer
constexpr auto kLongestWait = std::chrono::milliseconds(500);

class MultiFetcher : public Fetcher {
 public:
  MultiFetcher(const FetchOptions& options, std::function<void(FetchResult)> on_done,
               std::function<bool(std::string_view)> enough)
      : on_done_(std::move(on_done)), hosts_(options.connections_per_host, options.obey_robots) {
    shared_.options = options;
    shared_.enough = std::move(enough);
  }

  Status Open() {
    if (MakeEasyHandle() == nullptr) return Error(ErrorCode::kInternal, "cannot start an HTTP client");
    multi_ = curl_multi_init();
    if (multi_ == nullptr) return Error(ErrorCode::kInternal, "cannot start an HTTP client");
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(shared_.options.connections));
    loop_ = StartWork(WorkKind::kLoop, [this] { return Loop(), true; });
    if (!loop_.has_thread()) return Error(ErrorCode::kOverBudget, "no thread to be had for downloads");
    return Status::OK();
  }

  ~MultiFetcher() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    if (multi_ != nullptr) curl_multi_wakeup(multi_);
    loop_ = {};
    for (auto& transfer : running_) curl_multi_remove_handle(multi_, transfer->curl());
    running_.clear();
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
  }

  Status Submit(int64_t tag, std::string url) override {
    FetchJob job;
    job.tag = tag;
    job.url = std::move(url);
    std::unique_lock lock(mutex_);
    while (outstanding_ >= kMostOutstanding) {
      PL_RETURN_NOT_OK(CheckStopped());
      changed_.wait_for(lock, kLongestWait);
    }
    ++outstanding_;
    inbox_.push_back(std::move(job));
    if (inbox_.size() == 1) curl_multi_wakeup(multi_);
    return Status::OK();
  }

  void Release(int64_t bytes) override {
    if (bytes == 0) return;
    shared_.held.fetch_sub(bytes);
    delivered_.fetch_sub(bytes);
    if (has_paused_.load(std::memory_order_relaxed)) curl_multi_wakeup(multi_);
  }

  Status Finish() override {
    std::unique_lock lock(mutex_);
    while (outstanding_ > 0) {
      PL_RETURN_NOT_OK(CheckStopped());
      changed_.wait_for(lock, kLongestWait);
    }
    return CheckStopped();
  }

 private:
  void Loop();
  void TakeInbox();
  void StartWhatMay();
  void StartJob(FetchJob job);
  void DeliverData(FetchJob job);
  void Ended(FetchTransfer* transfer, CURLcode code);
  void EndedRobots(FetchTransfer* transfer, CURLcode code);
  void EndedImage(FetchTransfer* transfer, CURLcode code);
  void Answered(FetchTransfer* transfer, int status);
  void Redirected(FetchJob job, const std::string& url);
  void RetryOrFail(FetchJob job, ErrorCode code, const std::string& why, double server_wait, bool answered);
  void Fail(FetchJob job, ErrorCode code, const std::string& why);
  void Deliver(FetchResult result);
  void WakePaused();
  double Pause(int attempts);
  bool IsDead(const FetchHost& host) const { return host.unanswered >= kDeadAfter; }

  FetchShared shared_;
  const std::function<void(FetchResult)> on_done_;
  CURLM* multi_ = nullptr;
  Pending<bool> loop_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<FetchJob> inbox_;
  int64_t outstanding_ = 0;
  bool stop_ = false;
  std::atomic<int64_t> delivered_{0};  // bytes of results not released
  std::atomic<bool> has_paused_{false};

  // Of the thread alone.
  FetchHosts hosts_;
  std::list<std::unique_ptr<FetchTransfer>> running_, free_;
  std::set<std::string> trusted_hosts_;
  std::mt19937 chance_{std::random_device{}()};
};

void MultiFetcher::Loop() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stop_ || CurrentStopToken().stopped()) return;
    }
    TakeInbox();
    StartWhatMay();
    int still = 0;
    curl_multi_perform(multi_, &still);
    int left = 0;
    bool ended = false;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      FetchTransfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, reinterpret_cast<char**>(&transfer));
      Ended(transfer, message->data.result);
      ended = true;
    }
    WakePaused();
    if (ended) continue;  // places are free
    auto wait = kLongestWait;
    if (const auto due = hosts_.Due()) {
      const auto until = std::chrono::duration_cast<std::chrono::milliseconds>(*due - FetchClock::now());
      wait = std::clamp(until + std::chrono::milliseconds(1), std::chrono::milliseconds(0), kLongestWait);
    }
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
  }
}

void MultiFetcher::TakeInbox() {
  std::vector<FetchJob> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(inbox_);
  }
  for (FetchJob& job : jobs) {
    job.result.tag = job.tag;
    if (IsDataUri(job.url)) {
      DeliverData(std::move(job));
      continue;
    }
    if (IsObjectUri(job.url)) {
      auto target = OpenObject(job.url);
      if (!target.ok()) {
        Fail(std::move(job), CodeOf(target.status()), target.status().message());
        continue;
      }
      job.url = target->url;
      job.headers = target->headers;
      job.trusted = target->trusted;
    }
    const auto host = HostOf(&job.url);
    if (!host.ok()) {
      Fail(std::move(job), CodeOf(host.status()), host.status().message());
      continue;
    }
    job.host = *host;
    if (job.trusted) trusted_hosts_.insert(job.host);
    hosts_.Add(std::move(job));
  }
}

void MultiFetcher::DeliverData(FetchJob job) {
  auto data = ParseDataUri(job.url, shared_.options.max_bytes);
  if (!data.ok()) return Fail(std::move(job), CodeOf(data.status()), data.status().message());
  job.result.content_type = std::move(data->media_type);
  job.result.body = std::move(data->bytes);
  job.result.size = static_cast<int64_t>(job.result.body.size());
  shared_.held.fetch_add(job.result.size);
  Deliver(std::move(job.result));
}

void MultiFetcher::StartWhatMay() {
  while (static_cast<int>(running_.size()) < shared_.options.connections) {
    auto job = hosts_.Next(FetchClock::now());
    if (!job) return;
    StartJob(*std::move(job));
  }
}

void MultiFetcher::StartJob(FetchJob job) {
  FetchHost* host = hosts_.Of(job);
  if (job.kind != FetchJob::Kind::kRobots) {
    std::string why;
    ErrorCode code = ErrorCode::kIo;
    if (IsDead(*host)) {
      why = fmt::format("{} gave no answer {} times in a row and is not asked again in this run", job.host,
                        kDeadAfter);
    } else if (!host->robots.Allows(PathOf(job.url))) {
      code = ErrorCode::kPermission;
      why = fmt::format("robots.txt of {} does not allow this path", job.host);
    }
    if (!why.empty()) {
      const std::string name = job.host;
      Fail(std::move(job), code, why);
      return hosts_.Ended(name);
    }
  }
  if (free_.empty()) free_.push_back(std::make_unique<FetchTransfer>(&shared_));
  running_.splice(running_.end(), free_, free_.begin());
  FetchTransfer* transfer = running_.back().get();
  ++job.attempts;
  // A connection that a trusted store opened must not serve a URL of the list's.
  const bool fresh = !job.trusted && !shared_.options.allow_private && trusted_hosts_.contains(job.host);
  transfer->Prepare(std::move(job), fresh);
  curl_multi_add_handle(multi_, transfer->curl());
}

void MultiFetcher::Ended(FetchTransfer* transfer, CURLcode code) {
  curl_multi_remove_handle(multi_, transfer->curl());
  const std::string host = transfer->job().host;
  if (transfer->job().kind == FetchJob::Kind::kRobots) {
    EndedRobots(transfer, code);
  } else {
    EndedImage(transfer, code);
  }
  hosts_.Ended(host);
  // What was not handed on is given up here.
  shared_.held.fetch_sub(static_cast<int64_t>(transfer->body().size()));
  transfer->body() = {};
  const auto at =
      std::find_if(running_.begin(), running_.end(), [&](const auto& one) { return one.get() == transfer; });
  free_.splice(free_.end(), running_, at);
}

// RFC 9309, 2.3.1: what is not there allows all, a server in trouble nothing.
void MultiFetcher::EndedRobots(FetchTransfer* transfer, CURLcode code) {
  FetchHost* host = hosts_.Of(transfer->job());
  const int status = transfer->http_status();
  host->robots_state = FetchHost::RobotsState::kKnown;
  if (code == CURLE_OK && status >= 200 && status < 300) {
    host->robots = Robots::Parse(transfer->body(), kProduct);
  } else if (status == 429 || status >= 500) {
    if (++host->robots_attempts < shared_.options.attempts) {
      host->robots_state = FetchHost::RobotsState::kUnknown;
      host->not_before = FetchClock::now() +
                         std::chrono::milliseconds(static_cast<int64_t>(1000 * Pause(host->robots_attempts)));
    } else {
      host->robots = Robots::DisallowAll();
    }
  }
}

void MultiFetcher::EndedImage(FetchTransfer* transfer, CURLcode code) {
  FetchJob& job = transfer->job();
  const int status = transfer->http_status();
  job.result.attempts = job.attempts;
  if (status != 0) job.result.http_status = status;
  if (job.kind == FetchJob::Kind::kTail) {
    job.result.tail = code == CURLE_OK && status == 206 ? std::move(transfer->body()) : std::string();
    job.result.http_status = 200;
    return Deliver(std::move(job.result));
  }
  if (!transfer->refused_address().empty() && status == 0) {
    return Fail(std::move(job), ErrorCode::kPermission,
                fmt::format("{} leads to {}, which is no public address; --allow-private allows it",
                            RedactUrl(job.url), transfer->refused_address()));
  }
  if (transfer->too_large() && status >= 200 && status < 300) {
    return Fail(std::move(job), ErrorCode::kOverBudget,
                fmt::format("{} has more than {} bytes", RedactUrl(job.url), shared_.options.max_bytes));
  }
  if (code == CURLE_OK || transfer->got_enough() || transfer->too_large()) return Answered(transfer, status);
  // What calls itself coded and is not, or in a way that nobody knows: taken as it came.
  if (code == CURLE_BAD_CONTENT_ENCODING && !job.as_it_came) {
    job.as_it_came = true;
    --job.attempts;
    return hosts_.Add(std::move(job), true);
  }
  const bool passes = code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CERTPROBLEM &&
                      code != CURLE_URL_MALFORMAT && code != CURLE_OUT_OF_MEMORY;
  const std::string why = fmt::format("{}: {}", RedactUrl(job.url), curl_easy_strerror(code));
  if (!passes) return Fail(std::move(job), ErrorCode::kIo, why);
  RetryOrFail(std::move(job), ErrorCode::kIo, why, 0, status != 0);
}

void MultiFetcher::Answered(FetchTransfer* transfer, int status) {
  FetchJob& job = transfer->job();
  hosts_.Of(job)->unanswered = 0;
  if (status >= 200 && status < 300) {
    FetchResult& result = job.result;
    if (job.as_it_came && transfer->is_coded()) {
      return Fail(std::move(job), ErrorCode::kCorrupt,
                  fmt::format("{}: the body says it is coded ({}) and cannot be decoded; it is damaged",
                              RedactUrl(job.url), transfer->coding()));
    }
    result.content_type = transfer->ContentType();
    result.whole = !transfer->got_enough();
    result.body = std::move(transfer->body());
    transfer->body().clear();
    result.size = result.whole ? static_cast<int64_t>(result.body.size()) : transfer->announced_size();
    if (result.whole || !transfer->gives_ranges()) return Deliver(std::move(result));
    job.kind = FetchJob::Kind::kTail;
    return hosts_.Add(std::move(job), true);
  }
  if (const std::string url = transfer->RedirectUrl(); !url.empty()) return Redirected(std::move(job), url);
  const std::string why = fmt::format("{}: the server answered {}", RedactUrl(job.url), status);
  if (!MayPass(status)) return Fail(std::move(job), CodeOfStatus(status), why);
  RetryOrFail(std::move(job), ErrorCode::kIo, why, transfer->RetryAfterSeconds(), true);
}

void MultiFetcher::Redirected(FetchJob job, const std::string& url) {
  if (++job.hops > shared_.options.redirects) {
    const std::string last = RedactUrl(url);
    return Fail(std::move(job), ErrorCode::kIo,
                fmt::format("redirected more than {} times, last to {}", shared_.options.redirects, last));
  }
  job.url = url;
  job.headers.clear();  // a store's, for that host alone
  --job.attempts;       // not another attempt at the same
  const auto host = HostOf(&job.url);
  if (!host.ok()) return Fail(std::move(job), CodeOf(host.status()), host.status().message());
  job.host = *host;
  if (job.trusted) trusted_hosts_.insert(job.host);
  hosts_.Add(std::move(job), true);
}

double MultiFetcher::Pause(int attempts) {
  const double pause =
      shared_.options.first_pause_seconds * static_cast<double>(1 << std::min(attempts - 1, 16));
  return std::min(pause, shared_.options.longest_pause_seconds) *
         std::uniform_real_distribution<double>(0.5, 1)(chance_);
}

void MultiFetcher::RetryOrFail(FetchJob job, ErrorCode code, const std::string& why, double server_wait,
                               bool answered) {
  FetchHost* host = hosts_.Of(job);
  const bool too_long = server_wait > shared_.options.longest_pause_seconds;
  if (job.attempts >= shared_.options.attempts || too_long || IsDead(*host)) {
    if (!answered) ++host->unanswered;
    return Fail(std::move(job), code,
                too_long ? fmt::format("{} and asks to wait {:.0f} s", why, server_wait) : why);
  }
  const double pause = std::max(server_wait, Pause(job.attempts));
  hosts_.AddLater(std::move(job),
                  FetchClock::now() + std::chrono::milliseconds(static_cast<int64_t>(pause * 1000)));
}

void MultiFetcher::Fail(FetchJob job, ErrorCode code, const std::string& why) {
  // The head of an image whose tail could not be had is thrown away with it.
  shared_.held.fetch_sub(static_cast<int64_t>(job.result.body.size()));
  job.result.body.clear();
  job.result.attempts = job.attempts;
  job.result.status = Error(code, why);
  Deliver(std::move(job.result));
}

void MultiFetcher::Deliver(FetchResult result) {
  delivered_.fetch_add(static_cast<int64_t>(result.body.size() + result.tail.size()));
  on_done_(std::move(result));
  const std::lock_guard lock(mutex_);
  --outstanding_;
  changed_.notify_all();
}

// Those that wait for memory go on when a quarter is free; when nobody else can make
// room, the first of them may go beyond the limit.
void MultiFetcher::WakePaused() {
  size_t paused = 0;
  for (const auto& transfer : running_) paused += transfer->paused ? 1 : 0;
  has_paused_ = paused != 0;
  if (paused == 0) return;
  const bool room = shared_.held.load() < shared_.options.memory_bytes / 4 * 3;
  const bool stuck = paused == running_.size() && delivered_.load() == 0;
  if (!room && !stuck) return;
  // Unpausing hands over what came meanwhile, from within this call.
  for (const auto& transfer : running_) {
    if (!transfer->paused) continue;
    transfer->paused = false;
    transfer->privileged |= !room;
    curl_easy_pause(transfer->curl(), CURLPAUSE_CONT);
    if (!room) break;
  }
}

}  // namespace

Result<std::unique_ptr<Fetcher>> Fetcher::Start(const FetchOptions& options,
                                                std::function<void(FetchResult)> on_done,
                                                std::function<bool(std::string_view)> enough) {
  auto fetcher = std::make_unique<MultiFetcher>(options, std::move(on_done), std::move(enough));
  PL_RETURN_NOT_OK(fetcher->Open());
  return fetcher;
}

}  // namespace pixlake::io
