#include <cerrno>
#include <climits>
#include <utility>

#include <arrow/buffer.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/source/archive/archive_source_internal.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/folder/folder_source_internal.h"
#include "ingest/source/folder/folder_walk_internal.h"
#include "ingest/source/idx_source_internal.h"

namespace pixlake::ingest {
namespace {

// A file whose path no open() takes is read here, relative to its folder.
Status ReadRelative(int folder_fd, const char* name, const SourceRun& run, SourceItem* item) {
  if (item->size > run.options.max_buffered_bytes) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("{}: the path has more than {} bytes and the file more than {}; move it up some folders",
                    item->uri, PATH_MAX - 1, run.options.max_buffered_bytes));
  }
  const int fd = ::openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "opening", item->uri);
  auto buffer = arrow::AllocateBuffer(item->size);
  int64_t have = 0;
  int error = 0;
  while (buffer.ok() && have < item->size) {
    const ssize_t got = ::read(fd, (*buffer)->mutable_data() + have, static_cast<size_t>(item->size - have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    have += got;
  }
  ::close(fd);
  PL_RETURN_NOT_OK(buffer.status());
  if (error != 0) return ErrnoError(error, "reading", item->uri);
  if (have < item->size) {
    return Error(ErrorCode::kIo,
                 fmt::format("{}: ends after {} bytes, expected {}; it was changed while being read",
                             item->uri, have, item->size));
  }
  item->bytes = std::move(*buffer);
  return Status::OK();
}

class FolderStream : public ItemStream {
 public:
  FolderStream(std::string root, SourceRun* run) : run_(run), walk_(std::move(root), run) {}

  Result<bool> Next(SourceItem* item) override {
    while (true) {
      if (inner_ != nullptr) {
        PL_ASSIGN_OR_RETURN(const bool found, inner_->Next(item));
        if (found) return true;
        complete_ &= inner_->complete();
        inner_.reset();
      }
      PL_ASSIGN_OR_RETURN(const FolderWalk::Event event, walk_.Next());
      if (event == FolderWalk::Event::kEnd) return false;
      if (event == FolderWalk::Event::kProblem) {
        complete_ = false;
        item->uri = walk_.problem_uri();
        item->filename = LastComponent(std::string_view(walk_.folder()).substr(0, walk_.folder().size() - 1));
        item->problem = walk_.problem();
        return true;
      }
      PL_ASSIGN_OR_RETURN(const bool found, Entry(item));
      if (found) return true;
    }
  }

  bool complete() const override { return complete_; }

 private:
  // Makes an item of the walk's current entry; false when it gives none (now).
  Result<bool> Entry(SourceItem* item) {
    if (!run_->separately.empty() && run_->separately.contains(walk_.Path())) return false;
    const bool linked = walk_.type() == DT_LNK;
    const bool archive = IsCalledArchive(walk_.name());
    const bool maybe_folder = linked || walk_.type() == DT_UNKNOWN;
    if (!maybe_folder && !Takes(archive)) return false;
    struct stat status {};
    const char* const name = walk_.name().data();
    bool through_link = linked;
    int failed =
        ::fstatat(walk_.folder_fd(), name, &status, linked ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
    if (failed == 0 && !linked && S_ISLNK(status.st_mode)) {
      if (!run_->options.follow_symlinks) {
        ++run_->skipped;
        return false;
      }
      through_link = true;
      failed = ::fstatat(walk_.folder_fd(), name, &status, 0) == 0 ? 0 : errno;
    }
    if (failed == 0 && S_ISDIR(status.st_mode)) {
      PL_RETURN_NOT_OK(walk_.Enter(through_link));
      return false;
    }
    if (maybe_folder && !Takes(archive)) return false;
    Describe(item);
    if (failed != 0) {
      item->problem = failed == ENOENT && through_link
                          ? Error(ErrorCode::kNotFound, item->uri + " is a symbolic link to nothing")
                          : ErrnoError(failed, "looking at", item->uri);
    } else if (!S_ISREG(status.st_mode)) {
      item->problem = Error(ErrorCode::kUnsupported, item->uri + " " + NotAFile(status.st_mode));
    } else {
      return File(archive, status, item);
    }
    ++run_->listed;
    return true;
  }

  Result<bool> File(bool archive, const struct stat& status, SourceItem* item) {
    const char* const name = walk_.name().data();
    const bool is_idx = MayBeIdx(walk_.name());
    if (archive || is_idx) {
      if (is_idx) {
        PL_RETURN_NOT_OK(OpenIdx());
      } else {
        PL_RETURN_NOT_OK(OpenFound(status, *item));
      }
      if (inner_ != nullptr || (archive && !Takes(false))) {
        *item = {};
        return false;
      }
    }
    ++run_->listed;
    SetStatus(status, item);
    run_->NotePacked(*item);
    item->path.reserve(walk_.folder().size() + walk_.name().size());
    item->path.append(walk_.folder()).append(walk_.name());
    if (item->path.size() >= PATH_MAX) {
      item->path.clear();
      item->problem = ReadRelative(walk_.folder_fd(), name, *run_, item);
    }
    return true;
  }

  // What cannot be opened stays a file: who reads it will tell why.
  Status OpenFound(const struct stat& status, const SourceItem& item) {
    const int fd = ::openat(walk_.folder_fd(), walk_.name().data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return Status::OK();
    auto opened = OpenFoundArchive({item.uri, item.filename, walk_.Relative(), status, fd}, run_);
    if (!opened.ok())
      return CodeOf(opened.status()) == ErrorCode::kCancelled ? opened.status() : Status::OK();
    inner_ = std::move(*opened);
    return Status::OK();
  }

  Status OpenIdx() {
    const auto taken = [&](const std::string& name) {
      return walk_.HasSibling(name) && run_->filter.TakesFile(walk_.Relative(name));
    };
    PL_ASSIGN_OR_RETURN(inner_, OpenIdxPair(walk_.folder(), walk_.name(), taken, run_));
    return Status::OK();
  }

  // An archive is looked into unless it is excluded itself: its members may be asked for.
  bool Takes(bool archive) {
    if (run_->filter.takes_all()) return true;
    const std::string relative = walk_.Relative();
    if (!run_->filter.Excludes(relative) && (archive || run_->filter.Includes(relative))) return true;
    ++run_->skipped;
    return false;
  }

  void Describe(SourceItem* item) const {
    item->filename = walk_.name();
    item->uri.reserve(walk_.folder_uri().size() + item->filename.size());
    item->uri.append(walk_.folder_uri());
    AppendEncoded(walk_.name(), &item->uri);
    if (run_->options.label_from_folder) item->label = FolderLabel(walk_.folder());
  }

  SourceRun* const run_;
  FolderWalk walk_;
  std::unique_ptr<ItemStream> inner_;  // of a container met on the way
  bool complete_ = true;
};

}  // namespace

std::unique_ptr<ItemStream> WalkFolder(std::string root, SourceRun* run) {
  return std::make_unique<FolderStream>(std::move(root), run);
}

}  // namespace pixlake::ingest
