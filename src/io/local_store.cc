#include "io/local_store.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/write_fully.h"
#include "io/local_file_internal.h"
#include "io/local_input_internal.h"
#include "io/settle.h"

namespace pixlake::io {
namespace {

int64_t ModifiedMillis(const struct stat& info) {
  return int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1000000;
}

ObjectInfo InfoOf(std::string path, const struct stat& info) {
  // A replaced file has another inode; one that was written over, another change time.
  return {std::move(path), info.st_size, ModifiedMillis(info),
          fmt::format("{:x}-{:x}", info.st_ino,
                      int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec)};
}

class LocalStore : public Store, public SettlingStore {
 public:
  explicit LocalStore(LocalOptions options) : options_(options) {}

  std::string_view scheme() const override { return "file"; }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    return OpenLocalInput(path);
  }

  Result<std::string> ReadAll(const std::string& path, int64_t max_bytes) override {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return ErrnoError(errno, "opening", path);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return ErrnoError(errno, "reading", path);
    if (info.st_size > max_bytes) {
      return Error(ErrorCode::kOverBudget, fmt::format("reading {}: it has {} bytes, at most {} are taken",
                                                       path, info.st_size, max_bytes));
    }
    std::string bytes;
    // Not trusting st_size: the file may grow, and some special files say 0.
    size_t filled = 0;
    bytes.resize(static_cast<size_t>(info.st_size) + 1);
    while (true) {
      const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoError(errno, "reading", path);
      if (got == 0) break;
      filled += static_cast<size_t>(got);
      if (static_cast<int64_t>(filled) > max_bytes) {
        return Error(ErrorCode::kOverBudget, fmt::format("reading {}: more than {} bytes", path, max_bytes));
      }
      if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
    }
    bytes.resize(filled);
    return bytes;
  }

  Result<ObjectInfo> Stat(const std::string& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return ErrnoError(errno, "looking at", path);
    return InfoOf(path, info);
  }

  Result<std::unique_ptr<OutputFile>> Create(const std::string& path) override {
    return CreateLocalFile(path, options_);
  }

  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    PL_ASSIGN_OR_RETURN(const std::string temporary, WriteTemporary(path, bytes, options_.sync));
    PL_RETURN_NOT_OK(PublishWithoutOverwrite(temporary, path));
    const Status synced = options_.sync ? SyncFolder(ParentOf(path)) : Status::OK();
    // It is visible already, so this is no failure that can be taken back.
    return synced.ok() ? synced : Error(ErrorCode::kCommitStateUnknown, synced.message());
  }

  Status Put(const std::string& path, std::string_view bytes) override {
    PL_RETURN_NOT_OK(Replace(path, bytes, options_.sync));
    return options_.sync ? SyncFolder(ParentOf(path)) : Status::OK();
  }

  Status PutHint(const std::string& path, std::string_view bytes) override {
    return Replace(path, bytes, false);
  }

  Status Settle(const std::string& path) override {
    if (!options_.sync) return Status::OK();
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.ok()) return ErrnoError(errno, "opening", path);
    if (::fsync(file.get()) != 0) return ErrnoError(errno, "syncing", path);
    PL_RETURN_NOT_OK(MakeLocalFolders(ParentOf(path), true));
    return SyncFolder(ParentOf(path));
  }

  Result<std::vector<ObjectInfo>> List(const std::string& folder, const std::string& start_from) override {
    std::vector<ObjectInfo> found;
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) {
      if (errno == ENOENT) return found;
      return ErrnoError(errno, "listing", folder);
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(dir, ::closedir);
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(dir);
      if (entry == nullptr) {
        if (errno != 0) return ErrnoError(errno, "listing", folder);
        break;
      }
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || name < start_from) continue;
      struct stat info {};
      if (::fstatat(::dirfd(dir), entry->d_name, &info, 0) != 0) {
        if (errno == ENOENT) continue;  // gone meanwhile, or a link to nothing
        return ErrnoError(errno, "looking at", JoinPath(folder, name));
      }
      if (!S_ISREG(info.st_mode)) continue;
      found.push_back(InfoOf(JoinPath(folder, name), info));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return found;
  }

  Result<std::vector<std::string>> ListFolders(const std::string& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code gone;
      if (entry->is_directory(gone)) names.push_back(entry->path().filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return ErrnoError(error.value(), "listing", folder);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return ErrnoError(errno, "looking at", path);
  }

  Status Delete(const std::string& path) override {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return Status::OK();
    return ErrnoError(errno, "deleting", path);
  }

 private:
  static Status Replace(const std::string& path, std::string_view bytes, bool sync) {
    PL_ASSIGN_OR_RETURN(const std::string temporary, WriteTemporary(path, bytes, sync));
    if (::rename(temporary.c_str(), path.c_str()) == 0) return Status::OK();
    const int error = errno;
    ::unlink(temporary.c_str());
    return ErrnoError(error, "writing", path);
  }

  static Result<std::string> WriteTemporary(const std::string& path, std::string_view bytes, bool sync) {
    PL_RETURN_NOT_OK(MakeLocalFolders(ParentOf(path), sync));
    std::string temporary = TemporaryBeside(path);
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() < 0) return ErrnoError(errno, "creating", path);
    Status status = WriteFully(file.get(), bytes.data(), bytes.size(), path);
    if (status.ok() && sync && ::fdatasync(file.get()) != 0) status = ErrnoError(errno, "syncing", path);
    if (!status.ok()) {
      ::unlink(temporary.c_str());
      return status;
    }
    return temporary;
  }

  const LocalOptions options_;
};

}  // namespace

Status Settle(Store* store, const std::string& path) {
  auto* const settling = dynamic_cast<SettlingStore*>(store);
  return settling == nullptr ? Status::OK() : settling->Settle(path);
}

std::unique_ptr<Store> MakeLocalStore(LocalOptions options) {
  return std::make_unique<LocalStore>(options);
}

}  // namespace pixlake::io
