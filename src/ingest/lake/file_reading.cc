#include <cerrno>
#include <utility>
#include <vector>

#include <arrow/io/file.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/stop/stop_token.h"
#include "base/uuid.h"
#include "base/write_fully.h"
#include "image/hash/sha256.h"
#include "ingest/lake/file_reading_internal.h"
#include "ingest/source/file_item_internal.h"

namespace pixlake::ingest {
namespace {

constexpr int kAttempts = 3;
constexpr size_t kChunk = size_t{1} << 20;

// O_NONBLOCK: a FIFO put in a file's place must not hang the run.
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Result<int> OpenRegular(const std::string& path, struct stat* info) {
  const int fd = ::open(path.c_str(), kOpenFlags);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  if (::fstat(fd, info) != 0 || !S_ISREG(info->st_mode)) {
    ::close(fd);
    return Error(ErrorCode::kUnsupported, path + " is not a regular file");
  }
  return fd;
}

// Up to `size` bytes; fewer only at the end of the file.
Result<size_t> ReadFully(int fd, const std::string& path, uint8_t* to, size_t size) {
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(fd, to + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "reading", path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  return filled;
}

void Describe(const struct stat& info, SourceItem* item) {
  item->size = info.st_size;
  item->mtime_ns = MtimeNs(info);
  item->etag = FileEtag(info);
}

bool SameState(const struct stat& before, const struct stat& after) {
  return before.st_size == after.st_size && MtimeNs(before) == MtimeNs(after);
}

// One try; false when the file changed under it. `to` < 0: only hash.
Result<bool> CopyOnce(const std::string& path, int to, const std::string& to_path, SourceItem* item,
                      std::string* sha256) {
  struct stat before {};
  PL_ASSIGN_OR_RETURN(const int fd, OpenRegular(path, &before));
  const Descriptor from(fd);
  image::DigestStream digest(image::DigestStream::Algorithm::kSha256);
  std::vector<uint8_t> chunk(kChunk);
  int64_t copied = 0;
  while (true) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const size_t got, ReadFully(from.get(), path, chunk.data(), chunk.size()));
    digest.Update({chunk.data(), got});
    if (to >= 0) PL_RETURN_NOT_OK(WriteFully(to, chunk.data(), got, to_path));
    copied += static_cast<int64_t>(got);
    if (got < chunk.size()) break;
  }
  struct stat after {};
  if (::fstat(from.get(), &after) != 0) return ErrnoError(errno, "reading", path);
  if (!SameState(before, after) || copied != after.st_size) return false;
  if (!item->temporary) Describe(after, item);
  *sha256 = digest.Finish();
  return true;
}

}  // namespace

Result<int64_t> ReadWholeFile(const std::string& path, std::span<uint8_t> room, const SourceItem& item) {
  const Descriptor file(::open(path.c_str(), kOpenFlags));
  if (file.get() < 0) return ErrnoError(errno, "opening", path);
  PL_ASSIGN_OR_RETURN(const size_t got, ReadFully(file.get(), path, room.data(), room.size()));
  // As it was listed, so nobody wrote to it in between: one look is enough.
  struct stat after {};
  if (::fstat(file.get(), &after) != 0) return ErrnoError(errno, "reading", path);
  if (!S_ISREG(after.st_mode)) return Error(ErrorCode::kUnsupported, path + " is not a regular file");
  const bool as_listed = after.st_size == item.size && MtimeNs(after) == item.mtime_ns;
  if (!as_listed || static_cast<int64_t>(got) != after.st_size) {
    return Error(ErrorCode::kOverBudget, path + " has changed since it was listed");
  }
  return static_cast<int64_t>(got);
}

Status SpillFile(const std::string& folder, SourceItem* item, std::string* copy, std::string* sha256) {
  if (item->temporary) {
    *copy = item->path;
    PL_ASSIGN_OR_RETURN(const bool whole, CopyOnce(item->path, -1, "", item, sha256));
    return whole ? Status::OK()
                 : Error(ErrorCode::kIo, item->path + ", a file of our own, was changed by others");
  }
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return ErrnoError(errno, "making", folder);
  *copy = folder + "/" + NewUuid() + ".spill";
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Descriptor to(::open(copy->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (to.get() < 0) return ErrnoError(errno, "making", *copy);
    const auto whole = CopyOnce(item->path, to.get(), *copy, item, sha256);
    if (whole.ok() && *whole) return Status::OK();
    if (!whole.ok()) {
      ::unlink(copy->c_str());
      return whole.status();
    }
  }
  ::unlink(copy->c_str());
  return Error(ErrorCode::kIo,
               fmt::format("{} changed while it was read, {} times; run again when it is at rest", item->path,
                           kAttempts));
}

Result<std::shared_ptr<arrow::Buffer>> MapFile(const std::string& path) {
  PL_ASSIGN_OR_RETURN(const auto file, arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ));
  PL_ASSIGN_OR_RETURN(const int64_t size, file->GetSize());
  if (size == 0) return std::make_shared<arrow::Buffer>(nullptr, 0);
  return file->ReadAt(0, size);
}

}  // namespace pixlake::ingest
