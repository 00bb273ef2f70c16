#include "ingest/source/source.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/stop/stop_token.h"
#include "file/list/url_list.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/folder/folder_source_internal.h"
#include "ingest/source/item_stream_internal.h"
#include "ingest/source/url/url_source_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

// One thing to read: an argument, or one of the paths a pattern stands for.
struct Argument {
  std::string path;  // absolute
  bool is_folder = false;
  bool from_pattern = false;
  bool fetched = false;  // `path` is a URL, or a list of them
};

// The arguments' streams, one after the other.
class ArgumentSource : public Source {
 public:
  ArgumentSource(std::vector<Argument> arguments, const SourceOptions& options)
      : run_(options), arguments_(std::move(arguments)) {
    for (const Argument& argument : arguments_) {
      if (argument.is_folder) folders_.push_back(argument.path);
    }
    for (const Argument& argument : arguments_) {
      if (IsBelowAFolder(argument.path)) run_.separately.insert(argument.path);
    }
  }

  Result<bool> Next(int64_t max_bytes, int64_t max_items, std::vector<SourceItem>* items) override {
    int64_t bytes = 0;
    int64_t count = 0;
    while (count == 0 || (bytes < max_bytes && count < max_items)) {
      SourceItem& item = items->emplace_back();
      const Result<bool> found = NextItem(&item);
      if (!found.ok() || !*found) {
        items->pop_back();
        Report();
        PL_RETURN_NOT_OK(found.status());
        return false;
      }
      ++count;
      if (item.problem.ok()) bytes += std::max<int64_t>(item.size, 0);
      if (run_.listed >= reported_ + kReportEvery) Report();
    }
    Report();
    return true;
  }

  std::vector<std::string> complete_roots() const override {
    std::vector<std::string> roots;
    if (!run_.filter.takes_all()) return roots;
    for (const Argument& argument : arguments_) {
      if (!argument.is_folder || IsIncomplete(argument.path)) continue;
      roots.push_back(FileUri(argument.path));
      if (!roots.back().ends_with('/')) roots.back() += '/';
    }
    return roots;
  }

  int64_t skipped() const override { return run_.skipped; }
  std::vector<std::string> notes() const override {
    std::vector<std::string> notes = run_.notes;
    if (run_.noted > SourceRun::kMostNotes)
      notes.push_back(fmt::format("and {} more like these", run_.noted - SourceRun::kMostNotes));
    return notes;
  }

 private:
  static constexpr int64_t kReportEvery = 1024;

  // Whether walking another argument would meet this one.
  bool IsBelowAFolder(const std::string& path) const {
    return std::any_of(folders_.begin(), folders_.end(),
                       [&](const std::string& folder) { return IsBelow(path, folder); });
  }

  // What was named separately below a folder counts for the folder, too.
  bool IsIncomplete(const std::string& folder) const {
    return std::any_of(incomplete_.begin(), incomplete_.end(),
                       [&](const std::string& path) { return path == folder || IsBelow(path, folder); });
  }

  static bool IsBelow(const std::string& path, const std::string& folder) {
    return path.size() > folder.size() && path.starts_with(folder) &&
           (folder.ends_with('/') || path[folder.size()] == '/');
  }

  Result<bool> NextItem(SourceItem* item) {
    while (true) {
      PL_RETURN_NOT_OK(CheckStopped());
      if (stream_ == nullptr) {
        if (current_ == arguments_.size()) return false;
        const Argument& argument = arguments_[current_];
        if (argument.fetched) {
          PL_ASSIGN_OR_RETURN(stream_, OpenUrls(argument.path, &run_));
        } else {
          stream_ = argument.is_folder ? WalkFolder(argument.path, &run_)
                                       : SingleFile(argument.path, argument.from_pattern, &run_);
        }
      }
      PL_ASSIGN_OR_RETURN(const bool found, stream_->Next(item));
      if (found) return true;
      if (!stream_->complete()) incomplete_.insert(arguments_[current_].path);
      stream_.reset();
      ++current_;
    }
  }

  void Report() {
    if (run_.options.on_listed && run_.listed != reported_) run_.options.on_listed(run_.listed);
    reported_ = run_.listed;
  }

  SourceRun run_;
  const std::vector<Argument> arguments_;
  std::vector<std::string> folders_;
  std::set<std::string> incomplete_;
  std::unique_ptr<ItemStream> stream_;
  size_t current_ = 0;
  int64_t reported_ = 0;
};

// Opening tells whether it can be read; O_NONBLOCK because it may be a FIFO by now.
Status CheckReadable(const std::string& path, mode_t mode) {
  if (!S_ISREG(mode) && !S_ISDIR(mode))
    return Error(ErrorCode::kUnsupported, "'" + path + "' " + NotAFile(mode));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "opening", path);
  ::close(fd);
  return Status::OK();
}

// A mistyped column or bucket is told before anything is made.
Status ResolveUrls(const std::string& text, const SourceOptions& options, std::vector<Argument>* arguments) {
  SourceRun run(options);
  PL_RETURN_NOT_OK(OpenUrls(text, &run).status());
  arguments->push_back({text, false, false, true});
  return Status::OK();
}

Status Resolve(const std::string& text, const SourceOptions& options, std::vector<Argument>* arguments) {
  const bool list = !options.url_column.empty() && file::IsUrlListName(text);
  if (list || IsFetched(text)) return ResolveUrls(text, options, arguments);
  PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(text));
  struct stat status {};
  if (::stat(place.path.c_str(), &status) == 0) {
    PL_RETURN_NOT_OK(CheckReadable(place.path, status.st_mode));
    arguments->push_back({place.path, S_ISDIR(status.st_mode), false, false});
    return Status::OK();
  }
  const int error = errno;
  if (error != ENOENT || !HasGlob(place.path)) return ErrnoError(error, "looking for", place.path);
  PL_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ExpandGlob(place.path));
  for (const std::string& path : paths) {
    const bool is_folder = ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    arguments->push_back({path, is_folder, true, false});
  }
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Source>> OpenSources(const std::vector<std::string>& arguments,
                                            const SourceOptions& options) {
  std::vector<Argument> resolved;
  for (const std::string& text : arguments) PL_RETURN_NOT_OK(Resolve(text, options, &resolved));
  // Each place once, where it was first named.
  std::set<std::string> seen;
  std::erase_if(resolved, [&](const Argument& argument) { return !seen.insert(argument.path).second; });
  return std::make_unique<ArgumentSource>(std::move(resolved), options);
}

}  // namespace pixlake::ingest
