#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stop/stop_token.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/folder/folder_walk_internal.h"

namespace pixlake::ingest {
namespace {

// Root included. Far under the usual limit of 1,024 a process.
constexpr size_t kMaxOpenFolders = 64;
constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;

uint64_t BigEndianPrefix(const char* text) {
  uint64_t key = 0;
  for (int i = 0; i < 8; ++i) {
    key <<= 8;
    if (*text != '\0') key |= static_cast<unsigned char>(*text++);
  }
  return key;
}

}  // namespace

FolderWalk::FolderWalk(std::string root, SourceRun* run) : run_(run), root_(std::move(root)) {}

FolderWalk::~FolderWalk() {
  for (const Folder& folder : folders_) {
    if (folder.fd >= 0) ::close(folder.fd);
  }
}

Result<FolderWalk::Event> FolderWalk::Next() {
  if (!started_) {
    started_ = true;
    const bool ends_in_slash = root_.ends_with('/');
    root_bytes_ = root_.size() + (ends_in_slash ? 0 : 1);
    PL_RETURN_NOT_OK(Open(AT_FDCWD, root_, true));
  }
  while (true) {
    if (problem_pending_) {
      problem_pending_ = false;
      return Event::kProblem;
    }
    if (folders_.empty()) return Event::kEnd;
    if ((++steps_ & 255) == 0) PL_RETURN_NOT_OK(CheckStopped());
    Folder& folder = folders_.back();
    if (folder.next == folder.sorted.size()) {
      Leave();
      continue;
    }
    const Name& entry = folder.sorted[folder.next++];
    name_ = folder.names.data() + entry.at;
    type_ = entry.type;
    if (type_ == DT_LNK && !run_->options.follow_symlinks) {
      ++run_->skipped;
      continue;
    }
    if (type_ != DT_DIR) return Event::kEntry;
    PL_RETURN_NOT_OK(Enter(false));
  }
}

std::string FolderWalk::Relative(std::string_view sibling) const {
  return path_.substr(root_bytes_) + std::string(sibling);
}

Status FolderWalk::Enter(bool through_link) {
  if (!run_->separately.empty() && run_->separately.contains(Path())) return Status::OK();
  if (!run_->filter.EntersFolder(Relative())) {
    ++run_->skipped;
    return Status::OK();
  }
  return Open(folders_.back().fd, std::string(name_), through_link);
}

bool FolderWalk::HasSibling(std::string_view name) const {
  const Folder& folder = folders_.back();
  const auto place = std::lower_bound(
      folder.sorted.begin(), folder.sorted.end(), name,
      [&](const Name& entry, std::string_view wanted) { return folder.names.data() + entry.at < wanted; });
  return place != folder.sorted.end() && folder.names.data() + place->at == name;
}

Status FolderWalk::Open(int parent, const std::string& name, bool through_link) {
  Folder folder;
  folder.path_bytes = path_.size();
  folder.uri_bytes = uri_.size();
  folder.through_link = through_link;
  folder.fd = ::openat(parent, name.c_str(), kOpenFolder | (through_link ? 0 : O_NOFOLLOW));
  const int open_error = errno;
  if (folders_.empty()) uri_ = "file://";
  path_ += name;
  AppendEncoded(name, &uri_);
  if (!path_.ends_with('/')) {
    path_ += '/';
    uri_ += '/';
  }
  struct stat status {};
  Status problem;
  if (folder.fd < 0) {
    problem = ErrnoError(open_error, "opening the folder", uri_);
  } else if (::fstat(folder.fd, &status) != 0) {
    problem = ErrnoError(errno, "looking at the folder", uri_);
  } else if (through_link && IsAncestor(status.st_dev, status.st_ino)) {
    ++run_->skipped;  // all that is in there is listed by another name already
  } else {
    folder.device = status.st_dev;
    folder.inode = status.st_ino;
    folders_.push_back(std::move(folder));
    if (folders_.size() > kMaxOpenFolders) {
      Folder& old = folders_[folders_.size() - kMaxOpenFolders];
      if (old.fd >= 0) ::close(std::exchange(old.fd, -1));
    }
    return ReadNames(&folders_.back());
  }
  if (folder.fd >= 0) ::close(folder.fd);
  if (!problem.ok()) {
    problem_ = std::move(problem);
    problem_uri_ = uri_;
    problem_pending_ = true;
  }
  path_.resize(folder.path_bytes);
  uri_.resize(folder.uri_bytes);
  return Status::OK();
}

bool FolderWalk::IsAncestor(dev_t device, ino_t inode) const {
  return std::any_of(folders_.begin(), folders_.end(),
                     [&](const Folder& folder) { return folder.device == device && folder.inode == inode; });
}

Status FolderWalk::ReadNames(Folder* folder) {
  // fdopendir owns its descriptor; ours stays for looking up names.
  const int copy = ::openat(folder->fd, ".", kOpenFolder);
  DIR* const stream = copy < 0 ? nullptr : ::fdopendir(copy);
  int error = stream == nullptr ? errno : 0;
  if (stream == nullptr && copy >= 0) ::close(copy);
  Status interrupted;
  while (stream != nullptr) {
    errno = 0;
    const dirent* const entry = ::readdir(stream);
    if (entry == nullptr) {
      error = errno;
      break;
    }
    const char* const name = entry->d_name;
    if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'))) continue;
    if (!run_->filter.TakesName(name)) {
      ++run_->skipped;
      continue;
    }
    folder->sorted.push_back({0, folder->names.size(), entry->d_type});
    folder->names.append(name, std::strlen(name) + 1);
    if ((folder->sorted.size() & 4095) == 0) {
      interrupted = CheckStopped();
      if (!interrupted.ok()) break;
    }
  }
  if (stream != nullptr) ::closedir(stream);
  if (error != 0) {
    problem_ = ErrnoError(error, "listing the folder", uri_);
    problem_uri_ = uri_;
    problem_pending_ = true;
  }
  Sort(folder);
  return interrupted;
}

// Names of one folder often differ late ("img_000123.jpg"), so the eight bytes after what
// all have in common decide most comparisons without touching the names.
void FolderWalk::Sort(Folder* folder) {
  std::vector<Name>& sorted = folder->sorted;
  if (sorted.empty()) return;
  const char* const names = folder->names.data();
  const char* const first = names + sorted.front().at;
  size_t shared = std::strlen(first);
  for (const Name& name : sorted) {
    const char* const text = names + name.at;
    size_t same = 0;
    while (same < shared && text[same] == first[same]) ++same;
    shared = same;
  }
  for (Name& name : sorted) name.key = BigEndianPrefix(names + name.at + shared);
  std::sort(sorted.begin(), sorted.end(), [&](const Name& a, const Name& b) {
    if (a.key != b.key) return a.key < b.key;
    return std::strcmp(names + a.at + shared, names + b.at + shared) < 0;
  });
}

void FolderWalk::Leave() {
  const Folder child = std::move(folders_.back());
  folders_.pop_back();
  if (!folders_.empty() && folders_.back().fd < 0) {
    Folder& parent = folders_.back();
    parent.fd = ReopenParent(child);
    if (parent.fd < 0) parent.fd = ReopenFromRoot(folders_.size() - 1);
  }
  path_.resize(child.path_bytes);
  uri_.resize(child.uri_bytes);
  if (child.fd >= 0) ::close(child.fd);
  if (folders_.empty() || folders_.back().fd >= 0) return;
  Folder& parent = folders_.back();
  if (parent.next < parent.sorted.size()) {
    problem_ =
        Error(ErrorCode::kIo, fmt::format("coming back to the folder {}: it was moved meanwhile; {} of its "
                                          "entries were not looked at; run it again",
                                          uri_, parent.sorted.size() - parent.next));
    problem_uri_ = uri_;
    problem_pending_ = true;
    parent.next = parent.sorted.size();
  }
}

// The descriptor of the last of `folders_`, from its child's; -1 when that is no longer
// below it, or was reached through a link.
int FolderWalk::ReopenParent(const Folder& child) {
  const Folder& parent = folders_.back();
  const int fd = ::openat(child.fd, "..", kOpenFolder);
  struct stat status {};
  if (fd >= 0 && ::fstat(fd, &status) == 0 && status.st_dev == parent.device &&
      status.st_ino == parent.inode) {
    return fd;
  }
  if (fd >= 0) ::close(fd);
  return -1;
}

// The same by name, one component after the other.
int FolderWalk::ReopenFromRoot(size_t depth) {
  int fd = ::openat(AT_FDCWD, root_.c_str(), kOpenFolder);
  for (size_t i = 1; i <= depth && fd >= 0; ++i) {
    const size_t begin = folders_[i].path_bytes;
    const std::string name = path_.substr(begin, path_.find('/', begin) - begin);
    const int below = ::openat(fd, name.c_str(), kOpenFolder | (folders_[i].through_link ? 0 : O_NOFOLLOW));
    ::close(fd);
    fd = below;
  }
  struct stat status {};
  if (fd >= 0 && ::fstat(fd, &status) == 0 && status.st_dev == folders_[depth].device &&
      status.st_ino == folders_[depth].inode) {
    return fd;
  }
  if (fd >= 0) ::close(fd);
  return -1;
}

}  // namespace pixlake::ingest
