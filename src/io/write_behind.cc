#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <arrow/buffer.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/write_behind_internal.h"

namespace pixlake::io {
namespace {

// Less is copied: a small file needs no thread.
constexpr int64_t kWorthHandingOver = int64_t{256} << 10;

}  // namespace

void WriteBehind::Unmap::operator()(uint8_t* block) const {
  ::munmap(block, bytes);
}

WriteBehind::WriteBehind(int fd, std::string path, bool direct, int64_t block_bytes)
    : fd_(fd),
      path_(std::move(path)),
      wants_direct_(direct),
      block_bytes_(static_cast<size_t>(block_bytes)) {}

WriteBehind::~WriteBehind() {
  End(/*drop=*/true);
  if (fd_ >= 0) ::close(fd_);
}

void WriteBehind::End(bool drop) {
  if (writing_ == nullptr) return;
  {
    const std::lock_guard lock(mutex_);
    dropped_ = drop;
  }
  writing_->Finish();
  writing_.reset();
}

Result<WriteBehind::Block> WriteBehind::NewBlock() const {
  // Page-aligned, as O_DIRECT wants it; pages that stay empty cost nothing.
  void* memory = ::mmap(nullptr, block_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return Error(ErrorCode::kOverBudget, "no memory to write " + path_);
  return Block(static_cast<uint8_t*>(memory), Unmap{block_bytes_});
}

// For the caller: one is written while the other is filled.
Result<WriteBehind::Block> WriteBehind::TakeBlock() {
  std::unique_lock lock(mutex_);
  if (free_.empty() && blocks_made_ < 2) {
    PL_ASSIGN_OR_RETURN(Block made, NewBlock());
    ++blocks_made_;
    return made;
  }
  while (free_.empty()) {
    lock.unlock();
    const bool helped = writing_->Help();
    lock.lock();
    if (!helped) done_.wait(lock, [&] { return !free_.empty(); });
  }
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

// One of the caller's that is free, else a third.
Result<WriteBehind::Block> WriteBehind::BlockForThread() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return NewBlock();
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

Status WriteBehind::Write(const void* data, int64_t size) {
  const auto* bytes = static_cast<const uint8_t*>(data);
  auto left = static_cast<size_t>(size);
  while (left > 0) {
    const auto within = static_cast<size_t>(position_) % block_bytes_;
    const size_t count = std::min(left, block_bytes_ - within);
    if (handed_on_) {
      PL_RETURN_NOT_OK(Write(arrow::Buffer::FromString({reinterpret_cast<const char*>(bytes), count})));
    } else {
      if (block_ == nullptr) {
        PL_ASSIGN_OR_RETURN(block_, TakeBlock());
      }
      std::memcpy(block_.get() + filled_, bytes, count);
      filled_ += count;
      position_ += static_cast<int64_t>(count);
      if (filled_ == block_bytes_) {
        filled_ = 0;
        PL_RETURN_NOT_OK(Enqueue({std::move(block_), block_bytes_, nullptr}));
      }
    }
    bytes += count;
    left -= count;
  }
  return Status::OK();
}

Status WriteBehind::Write(std::shared_ptr<arrow::Buffer> data) {
  if (!handed_on_ && data->size() < kWorthHandingOver) return Write(data->data(), data->size());
  if (data->size() == 0) return Status::OK();
  handed_on_ = true;  // also when the next line fails: the block is gone
  if (filled_ > 0) PL_RETURN_NOT_OK(Enqueue({std::move(block_), std::exchange(filled_, 0), nullptr}));
  position_ += data->size();
  handed_on_ = static_cast<size_t>(position_) % block_bytes_ != 0;
  return Enqueue({nullptr, 0, std::move(data)});
}

Status WriteBehind::Drain() {
  if (writing_ != nullptr) writing_->Finish();
  const std::lock_guard lock(mutex_);
  return failed_;
}

Status WriteBehind::Enqueue(Item item) {
  if (writing_ == nullptr)
    writing_ = std::make_unique<Crew>(WorkKind::kIo, 1, [this] { return WriteNext(); });
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(item));
  }
  writing_->Wake();
  const std::lock_guard lock(mutex_);
  return failed_;
}

bool WriteBehind::WriteNext() {
  std::unique_lock lock(mutex_);
  if (dropped_ || queue_.empty()) return false;
  Item item = std::move(queue_.front());
  queue_.pop_front();
  const bool wanted = failed_.ok();
  lock.unlock();
  Status status;
  try {
    if (wanted) status = Process(std::move(item));
  } catch (const std::bad_alloc&) {
    status = Error(ErrorCode::kOverBudget, "no memory to write " + path_);
  }
  Block unused = std::move(item.block);
  item = {};  // whoever waits for it shall have it
  lock.lock();
  if (unused != nullptr) free_.push_back(std::move(unused));
  if (failed_.ok()) failed_ = std::move(status);
  done_.notify_all();
  return true;
}

Status WriteBehind::Process(Item item) {
  if (item.data != nullptr) return Append(item.data->data(), static_cast<size_t>(item.data->size()));
  if (item.filled == block_bytes_) return WriteBlock(std::move(item.block));
  open_ = std::move(item.block);
  open_filled_ = item.filled;
  return Status::OK();
}

Status WriteBehind::Append(const uint8_t* data, size_t size) {
  while (size > 0) {
    if (open_ == nullptr) {
      PL_ASSIGN_OR_RETURN(open_, BlockForThread());
    }
    const size_t count = std::min(size, block_bytes_ - open_filled_);
    std::memcpy(open_.get() + open_filled_, data, count);
    open_filled_ += count;
    data += count;
    size -= count;
    if (open_filled_ == block_bytes_) {
      open_filled_ = 0;
      PL_RETURN_NOT_OK(WriteBlock(std::move(open_)));
    }
  }
  return Status::OK();
}

Status WriteBehind::WriteBlock(Block block) {
  if (written_ == 0 && wants_direct_) SetDirect(true);
  const Status status = WriteAt(block.get(), block_bytes_, written_);
  written_ += block_bytes_;
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(block));
  done_.notify_all();
  return status;
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
  End(/*drop=*/false);
  PL_RETURN_NOT_OK(failed_);
  if (filled_ > 0) {
    open_ = std::move(block_);
    open_filled_ = filled_;
  }
  if (open_filled_ > 0) {
    if (direct_) SetDirect(false);
    PL_RETURN_NOT_OK(WriteAt(open_.get(), open_filled_, written_));
  }
  if (sync && ::fdatasync(fd_) != 0) return ErrnoError(errno, "syncing", path_);
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) return ErrnoError(errno, "closing", path_);
  return Status::OK();
}

}  // namespace pixlake::io
