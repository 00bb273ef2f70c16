#include "engine/export/export_target.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"
#include "base/write_fully.h"
#include "engine/output/output_name.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;

timespec TimeOf(int64_t nanos) {
  return {static_cast<time_t>(nanos / 1000000000), static_cast<long>(nanos % 1000000000)};
}

// True when the file has exactly these bytes.
Result<bool> HasBytes(const std::string& path, std::span<const uint8_t> bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  std::vector<uint8_t> chunk(size_t{1} << 16);
  bool same = true;
  while (same) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      same = got == 0 && bytes.empty();
      break;
    }
    const auto size = static_cast<size_t>(got);
    same = size <= bytes.size() && std::memcmp(chunk.data(), bytes.data(), size) == 0;
    if (same) bytes = bytes.subspan(size);
  }
  ::close(fd);
  return same;
}

class Folder : public ExportTarget {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  Result<bool> Add(const std::string& name, std::span<const uint8_t> bytes, int64_t mtime_ns) override {
    const std::string path = path_ + "/" + name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0) {
      PL_ASSIGN_OR_RETURN(const bool same, HasBytes(path, bytes));
      if (same) return false;
      return Error(ErrorCode::kAlreadyExists,
                   fmt::format("{} is there with other bytes; export into another folder", path));
    }
    PL_RETURN_NOT_OK(MakeFolder(fs::path(path).parent_path().string()));
    // Written beside its place: an interrupted export leaves no half file under a real name.
    const std::string fresh = fs::path(path).parent_path().string() + "/.pixlake-export-" + NewUuid();
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return ErrnoError(errno, "making", fresh);
    Status status = WriteFully(fd, bytes.data(), bytes.size(), path);
    if (mtime_ns != 0) {
      const timespec times[2] = {TimeOf(mtime_ns), TimeOf(mtime_ns)};
      ::futimens(fd, times);
    }
    ::close(fd);
    if (status.ok() && ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
      status = ErrnoError(errno, "naming", path);
    if (!status.ok()) {
      ::unlink(fresh.c_str());
      return status;
    }
    return true;
  }

  Status Close() override { return Status::OK(); }

 private:
  Status MakeFolder(const std::string& folder) {
    if (folder == made_) return Status::OK();
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return ErrnoError(error.value(), "making", folder);
    made_ = folder;
    return Status::OK();
  }

  const std::string path_;
  std::string made_;
};

class Tar : public ExportTarget {
 public:
  explicit Tar(std::string path)
      : path_(std::move(path)), fresh_(path_ + "." + NewUuid()), archive_(archive_write_new()) {}

  ~Tar() override {
    archive_write_free(archive_);
    if (!closed_) ::unlink(fresh_.c_str());
  }

  Status Init() {
    if (::access(path_.c_str(), F_OK) == 0)
      return Error(ErrorCode::kAlreadyExists, path_ + " is there already; name another file");
    const auto ends = [&](const char* suffix) { return path_.ends_with(suffix); };
    int state = archive_write_set_format_pax_restricted(archive_);
    // Names that are no ASCII are written as the bytes they are: libarchive marks those
    // entries itself when the locale cannot tell their characters.
    if (ends(".gz") || ends(".tgz")) state = std::min(state, archive_write_add_filter_gzip(archive_));
    if (ends(".zst") || ends(".tzst")) state = std::min(state, archive_write_add_filter_zstd(archive_));
    if (state == ARCHIVE_OK) state = archive_write_open_filename(archive_, fresh_.c_str());
    return Check(state, "starting");
  }

  Result<bool> Add(const std::string& name, std::span<const uint8_t> bytes, int64_t mtime_ns) override {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    const timespec time = TimeOf(mtime_ns);
    archive_entry_set_mtime(entry, time.tv_sec, time.tv_nsec);
    const int state = archive_write_header(archive_, entry);
    archive_entry_free(entry);
    if (state < ARCHIVE_WARN) return Check(state, "writing");
    if (archive_write_data(archive_, bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size()))
      return Check(ARCHIVE_FATAL, "writing");
    return true;
  }

  Status Close() override {
    PL_RETURN_NOT_OK(Check(archive_write_close(archive_), "finishing"));
    if (::renameat2(AT_FDCWD, fresh_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0)
      return ErrnoError(errno, "naming", path_);
    closed_ = true;
    return Status::OK();
  }

 private:
  Status Check(int state, const char* what) const {
    if (state == ARCHIVE_OK) return Status::OK();
    const int code = archive_errno(archive_);
    if (code > 0) return ErrnoError(code, what, path_);
    const char* message = archive_error_string(archive_);
    return Error(ErrorCode::kIo,
                 fmt::format("{} {}: {}", what, path_, message != nullptr ? message : "libarchive refused"));
  }

  const std::string path_;
  const std::string fresh_;
  struct archive* const archive_;
  bool closed_ = false;
};

}  // namespace

Result<std::unique_ptr<ExportTarget>> ExportTarget::Open(const std::string& path) {
  for (const char* suffix : {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"}) {
    if (!path.ends_with(suffix)) continue;
    auto tar = std::make_unique<Tar>(path);
    PL_RETURN_NOT_OK(tar->Init());
    return std::unique_ptr<ExportTarget>(std::move(tar));
  }
  PL_RETURN_NOT_OK(CheckExportName(path));
  return std::unique_ptr<ExportTarget>(std::make_unique<Folder>(path));
}

}  // namespace pixlake::engine
