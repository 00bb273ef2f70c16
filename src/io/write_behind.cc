#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/write_behind_internal.h"

namespace pixlake::io {
namespace {

// A multiple of every block size; large enough for the disk to be busy with one.
constexpr size_t kBlockBytes = size_t{4} << 20;

}  // namespace

void WriteBehind::Unmap::operator()(uint8_t* block) const {
  ::munmap(block, kBlockBytes);
}

WriteBehind::WriteBehind(int fd, std::string path, bool direct)
    : fd_(fd), path_(std::move(path)), wants_direct_(direct) {}

WriteBehind::~WriteBehind() {
  if (pending_.valid()) pending_.wait();
  if (fd_ >= 0) ::close(fd_);
}

Status WriteBehind::Write(const void* data, int64_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  auto left = static_cast<size_t>(size);
  while (left > 0) {
    if (block_ == nullptr) {
      // Page-aligned, as O_DIRECT wants it; pages that stay empty cost nothing.
      void* memory = ::mmap(nullptr, kBlockBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) return Error(ErrorCode::kOverBudget, "no memory to write " + path_);
      block_.reset(static_cast<uint8_t*>(memory));
    }
    const size_t count = std::min(left, kBlockBytes - filled_);
    std::memcpy(block_.get() + filled_, bytes, count);
    filled_ += count;
    bytes += count;
    left -= count;
    position_ += static_cast<int64_t>(count);
    if (filled_ == kBlockBytes) PL_RETURN_NOT_OK(PassOn());
  }
  return Status::OK();
}

Status WriteBehind::Settle() {
  return pending_.valid() ? pending_.get() : Status::OK();
}

// Gives the full block away and goes on in the other one.
Status WriteBehind::PassOn() {
  PL_RETURN_NOT_OK(Settle());
  if (passed_on_ == 0 && wants_direct_) SetDirect(true);
  std::swap(block_, spare_);
  const int64_t offset = std::exchange(passed_on_, position_);
  filled_ = 0;
  try {
    pending_ = std::async(std::launch::async, [this, offset, block = spare_.get()] {
      return WriteAt(block, kBlockBytes, offset);
    });
  } catch (const std::system_error&) {
    return WriteAt(spare_.get(), kBlockBytes, offset);  // no thread to be had
  }
  return Status::OK();
}

void WriteBehind::SetDirect(bool on) {
  const int flags = ::fcntl(fd_, F_GETFL);
  // File systems without it (tmpfs, some network ones) refuse, and are written through the cache.
  direct_ = flags >= 0 && ::fcntl(fd_, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0 && on;
}

Status WriteBehind::WriteAt(const uint8_t* bytes, size_t size, int64_t offset) {
  while (size > 0) {
    const ssize_t count = ::pwrite(fd_, bytes, size, offset);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EINVAL && direct_) {
        SetDirect(false);  // taken at open, refused at the write
        continue;
      }
      return ErrnoError(errno, "writing", path_);
    }
    bytes += count;
    size -= static_cast<size_t>(count);
    offset += count;
    // The rest of a short write need not be aligned.
    if (size > 0 && direct_) SetDirect(false);
  }
  return Status::OK();
}

Status WriteBehind::Finish(bool sync) {
  PL_RETURN_NOT_OK(Settle());
  if (filled_ > 0) {
    if (direct_) SetDirect(false);
    PL_RETURN_NOT_OK(WriteAt(block_.get(), filled_, passed_on_));
  }
  if (sync && ::fdatasync(fd_) != 0) return ErrnoError(errno, "syncing", path_);
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) return ErrnoError(errno, "closing", path_);
  return Status::OK();
}

}  // namespace pixlake::io
