#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/uuid.h"
#include "io/local_file_internal.h"

namespace pixlake::io {
namespace {

constexpr size_t kGatherBytes = 256 << 10;
// So much is handed to the disk at a time while more is written, so that little is
// left to wait for when the file is synced.
constexpr int64_t kWriteBehindBytes = 8 << 20;

// Writes both parts, one after the other.
Status WritePartsFully(int fd, struct iovec (&parts)[2], const std::string& path) {
  while (parts[0].iov_len + parts[1].iov_len > 0) {
    const ssize_t count = ::writev(fd, parts, 2);
    if (count < 0) {
      if (errno == EINTR) continue;
      return ErrnoError(errno, "writing", path);
    }
    auto written = static_cast<size_t>(count);
    for (struct iovec& part : parts) {
      const size_t of_part = std::min(written, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + of_part;
      part.iov_len -= of_part;
      written -= of_part;
    }
  }
  return Status::OK();
}

class LocalOutputStream : public arrow::io::OutputStream {
 public:
  LocalOutputStream(int fd, std::string path, bool sync) : fd_(fd), path_(std::move(path)), sync_(sync) {
    gathered_.reserve(kGatherBytes);
  }
  ~LocalOutputStream() override {
    if (fd_ >= 0) ::close(fd_);
  }

  Status Write(const void* data, int64_t size) override {
    const auto bytes = static_cast<size_t>(size);
    if (gathered_.size() + bytes <= kGatherBytes) {
      gathered_.append(static_cast<const char*>(data), bytes);
    } else {
      PL_RETURN_NOT_OK(WriteGatheredAnd(data, bytes));
    }
    position_ += size;
    return Status::OK();
  }

  Status Flush() override { return WriteGatheredAnd(nullptr, 0); }

  Status Close() override { return Flush(); }
  bool closed() const override { return fd_ < 0; }
  Result<int64_t> Tell() const override { return position_; }

  // Flushes, syncs if that is on, and closes the descriptor.
  Status Finish() {
    PL_RETURN_NOT_OK(Flush());
    if (sync_ && ::fdatasync(fd_) != 0) return ErrnoError(errno, "syncing", path_);
    const int fd = std::exchange(fd_, -1);
    if (::close(fd) != 0) return ErrnoError(errno, "closing", path_);
    return Status::OK();
  }

 private:
  Status WriteGatheredAnd(const void* data, size_t size) {
    struct iovec parts[2] = {{gathered_.data(), gathered_.size()}, {const_cast<void*>(data), size}};
    PL_RETURN_NOT_OK(WritePartsFully(fd_, parts, path_));
    written_ += static_cast<int64_t>(gathered_.size() + size);
    gathered_.clear();
    if (sync_ && written_ - handed_over_ >= kWriteBehindBytes) {
      // A hint: what it cannot do, the sync at the end does.
      (void)::sync_file_range(fd_, handed_over_, written_ - handed_over_, SYNC_FILE_RANGE_WRITE);
      handed_over_ = written_;
    }
    return Status::OK();
  }

  int fd_;
  const std::string path_;
  const bool sync_;
  std::string gathered_;
  int64_t position_ = 0;     // of the next byte
  int64_t written_ = 0;      // without what is gathered
  int64_t handed_over_ = 0;  // to the disk
};

class LocalOutputFile : public OutputFile {
 public:
  LocalOutputFile(int fd, std::string temporary, std::string path, bool sync)
      : stream_(std::make_unique<LocalOutputStream>(fd, path, sync)),
        temporary_(std::move(temporary)),
        path_(std::move(path)),
        sync_(sync) {}

  ~LocalOutputFile() override {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  arrow::io::OutputStream* stream() override { return stream_.get(); }

  Status Close() override {
    PL_RETURN_NOT_OK(stream_->Finish());
    const std::string temporary = std::exchange(temporary_, std::string());
    PL_RETURN_NOT_OK(PublishWithoutOverwrite(temporary, path_));
    return sync_ ? SyncFolder(ParentOf(path_)) : Status::OK();
  }

 private:
  std::unique_ptr<LocalOutputStream> stream_;
  std::string temporary_;
  const std::string path_;
  const bool sync_;
};

}  // namespace

Status WriteFully(int fd, const void* bytes, size_t size, const std::string& path) {
  struct iovec parts[2] = {{const_cast<void*>(bytes), size}, {nullptr, 0}};
  return WritePartsFully(fd, parts, path);
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string TemporaryBeside(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return ParentOf(path) + "/." + name + "." + NewUuid() + ".tmp";
}

Status MakeLocalFolders(const std::string& folder, bool sync) {
  // A new folder is durable once the folder that it stands in is.
  const auto made = [&] { return sync ? SyncFolder(ParentOf(folder)) : Status::OK(); };
  if (folder == "/") return Status::OK();
  if (::mkdir(folder.c_str(), 0777) == 0) return made();
  if (errno == ENOENT) {
    PL_RETURN_NOT_OK(MakeLocalFolders(ParentOf(folder), sync));
    if (::mkdir(folder.c_str(), 0777) == 0) return made();
  }
  if (errno != EEXIST) return ErrnoError(errno, "creating folder", folder);
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return Status::OK();
  return Error(ErrorCode::kAlreadyExists,
               "creating folder " + folder + ": a file of that name is in the way");
}

Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "opening folder", folder);
  const int failed = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  // Some file systems cannot sync folders; there is nothing more to do there.
  if (failed != 0 && error != EINVAL) return ErrnoError(error, "syncing folder", folder);
  return Status::OK();
}

Status PublishWithoutOverwrite(const std::string& temporary, const std::string& path) {
  if (::link(temporary.c_str(), path.c_str()) == 0) {
    ::unlink(temporary.c_str());
    return Status::OK();
  }
  int error = errno;
  if (error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK) {
    // No hard links here (FAT, some network and FUSE file systems).
    if (::syscall(SYS_renameat2, AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) ==
        0) {
      return Status::OK();
    }
    error = errno;
  } else if (error != EEXIST) {
    // Over a network the link may be made although its answer was lost.
    struct stat info {};
    if (::stat(temporary.c_str(), &info) == 0 && info.st_nlink == 2) {
      ::unlink(temporary.c_str());
      return Status::OK();
    }
  }
  ::unlink(temporary.c_str());
  const Status status = ErrnoError(error, "creating", path);
  // After any other error than a plain refusal the name may be there all the same.
  return CodeOf(status) == ErrorCode::kIo ? Error(ErrorCode::kCommitStateUnknown, status.message()) : status;
}

Result<std::unique_ptr<OutputFile>> CreateLocalFile(const std::string& path, const LocalOptions& options) {
  PL_RETURN_NOT_OK(MakeLocalFolders(ParentOf(path), options.sync));
  std::string temporary = TemporaryBeside(path);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoError(errno, "creating", path);
  return std::make_unique<LocalOutputFile>(fd, std::move(temporary), path, options.sync);
}

}  // namespace pixlake::io
