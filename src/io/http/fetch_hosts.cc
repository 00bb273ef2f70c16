#include <algorithm>
#include <utility>

#include "io/http/fetch_hosts_internal.h"

namespace pixlake::io {
namespace {

constexpr size_t kMostIdleHosts = 20000;  // more are forgotten, with their robots.txt

}  // namespace

FetchHost* FetchHosts::Of(const FetchJob& job) {
  std::unique_ptr<FetchHost>& host = hosts_[job.host];
  if (host == nullptr) {
    host = std::make_unique<FetchHost>();
    if (!obey_robots_ || job.trusted) host->robots_state = FetchHost::RobotsState::kKnown;
  }
  return host.get();
}

bool FetchHosts::MayStart(const FetchHost& host) const {
  if (host.waiting.empty() || host.robots_state == FetchHost::RobotsState::kAsked) return false;
  return host.active < (host.robots.crawl_delay_seconds() > 0 ? 1 : per_host_);
}

void FetchHosts::Queue(FetchHost* host) {
  if (host->queued || !MayStart(*host)) return;
  host->queued = true;
  ready_.push_back(host);
}

void FetchHosts::Add(FetchJob job, bool first) {
  FetchHost* host = Of(job);
  if (first) {
    host->waiting.push_front(std::move(job));
  } else {
    host->waiting.push_back(std::move(job));
  }
  Queue(host);
}

void FetchHosts::AddLater(FetchJob job, FetchClock::time_point when) {
  Of(job)->active++;  // so that it is not forgotten; given back when its time has come
  later_.emplace(when, std::move(job));
}

std::optional<FetchJob> FetchHosts::Next(FetchClock::time_point now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    FetchJob job = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    Of(job)->active--;
    Add(std::move(job), true);
  }
  while (!sleeping_.empty() && sleeping_.begin()->first <= now) {
    FetchHost* host = sleeping_.begin()->second;
    sleeping_.erase(sleeping_.begin());
    host->queued = false;
    Queue(host);
  }
  while (!ready_.empty()) {
    FetchHost* host = ready_.front();
    ready_.pop_front();
    host->queued = false;
    if (!MayStart(*host)) continue;
    if (host->not_before > now) {
      host->queued = true;
      sleeping_.emplace(host->not_before, host);
      continue;
    }
    ++host->active;
    if (host->robots_state == FetchHost::RobotsState::kUnknown) {
      host->robots_state = FetchHost::RobotsState::kAsked;
      FetchJob robots;
      robots.kind = FetchJob::Kind::kRobots;
      robots.host = host->waiting.front().host;
      robots.url = robots.host + "/robots.txt";
      return robots;
    }
    FetchJob job = std::move(host->waiting.front());
    host->waiting.pop_front();
    if (const double delay = host->robots.crawl_delay_seconds(); delay > 0)
      host->not_before =
          now + std::chrono::duration_cast<FetchClock::duration>(std::chrono::duration<double>(delay));
    Queue(host);
    return job;
  }
  return std::nullopt;
}

void FetchHosts::Ended(const std::string& name) {
  const auto found = hosts_.find(name);
  if (found == hosts_.end()) return;
  FetchHost* host = found->second.get();
  --host->active;
  Queue(host);
  if (host->active == 0 && !host->queued && host->waiting.empty() && hosts_.size() > kMostIdleHosts)
    hosts_.erase(found);
}

std::optional<FetchClock::time_point> FetchHosts::Due() const {
  std::optional<FetchClock::time_point> due;
  if (!later_.empty()) due = later_.begin()->first;
  if (!sleeping_.empty() && (!due || sleeping_.begin()->first < *due)) due = sleeping_.begin()->first;
  return due;
}

}  // namespace pixlake::io
