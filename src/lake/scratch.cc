#include "lake/scratch.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"

namespace pixlake::lake {
namespace {

namespace fs = std::filesystem;

constexpr char kLockName[] = "lock";

// One for each user, which nobody else may have made: others may write to the folder that it is in.
Result<std::string> OwnTemporaryFolder() {
  const char* const given = std::getenv("TMPDIR");
  const std::string base = given != nullptr && *given == '/' ? given : "/tmp";
  std::string folder = fmt::format("{}/pixlake-scratch-{}", base, ::geteuid());
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return ErrnoError(errno, "making", folder);
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) return ErrnoError(errno, "looking at", folder);
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 0022) != 0) {
    return Error(ErrorCode::kPermission,
                 folder + " is not this user's own folder; remove it, or set TMPDIR to another place");
  }
  return folder;
}

// Locked, or -1: somebody has it, or it is none.
int LockOf(const std::string& folder, int flags) {
  const int fd = ::open((folder + "/" + kLockName).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (fd < 0) return -1;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return -1;
}

// Whoever made a folder holds its lock; the system gave it back where the process has died.
void RemoveDead(const std::string& base) {
  std::error_code error;
  for (fs::directory_iterator entry(base, error), end; !error && entry != end; entry.increment(error)) {
    const std::string folder = entry->path().string();
    const int lock = LockOf(folder, 0);
    if (lock < 0) continue;
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    ::close(lock);
  }
}

}  // namespace

Result<std::unique_ptr<Scratch>> Scratch::Make(const catalog::Lake& lake) {
  if (!lake.is_remote()) {
    std::string folder = lake.Internal("tmp");
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return ErrnoError(error.value(), "making", folder);
    return std::unique_ptr<Scratch>(new Scratch(std::move(folder), -1));
  }
  PL_ASSIGN_OR_RETURN(const std::string base, OwnTemporaryFolder());
  RemoveDead(base);
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string folder = base + "/" + NewUuid();
    if (::mkdir(folder.c_str(), 0700) != 0) return ErrnoError(errno, "making", folder);
    const int lock = LockOf(folder, O_CREAT);
    struct stat info {};
    // Another process may have found it between the two and removed it.
    if (lock >= 0 && ::stat((folder + "/" + kLockName).c_str(), &info) == 0)
      return std::unique_ptr<Scratch>(new Scratch(std::move(folder), lock));
    if (lock >= 0) ::close(lock);
  }
  return Error(ErrorCode::kIo, "making a folder for large files in " + base);
}

Scratch::~Scratch() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
  ::close(lock_);
}

void Scratch::CleanLeftovers() const {
  if (lock_ >= 0) return;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    fs::remove(entry->path(), ignored);
  }
}

}  // namespace pixlake::lake
