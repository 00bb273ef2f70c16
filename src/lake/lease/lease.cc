#include "lake/lease/lease.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "base/work/executor.h"

namespace pixlake::lake {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestTtl = std::chrono::hours(1);
constexpr size_t kEpochDigits = 20;
constexpr size_t kMostObjects = 64;  // of epochs that are over, before some of them go
constexpr size_t kDeletedAtOnce = 32;
constexpr int64_t kMaxLeaseBytes = 1 << 16;

milliseconds SystemNow() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

Status Sleep(milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    PL_RETURN_NOT_OK(CheckStopped());
    std::this_thread::sleep_for(std::min(time, milliseconds(50)));
  }
  return CheckStopped();
}

std::string ObjectName(int64_t epoch, const char* kind) {
  return fmt::format("{:0{}}.{}", epoch, kEpochDigits, kind);
}

// What the folder says of its newest epoch.
struct Newest {
  int64_t epoch = 0;  // 0: there was none
  bool released = false;
  std::string signs;                // another text when the holder gave a sign of life
  std::vector<std::string> behind;  // objects of epochs before
};

struct NamedEpoch {
  int64_t epoch = 0;
  std::string kind;
};

std::optional<NamedEpoch> ParseName(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  if (name.size() < kEpochDigits + 2 || name[kEpochDigits] != '.') return std::nullopt;
  NamedEpoch found;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kEpochDigits, found.epoch);
  if (error != std::errc() || end != name.data() + kEpochDigits || found.epoch <= 0) return std::nullopt;
  found.kind = name.substr(kEpochDigits + 1);
  return found;
}

Result<Newest> Look(const io::Location& folder, int64_t from) {
  PL_ASSIGN_OR_RETURN(const auto objects,
                      folder.store->List(folder.path, from == 0 ? "" : ObjectName(from, "")));
  Newest newest;
  for (const io::ObjectInfo& object : objects) {
    const auto name = ParseName(object.path);
    if (name && name->kind == "json") newest.epoch = std::max(newest.epoch, name->epoch);
  }
  for (const io::ObjectInfo& object : objects) {
    const auto name = ParseName(object.path);
    if (!name) continue;
    if (name->epoch < newest.epoch) newest.behind.push_back(object.path);
    if (name->epoch != newest.epoch) continue;
    newest.released = newest.released || name->kind == "released";
    newest.signs += fmt::format("{} {} {} {}\n", object.path, object.etag, object.size, object.modified_ms);
  }
  return newest;
}

// Each holder says how long it may be silent.
milliseconds TtlOf(const io::Location& folder, int64_t epoch, milliseconds ours) {
  const auto text = folder.store->ReadAll(folder.Child(ObjectName(epoch, "json")), kMaxLeaseBytes);
  if (!text.ok()) return ours;
  const nlohmann::json lease = nlohmann::json::parse(*text, nullptr, false);
  if (!lease.is_object() || !lease.contains("ttl_ms") || !lease["ttl_ms"].is_number_unsigned()) return ours;
  const uint64_t theirs = std::min<uint64_t>(lease["ttl_ms"].get<uint64_t>(), kLongestTtl.count());
  return std::max(ours, milliseconds(static_cast<int64_t>(theirs)));
}

