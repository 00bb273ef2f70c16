#include <cerrno>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include <arrow/io/interfaces.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/uuid.h"
#include "io/local_file_internal.h"
#include "io/write_behind_internal.h"

namespace pixlake::io {
namespace {

// Folders whose names are durable, as this process saw to. By identity: another one may get the name.
class SettledFolders {
 public:
  bool Contains(const std::string& folder, const struct stat& info) {
    const std::lock_guard lock(mutex_);
    return folders_.contains({folder, info.st_dev, info.st_ino});
  }
  void Add(const std::string& folder, const struct stat& info) {
    const std::lock_guard lock(mutex_);
    if (folders_.size() >= kMost) folders_.clear();
    folders_.insert({folder, info.st_dev, info.st_ino});
  }

 private:
  static constexpr size_t kMost = 4096;
  std::mutex mutex_;
  std::set<std::tuple<std::string, dev_t, ino_t>> folders_;
};

SettledFolders& Settled() {
  static auto* const folders = new SettledFolders;
  return *folders;
}

// Of a folder that was there: who made it may have been killed before its name was durable.
Status SettleFolder(const std::string& folder, const struct stat& info) {
  if (folder == "/" || Settled().Contains(folder, info)) return Status::OK();
  const Status synced = SyncFolder(ParentOf(folder));
  // What we may not read we have not made.
  if (!synced.ok() && CodeOf(synced) != ErrorCode::kPermission) return synced;
  Settled().Add(folder, info);
  return Status::OK();
}

// A new folder is durable once the folder that it stands in is; and that one in its turn, which
// all other folders above are, as nothing is made in one that is not.
Status FolderMade(const std::string& folder) {
  struct stat info {};
  const std::string parent = ParentOf(folder);
  if (::stat(parent.c_str(), &info) != 0) return ErrnoError(errno, "looking at", parent);
  PL_RETURN_NOT_OK(SettleFolder(parent, info));
  PL_RETURN_NOT_OK(SyncFolder(parent));
  if (::stat(folder.c_str(), &info) == 0) Settled().Add(folder, info);
  return Status::OK();
}

class LocalOutputStream : public arrow::io::OutputStream {
 public:
  // Without a sync nobody waits for the disk, and the cache is the faster place.
  LocalOutputStream(int fd, const std::string& path, const LocalOptions& options)
      : file_(fd, path, options.sync, options.block_bytes), sync_(options.sync) {}

  Status Write(const void* data, int64_t size) override { return file_.Write(data, size); }
  // Held until it is written; Flush waits for that.
  Status Write(const std::shared_ptr<arrow::Buffer>& data) override { return file_.Write(data); }
  Status Flush() override { return file_.Drain(); }
  Status Close() override { return Status::OK(); }
  bool closed() const override { return finished_; }
  Result<int64_t> Tell() const override { return file_.position(); }

  // Flushes, syncs if that is on, and closes the descriptor.
  Status Finish() {
    finished_ = true;
    return file_.Finish(sync_);
  }

 private:
  WriteBehind file_;
  const bool sync_;
  bool finished_ = false;
};

class LocalOutputFile : public OutputFile {
 public:
  LocalOutputFile(int fd, std::string temporary, std::string path, const LocalOptions& options)
      : stream_(std::make_unique<LocalOutputStream>(fd, path, options)),
        temporary_(std::move(temporary)),
        path_(std::move(path)),
        sync_(options.sync) {}

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
  if (folder == "/") return Status::OK();
  if (::mkdir(folder.c_str(), 0777) == 0) return sync ? FolderMade(folder) : Status::OK();
  if (errno == ENOENT) {
    PL_RETURN_NOT_OK(MakeLocalFolders(ParentOf(folder), sync));
    if (::mkdir(folder.c_str(), 0777) == 0) return sync ? FolderMade(folder) : Status::OK();
  }
  if (errno != EEXIST) return ErrnoError(errno, "creating folder", folder);
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return sync ? SettleFolder(folder, info) : Status::OK();
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
  return std::make_unique<LocalOutputFile>(fd, std::move(temporary), path, options);
}

}  // namespace pixlake::io
