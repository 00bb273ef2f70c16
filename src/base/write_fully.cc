#include "base/write_fully.h"

#include <cerrno>

#include <unistd.h>

namespace pixlake {

Status WriteFully(int fd, const void* bytes, size_t size, const std::string& path) {
  const auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t count = ::write(fd, at, size);
    if (count < 0) {
      if (errno == EINTR) continue;
      return ErrnoError(errno, "writing", path);
    }
    at += count;
    size -= static_cast<size_t>(count);
  }
  return Status::OK();
}

}  // namespace pixlake