std::string LeaseText(int64_t epoch, milliseconds ttl) {
  char host[256] = {};
  if (::gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  // The holder's name is random: that an epoch is ours is told by these very bytes.
  const nlohmann::json lease = {{"pixlake_lease", 1},
                                {"epoch", epoch},
                                {"ttl_ms", ttl.count()},
                                {"host", host},
                                {"process", getpid()},
                                {"holder", NewUuid()},
                                {"taken_at", FormatTimestamp(NowMillis())}};
  return lease.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// Waits until the newest epoch may be followed by another.
class Waiter {
 public:
  Waiter(const io::Location& folder, const LeaseOptions& options) : folder_(folder), options_(options) {}

  Result<Newest> UntilFree() {
    int64_t watched = -1;
    std::string signs;
    milliseconds since{}, ttl = options_.ttl;
    while (true) {
      // What is seen was so when it was asked for, or later.
      const milliseconds asked = options_.now();
      PL_ASSIGN_OR_RETURN(Newest newest, Look(folder_, std::max<int64_t>(watched, 0)));
      if (newest.epoch == 0 || newest.released) return newest;
      if (newest.epoch != watched) ttl = TtlOf(folder_, newest.epoch, options_.ttl);
      const milliseconds now = options_.now();
      if (newest.epoch != watched || newest.signs != signs) {
        watched = newest.epoch;
        signs = newest.signs;
        since = now;
      }
      if (asked - since >= ttl) return newest;
      if (!told_ && options_.on_wait) options_.on_wait();
      told_ = true;
      PL_RETURN_NOT_OK(options_.wait(std::clamp(ttl / 16, milliseconds(20), milliseconds(2000))));
    }
  }

 private:
  const io::Location& folder_;
  const LeaseOptions& options_;
  bool told_ = false;
};

// Best effort: they are small, and listed whenever somebody wants the lease.
void DeleteBehind(const io::Location& folder, std::vector<std::string> behind) {
  if (behind.size() < kMostObjects) return;
  std::sort(behind.begin(), behind.end());
  behind.resize(kDeletedAtOnce);
  for (const std::string& path : behind) (void)folder.store->Delete(path);
}

}  // namespace

milliseconds LeaseTtl() {
  const char* const given = std::getenv("PIXLAKE_LEASE_TTL_MS");
  if (given == nullptr) return LeaseOptions{}.ttl;
  const int64_t millis = std::strtoll(given, nullptr, 10);
  return std::clamp(milliseconds(millis), milliseconds(100), kLongestTtl);
}

Result<std::unique_ptr<Lease>> Lease::Acquire(io::Location folder, LeaseOptions options) {
  if (!options.now) options.now = SystemNow;
  if (!options.wait) options.wait = Sleep;
  Waiter waiter(folder, options);
  while (true) {
    PL_ASSIGN_OR_RETURN(Newest before, waiter.UntilFree());
    const int64_t epoch = before.epoch + 1;
    const milliseconds begun = options.now();
    const Status put =
        folder.store->PutIfAbsent(folder.Child(ObjectName(epoch, "json")), LeaseText(epoch, options.ttl));
    if (!put.ok() && CodeOf(put) == ErrorCode::kAlreadyExists) continue;
    if (!put.ok()) return WithContext(put, "taking the lease in " + folder.path);
    // Objects of epochs that are over are deleted: who was asleep since it looked may have put one of those.
    PL_ASSIGN_OR_RETURN(const Newest now, Look(folder, epoch));
    if (now.epoch != epoch) continue;
    DeleteBehind(folder, std::move(before.behind));
    const bool took_over = before.epoch > 0 && !before.released;
    std::unique_ptr<Lease> lease(new Lease(std::move(folder), std::move(options), epoch, took_over));
    lease->renewed_ = begun;
    lease->Start();
    return lease;
  }
}

Lease::Lease(io::Location folder, LeaseOptions options, int64_t epoch, bool took_over)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      epoch_(epoch),
      took_over_(took_over),
      stop_(CurrentStopToken()) {}

Lease::~Lease() {
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !running_; });
  }
  Release();
}

std::string Lease::Object(int64_t epoch, const char* kind) const {
  return folder_.Child(ObjectName(epoch, kind));
}

void Lease::Start() {
  if (!options_.renews_itself) return;
  executor_ = CurrentExecutor();
  running_ = true;
  // Where no thread is to be had, Check() renews.
  if (!executor_->Submit(WorkKind::kLoop, [this] { RenewUntilDone(); })) running_ = false;
}

void Lease::RenewUntilDone() {
  // A stop of the work must not keep the lease from being held while the work ends.
  StopSource never({}, executor_);
  const StopScope scope(never.token());
  std::unique_lock lock(mutex_);
  while (!ending_ && lost_.ok()) {
    changed_.wait_for(lock, options_.ttl / 4, [this] { return ending_; });
    if (ending_) break;
    lock.unlock();
    const Status ignored = Renew();  // kept in lost_
    lock.lock();
  }
  running_ = false;
  changed_.notify_all();
}

Status Lease::Lose(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (lost_.ok()) {
    lost_ = Error(ErrorCode::kCommitConflict,
                  fmt::format("the lease {} is lost: {}. What was committed stays; run again to go on",
                              Object(epoch_, "json"), why));
    stop_.Stop();
  }
  return lost_;
}

Status Lease::Renew() {
  const std::lock_guard one(renewing_);
  int64_t beat = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!lost_.ok()) return lost_;
    beat = ++beats_;
  }
  const milliseconds begun = options_.now();
  const Status put = folder_.store->Put(Object(epoch_, "beat"), fmt::format("{{\"beat\": {}}}\n", beat));
  const auto newest = Look(folder_, epoch_);
  if (newest.ok() && newest->epoch > epoch_)
    return Lose("another process found no sign of life of this one and took it over");
  if (newest.ok() && newest->epoch < epoch_) return Lose("its objects are gone");
  const std::lock_guard lock(mutex_);
  if (put.ok() && newest.ok()) {
    renewed_ = std::max(renewed_, begun);
    return Status::OK();
  }
  if (options_.now() - renewed_ <= options_.ttl) return Status::OK();
  lost_ = Error(ErrorCode::kCommitConflict,
                fmt::format("the lease {} is lost: it could not be renewed for {} s ({}). What was committed "
                            "stays; run again to go on",
                            Object(epoch_, "json"), options_.ttl.count() / 1000,
                            (put.ok() ? newest.status() : put).message()));
  stop_.Stop();
  return lost_;
}

Status Lease::Check() {
  {
    const std::lock_guard lock(mutex_);
    if (!lost_.ok()) return lost_;
    if (options_.now() - renewed_ <= options_.ttl / 2) return Status::OK();
  }
  return Renew();
}

void Lease::Abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
}

void Lease::Release() {
  {
    const std::lock_guard lock(mutex_);
    if (!lost_.ok() || abandoned_) return;
  }
  // Also where the work was stopped.
  StopSource never({}, executor_);
  const StopScope scope(never.token());
  // Where it fails, who comes next waits for a ttl.
  (void)folder_.store->Put(Object(epoch_, "released"), "{}\n");
}

}  // namespace pixlake::lake
