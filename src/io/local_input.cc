#include <algorithm>
#include <cerrno>
#include <ctime>

#include <arrow/buffer.h>
#include <arrow/util/key_value_metadata.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "io/arrow_input.h"
#include "io/local_input_internal.h"
#include "io/store.h"

namespace pixlake::io {
namespace {

// A file changed as recently as this may change again without its times showing it.
constexpr int64_t kSettledSeconds = 2;

std::string VersionOf(const struct stat& info) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec - info.st_ctim.tv_sec < kSettledSeconds) return {};
  return fmt::format("file {:x}-{:x}-{:x}.{:x}-{:x}", info.st_dev, info.st_ino, info.st_ctim.tv_sec,
                     info.st_ctim.tv_nsec, info.st_size);
}

class LocalInput : public RangedInput {
 public:
  LocalInput(int fd, std::string path, const struct stat& info)
      : file_(fd), path_(std::move(path)), version_(VersionOf(info)) {}

  Result<int64_t> GetSize() override {
    struct stat info {};
    if (::fstat(file_.get(), &info) != 0) return ErrnoError(errno, "looking at", path_);
    return info.st_size;
  }

  Result<int64_t> ReadAt(int64_t position, int64_t count, void* out) override {
    if (position < 0 || count < 0)
      return Error(ErrorCode::kInternal, fmt::format("reading {} bytes at {} of {}", count, position, path_));
    int64_t done = 0;
    while (done < count) {
      const ssize_t got = ::pread(file_.get(), static_cast<char*>(out) + done,
                                  static_cast<size_t>(count - done), position + done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoError(errno, "reading", path_);
      if (got == 0) break;
      done += got;
    }
    return done;
  }
  Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t count) override {
    PL_ASSIGN_OR_RETURN(auto buffer, arrow::AllocateResizableBuffer(std::max<int64_t>(count, 0)));
    PL_ASSIGN_OR_RETURN(const int64_t got, ReadAt(position, count, buffer->mutable_data()));
    if (got < count) {
      PL_RETURN_NOT_OK(buffer->Resize(got));
      buffer->ZeroPadding();
    }
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  Result<std::shared_ptr<const arrow::KeyValueMetadata>> ReadMetadata() override {
    return VersionMetadata(version_);
  }

 private:
  const Descriptor file_;
  const std::string path_;
  const std::string version_;
};

}  // namespace

Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenLocalInput(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    const int failed = errno;
    ::close(fd);
    if (S_ISDIR(info.st_mode)) return Error(ErrorCode::kIo, "opening " + path + ": it is a folder");
    return ErrnoError(failed, "opening", path);
  }
  return std::make_shared<LocalInput>(fd, path, info);
}

}  // namespace pixlake::io
