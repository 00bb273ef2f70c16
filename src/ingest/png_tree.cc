#include "ingest/png_tree.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"
#include "base/write_fully.h"
#include "io/local_store.h"

namespace pixlake::ingest {
namespace {

// True when the open file holds exactly `bytes`.
bool Holds(int fd, std::span<const uint8_t> bytes) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || info.st_size != static_cast<off_t>(bytes.size())) return false;
  std::vector<uint8_t> there(bytes.size());
  return ::pread(fd, there.data(), there.size(), 0) == static_cast<ssize_t>(bytes.size()) &&
         std::memcmp(there.data(), bytes.data(), bytes.size()) == 0;
}

}  // namespace

Result<std::unique_ptr<PngTree>> PngTree::Make(const std::string& root) {
  PL_RETURN_NOT_OK(io::MakeLocalFolders(root));
  return std::make_unique<LocalPngTree>(root);
}

LocalPngTree::~LocalPngTree() {
  for (const auto& [label, fd] : folders_) ::close(fd);
}

Result<int> LocalPngTree::FolderOf(const std::string& label) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto found = folders_.find(label); found != folders_.end()) return found->second;
  const std::string path = root_ + "/" + label;
  PL_RETURN_NOT_OK(io::MakeLocalFolders(path));
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "opening folder", path);
  folders_.emplace(label, fd);
  return fd;
}

Status LocalPngTree::Write(const std::string& label, const std::string& name,
                           std::span<const uint8_t> bytes) {
  PL_ASSIGN_OR_RETURN(const int folder, FolderOf(label));
  const int fd = ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd >= 0) {
    // One write call for a small file; the path is only built for an error.
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    Status status;
    if (written != static_cast<ssize_t>(bytes.size())) {
      written = written < 0 ? 0 : written;
      const auto rest = bytes.subspan(static_cast<size_t>(written));
      status = WriteFully(fd, rest.data(), rest.size(), root_ + "/" + label + "/" + name);
    }
    // Network file systems and quotas may say only here that there is no room.
    if (::close(fd) != 0 && status.ok())
      status = ErrnoError(errno, "writing", root_ + "/" + label + "/" + name);
    if (!status.ok()) ::unlinkat(folder, name.c_str(), 0);
    return status;
  }
  const std::string path = root_ + "/" + label + "/" + name;
  if (errno != EEXIST) return ErrnoError(errno, "creating", path);
  const int there = ::openat(folder, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const bool same = there >= 0 && Holds(there, bytes);
  if (there >= 0) ::close(there);
  return same ? Status::OK() : Replace(folder, path, name, bytes);
}

Status LocalPngTree::Replace(int folder, const std::string& path, const std::string& name,
                             std::span<const uint8_t> bytes) {
  const std::string temporary = "." + name + "." + NewUuid() + ".tmp";
  const int fd = ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoError(errno, "creating", path);
  Status status = WriteFully(fd, bytes.data(), bytes.size(), path);
  if (::close(fd) != 0 && status.ok()) status = ErrnoError(errno, "writing", path);
  if (status.ok() && ::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) {
    status = ErrnoError(errno, "replacing", path);
  }
  if (!status.ok()) ::unlinkat(folder, temporary.c_str(), 0);
  return status;
}

}  // namespace pixlake::ingest
