#include "lake/lake_lock.h"

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/stop/stop_token.h"

namespace pixlake::lake {
namespace {

Result<int> LockFile(const std::string& path, const std::function<void()>& on_wait) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  bool told = false;
  Status status;
  while (status.ok() && ::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      status = ErrnoError(errno, "locking", path);
      break;
    }
    if (!told && on_wait) on_wait();
    told = true;
    status = CheckStopped();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (status.ok()) return fd;
  ::close(fd);
  return status;
}

}  // namespace

Result<std::unique_ptr<LakeLock>> LakeLock::Acquire(const catalog::Lake& lake, const std::string& work,
                                                    const std::function<void()>& on_wait) {
  if (!lake.is_remote()) {
    PL_ASSIGN_OR_RETURN(const int fd, LockFile(lake.Internal(work + ".lock"), on_wait));
    return std::unique_ptr<LakeLock>(new LakeLock(fd));
  }
  LeaseOptions options;
  options.ttl = LeaseTtl();
  options.on_wait = on_wait;
  PL_ASSIGN_OR_RETURN(
      auto lease, Lease::Acquire({lake.place().store, lake.Internal("leases/" + work)}, std::move(options)));
  return std::unique_ptr<LakeLock>(new LakeLock(std::move(lease), "pixlake/lease/" + work));
}

LakeLock::LakeLock(std::unique_ptr<Lease> lease, std::string app_id)
    : lease_(std::move(lease)), epoch_(table::LeaseEpoch{std::move(app_id), lease_->epoch()}) {
  scope_.emplace(lease_->stop_token());
}

Status LakeLock::Explain(const Status& ended) {
  if (lease_ == nullptr || ended.ok()) return ended;
  // A commit that was sent and not answered may be made yet.
  if (CodeOf(ended) == ErrorCode::kCommitStateUnknown) lease_->Abandon();
  if (CodeOf(ended) != ErrorCode::kCancelled) return ended;
  const Status lost = lease_->Check();
  return lost.ok() ? ended : lost;
}

LakeLock::~LakeLock() {
  scope_.reset();
  if (took_over() && !fenced_) lease_->Abandon();
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace pixlake::lake
