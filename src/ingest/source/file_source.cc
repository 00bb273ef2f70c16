#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/source/archive/archive_source_internal.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/folder/folder_source_internal.h"
#include "ingest/source/idx_source_internal.h"

namespace pixlake::ingest {
namespace {

class FileStream : public ItemStream {
 public:
  FileStream(std::string path, bool by_name, SourceRun* run)
      : run_(run), path_(std::move(path)), by_name_(by_name) {}

  Result<bool> Next(SourceItem* item) override {
    if (!started_) {
      started_ = true;
      PL_RETURN_NOT_OK(Start(item));
      if (inner_ == nullptr) return true;
    }
    return inner_ == nullptr ? false : inner_->Next(item);
  }

  bool complete() const override { return inner_ == nullptr || inner_->complete(); }

 private:
  // Fills `item` unless the file is a container.
  Status Start(SourceItem* item) {
    item->uri = FileUri(path_);
    item->filename = LastComponent(path_);
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) {
      item->problem = ErrnoError(errno, "looking at", item->uri);
    } else if (!S_ISREG(status.st_mode)) {
      item->problem = Error(ErrorCode::kUnsupported, item->uri + " " + NotAFile(status.st_mode));
    } else {
      PL_RETURN_NOT_OK(LookInto(*item));
      if (inner_ != nullptr) {
        *item = {};
        return Status::OK();
      }
      SetStatus(status, item);
      run_->NotePacked(*item);
      item->path = path_;
    }
    ++run_->listed;
    if (run_->options.label_from_folder) item->label = FolderLabel(path_);
    return Status::OK();
  }

  Status LookInto(const SourceItem& item) {
    if (MayBeIdx(item.filename)) {
      const std::string folder = path_.substr(0, path_.size() - item.filename.size());
      const auto is_there = [&](const std::string& name) {
        return ::access((folder + name).c_str(), F_OK) == 0;
      };
      PL_ASSIGN_OR_RETURN(inner_, OpenIdxPair(folder, item.filename, is_there, run_));
      if (inner_ != nullptr) return Status::OK();
    }
    if (by_name_ && !IsCalledArchive(item.filename)) return Status::OK();
    // What cannot be opened stays a file: who reads it will tell why.
    const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return Status::OK();
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(fd);
      return Status::OK();
    }
    auto opened = OpenArchive({item.uri, item.filename, "", status, fd}, run_);
    if (!opened.ok())
      return CodeOf(opened.status()) == ErrorCode::kCancelled ? opened.status() : Status::OK();
    inner_ = std::move(*opened);
    return Status::OK();
  }

  SourceRun* const run_;
  const std::string path_;
  const bool by_name_;
  std::unique_ptr<ItemStream> inner_;  // of a container
  bool started_ = false;
};

}  // namespace

std::unique_ptr<ItemStream> SingleFile(std::string path, bool by_name, SourceRun* run) {
  return std::make_unique<FileStream>(std::move(path), by_name, run);
}

}  // namespace pixlake::ingest
