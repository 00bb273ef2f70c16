#include "lake/lake_lock.h"

#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/stop/stop_token.h"

namespace pixlake::lake {

Result<std::unique_ptr<LakeLock>> LakeLock::Acquire(const catalog::Lake& lake, const std::string& work,
                                                    const std::function<void()>& on_wait) {
  const std::string path = lake.Internal(work + ".lock");
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  std::unique_ptr<LakeLock> lock(new LakeLock(fd));
  bool told = false;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return ErrnoError(errno, "locking", path);
    if (!told && on_wait) on_wait();
    told = true;
    PL_RETURN_NOT_OK(CheckStopped());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return lock;
}

LakeLock::~LakeLock() {
  ::close(fd_);
}

}  // namespace pixlake::lake
