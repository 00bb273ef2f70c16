// Whose turn it is: hosts with their limits and what waits for each.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "io/http/fetch_transfer_internal.h"
#include "io/http/robots_internal.h"

namespace pixlake::io {

struct FetchHost {
  enum class RobotsState { kUnknown, kAsked, kKnown } robots_state = RobotsState::kUnknown;
  Robots robots;
  std::deque<FetchJob> waiting;
  int active = 0;
  int robots_attempts = 0;
  int unanswered = 0;  // jobs in a row that got no answer at all
  bool queued = false;
  FetchClock::time_point not_before;  // by Crawl-delay
};

// Hosts take turns. Of one thread.
class FetchHosts {
 public:
  FetchHosts(int per_host, bool obey_robots) : per_host_(per_host), obey_robots_(obey_robots) {}

  FetchHost* Of(const FetchJob& job);
  void Add(FetchJob job, bool first = false);
  void AddLater(FetchJob job, FetchClock::time_point when);

  // The next job that may start now, robots.txt before the others; nullopt: none may.
  std::optional<FetchJob> Next(FetchClock::time_point now);

  // A job of the host has ended; may forget the host.
  void Ended(const std::string& host);

  // When something that waits for its time is due; nullopt: nothing is.
  std::optional<FetchClock::time_point> Due() const;

 private:
  void Queue(FetchHost* host);
  bool MayStart(const FetchHost& host) const;

  const int per_host_;
  const bool obey_robots_;
  std::unordered_map<std::string, std::unique_ptr<FetchHost>> hosts_;
  std::deque<FetchHost*> ready_;
  std::multimap<FetchClock::time_point, FetchJob> later_;
  std::multimap<FetchClock::time_point, FetchHost*> sleeping_;
};

}  // namespace pixlake::io
