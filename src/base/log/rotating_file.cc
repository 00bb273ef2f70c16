#include "base/log/rotating_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/write_fully.h"

namespace pixlake {
namespace {

namespace fs = std::filesystem;

// "20261127T233000123Z" of "20261127233000123".
std::string EndedName(const std::string& path, int64_t millis) {
  std::string instant = FormatInstant(millis);
  instant.insert(8, "T");
  return fmt::format("{}.{}Z", path, instant);
}

bool IsEndedName(const std::string& name, const std::string& current) {
  // The name, a dot, 8 digits, T, 9 digits, Z; a number behind it when two ended in one millisecond.
  const size_t begin = current.size() + 1;
  if (name.size() < begin + 19 || !name.starts_with(current + ".")) return false;
  for (size_t i = 0; i < 19; ++i) {
    const char c = name[begin + i];
    if (i == 8 ? c != 'T' : i == 18 ? c != 'Z' : (c < '0' || c > '9')) return false;
  }
  return true;
}

int64_t MillisOf(const timespec& time) {
  return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

RotatingFile::~RotatingFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status RotatingFile::Open() {
  std::error_code ignored;
  fs::create_directories(fs::path(path_).parent_path(), ignored);
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  return descriptor_ >= 0 ? Status::OK() : ErrnoError(errno, "opening the log", path_);
}

bool RotatingFile::WasEnded() const {
  struct stat open {
  }, named{};
  if (::fstat(descriptor_, &open) != 0 || ::stat(path_.c_str(), &named) != 0) return true;
  return open.st_ino != named.st_ino || open.st_dev != named.st_dev;
}

bool RotatingFile::IsDue(size_t more, int64_t now_ms) const {
  struct stat open {};
  if (::fstat(descriptor_, &open) != 0 || open.st_size == 0) return false;
  if (policy_.size_bytes > 0 && open.st_size + static_cast<int64_t>(more) > policy_.size_bytes) return true;
  return policy_.every_ms > 0 && MillisOf(open.st_mtim) / policy_.every_ms < now_ms / policy_.every_ms;
}

Status RotatingFile::Append(std::string_view line, int64_t now_ms) {
  if (descriptor_ >= 0 && WasEnded()) {
    ::close(descriptor_);
    descriptor_ = -1;
  }
  if (descriptor_ < 0) PL_RETURN_NOT_OK(Open());
  if (IsDue(line.size(), now_ms)) PL_RETURN_NOT_OK(End(now_ms));
  return WriteFully(descriptor_, line.data(), line.size(), path_);
}

Status RotatingFile::End(int64_t now_ms) {
  if (::flock(descriptor_, LOCK_EX) != 0) return ErrnoError(errno, "locking the log", path_);
  // Another process may have been first, while we waited.
  if (!WasEnded()) {
    const std::string name = EndedName(path_, now_ms);
    std::string free = name;
    for (int i = 2; ::access(free.c_str(), F_OK) == 0; ++i) free = fmt::format("{}.{}", name, i);
    if (::rename(path_.c_str(), free.c_str()) != 0) {
      const Status failed = ErrnoError(errno, "ending the log", path_);
      ::flock(descriptor_, LOCK_UN);
      return failed;
    }
    DeleteOld(now_ms);
  }
  ::close(descriptor_);  // and its lock
  descriptor_ = -1;
  return Open();
}

// What cannot be deleted stays: the log is no reason to stop.
void RotatingFile::DeleteOld(int64_t now_ms) const {
  const std::string current = fs::path(path_).filename().string();
  const fs::path folder = fs::path(path_).parent_path();
  std::vector<std::string> ended;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (IsEndedName(name, current)) ended.push_back(std::move(name));
  }
  std::sort(ended.rbegin(), ended.rend());  // the newest first: names are times
  const std::string oldest =
      policy_.keep_ms > 0 ? EndedName(current, std::max<int64_t>(0, now_ms - policy_.keep_ms)) : "";
  for (size_t i = 0; i < ended.size(); ++i) {
    const bool many = policy_.keep > 0 && i >= static_cast<size_t>(policy_.keep);
    if (many || ended[i] < oldest) fs::remove(folder / ended[i], error);
  }
}

}  // namespace pixlake
