#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <arrow/buffer.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingest/source/archive/member_content_internal.h"

namespace pixlake::ingest {

MemberContent::MemberContent(int64_t stated, const SourceOptions& options)
    : options_(options), stated_(stated) {}

MemberContent::~MemberContent() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Status MemberContent::Reserve(int64_t bytes) {
  if (buffer_ == nullptr) {
    const int64_t first = stated_ >= 0 ? stated_ : std::max<int64_t>(bytes, 64 << 10);
    return arrow::AllocateResizableBuffer(first).Value(&buffer_);
  }
  if (bytes <= buffer_->size()) return Status::OK();
  return buffer_->Resize(std::min(std::max(bytes, 2 * buffer_->size()), options_.max_buffered_bytes), false);
}

Status MemberContent::Spill() {
  std::error_code ignored;
  const std::string folder = options_.spill_folder.empty()
                                 ? std::filesystem::temp_directory_path(ignored).string()
                                 : options_.spill_folder;
  std::string path = folder + "/pixlake-member-XXXXXX";
  fd_ = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) return ErrnoError(errno, "making a file for a large member in", folder);
  path_ = std::move(path);
  if (buffer_ == nullptr) return Status::OK();
  PL_RETURN_NOT_OK(WriteAt(0, {buffer_->data(), static_cast<size_t>(size_)}));
  buffer_.reset();
  return Status::OK();
}

Status MemberContent::WriteAt(int64_t offset, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, "writing a large member to", path_);
    offset += written;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return Status::OK();
}

Status MemberContent::Add(int64_t offset, std::span<const uint8_t> bytes) {
  const int64_t end = offset + static_cast<int64_t>(bytes.size());
  if (stated_ >= 0 && end > stated_) {
    size_ = end;
    return Status::OK();
  }
  const bool large = std::max(end, stated_) > options_.max_buffered_bytes;
  if (fd_ < 0 && large) PL_RETURN_NOT_OK(Spill());
  if (fd_ >= 0) {
    PL_RETURN_NOT_OK(WriteAt(offset, bytes));
  } else {
    PL_RETURN_NOT_OK(Reserve(end));
    if (offset > size_) std::memset(buffer_->mutable_data() + size_, 0, static_cast<size_t>(offset - size_));
    if (!bytes.empty()) std::memcpy(buffer_->mutable_data() + offset, bytes.data(), bytes.size());
  }
  size_ = end;
  return Status::OK();
}

Status MemberContent::Extend(int64_t size) {
  return size > size_ ? Add(size, {}) : Status::OK();
}

Status MemberContent::Finish(SourceItem* item) {
  item->size = size_;
  if (fd_ >= 0) {
    // A hole at the end has no bytes to be written.
    if (::ftruncate(fd_, size_) != 0 || ::close(std::exchange(fd_, -1)) != 0)
      return ErrnoError(errno, "writing a large member to", path_);
    item->path = std::exchange(path_, {});
    item->temporary = true;
    return Status::OK();
  }
  PL_RETURN_NOT_OK(Reserve(size_));
  if (size_ < buffer_->size()) PL_RETURN_NOT_OK(buffer_->Resize(size_, true));
  item->bytes = std::move(buffer_);
  return Status::OK();
}

}  // namespace pixlake::ingest
