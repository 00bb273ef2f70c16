#include <algorithm>
#include <deque>
#include <utility>

#include <arrow/buffer.h>
#include <fmt/format.h>
#include <unistd.h>

#include "ingest/source/archive_reader_internal.h"
#include "ingest/source/archive_source_internal.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/member_content_internal.h"
#include "ingest/source/name_set_internal.h"
#include "ingest/source/sample_group_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

// Under this an archive may hold whatever it likes, relative to its size.
constexpr int64_t kFreeExpansionBytes = int64_t{1} << 30;
// Each time costs reading the zip file's directory again.
constexpr int kMaxReopened = 100;

int64_t ExpansionLimit(int64_t archive_bytes, const SourceOptions& options) {
  int64_t limit = 0;
  if (__builtin_mul_overflow(std::max<int64_t>(archive_bytes, 1), options.max_expansion, &limit))
    return INT64_MAX;
  return std::max(limit, kFreeExpansionBytes);
}

class ArchiveStream : public ItemStream {
 public:
  ArchiveStream(ArchivePlace place, ArchiveBytes bytes, SourceRun* run)
      : run_(run),
        place_(std::move(place)),
        etag_(FileEtag(place_.status)),
        takes_whole_(run->filter.Includes(place_.relative)),
        max_total_(ExpansionLimit(place_.status.st_size, run->options)),
        tar_(bytes.format == ArchiveFormat::kTar),
        lacks_directory_(bytes.lacks_directory),
        bytes_(std::move(bytes)),
        group_(run->options.max_buffered_bytes) {}

  ~ArchiveStream() override {
    if (place_.fd >= 0) ::close(place_.fd);
    for (const SourceItem& item : ready_) {
      if (item.temporary) ::unlink(item.path.c_str());
    }
  }

  Result<bool> Next(SourceItem* item) override {
    while (ready_.empty()) {
      if (done_) return false;
      PL_RETURN_NOT_OK(Step());
    }
    *item = std::move(ready_.front());
    ready_.pop_front();
    return true;
  }

  bool complete() const override { return complete_; }

  bool IsKnown() const {
    return run_->options.known && run_->options.known(place_.uri, etag_ + run_->filter.fingerprint());
  }

 private:
  // Reads one member, or what stands at the end.
  Status Step() {
    if (reader_ == nullptr) {
      auto opened = ArchiveReader::Open(std::move(bytes_), max_total_);
      if (!opened.ok()) return Fail(opened.status());
      reader_ = std::move(*opened);
    }
    auto next = reader_->Next();
    if (!next.ok()) return Fail(next.status());
    if (!next->has_value()) return End();
    Member& member = **next;
    ++members_;
    // No name, or one that says it is UTF-8 and is not, which libarchive keeps to itself.
    if (member.name.empty() && !member.is_folder) member.name = fmt::format("unnamed-{}", members_);
    last_name_ = member.name;
    last_size_ = member.size;
    last_read_ = 0;
    if (member.is_folder) return Status::OK();
    if (!Takes(member.name)) {
      ++run_->skipped;
      return Status::OK();
    }
    ++run_->listed;
    SourceItem item = Describe(member);
    if (!member.not_a_file.empty()) {
      item.problem = Error(ErrorCode::kUnsupported, item.uri + " " + member.not_a_file);
    } else if (member.encrypted) {
      item.problem = Error(ErrorCode::kUnsupported, item.uri + " is encrypted; unpack the archive yourself");
    } else if (member.size > run_->options.max_member_bytes) {
      item.problem = TooLarge(item.uri, member.size);
    } else {
      Status failure;
      PL_RETURN_NOT_OK(ReadContent(member, &item, &failure));
      if (!failure.ok()) {
        PL_ASSIGN_OR_RETURN(const bool goes_on, GoOnBehind(failure));
        if (!goes_on) return Fail(failure);
        item.problem = WithContext(failure, item.uri);
      }
    }
    if (tar_) {
      group_.Add(member.name, std::move(item), &ready_);
    } else {
      ready_.push_back(std::move(item));
    }
    return Status::OK();
  }

  // libarchive gives up a whole zip file for one damaged member, though the others are
  // found through the directory: opens it again and passes over what was read. True when
  // the next member can be read.
  Result<bool> GoOnBehind(const Status& failure) {
    if (tar_ || lacks_directory_ || place_.fd < 0 || CodeOf(failure) != ErrorCode::kCorrupt ||
        ++times_reopened_ > kMaxReopened) {
      return false;
    }
    const Status reopened = ReopenBehind(members_);
    if (!reopened.ok() && CodeOf(reopened) == ErrorCode::kCancelled) return reopened;
    return reopened.ok();
  }

  Status ReopenBehind(int64_t members) {
    PL_ASSIGN_OR_RETURN(ArchiveBytes bytes, DetectArchive(FileBytes(place_.fd, place_.status.st_size)));
    if (bytes.format != ArchiveFormat::kZip) return Error(ErrorCode::kIo, "it is no zip file any more");
    PL_ASSIGN_OR_RETURN(auto reader, ArchiveReader::Open(std::move(bytes), max_total_));
    for (int64_t i = 0; i < members; ++i) {
      PL_ASSIGN_OR_RETURN(const auto member, reader->Next());
      if (!member.has_value()) return Error(ErrorCode::kIo, "it has fewer members than before");
    }
    reader_ = std::move(reader);
    return Status::OK();
  }

  bool Takes(std::string_view name) const {
    const PathFilter& filter = run_->filter;
    if (!filter.TakesComponents(name)) return false;
    if (filter.takes_all()) return true;
    std::string relative = place_.relative;
    if (!relative.empty()) relative += '/';
    relative += name;
    return (takes_whole_ || filter.Includes(relative)) && !filter.Excludes(relative);
  }

  SourceItem Describe(const Member& member) {
    SourceItem item;
    item.uri = place_.uri + "#";
    std::string fragment;
    AppendEncoded(member.name, &fragment);
    item.uri += names_.Unique(std::move(fragment));
    item.filename = LastComponent(member.name);
    item.size = member.size;
    item.mtime_ns = member.mtime_ns;
    item.etag = etag_;
    if (run_->options.label_from_folder) item.label = FolderLabel(member.name);
    return item;
  }

  // `failure`: the archive's; what is returned is ours.
  Status ReadContent(const Member& member, SourceItem* item, Status* failure) {
    if (member.size > max_total_ - total_) {
      *failure = TooMuch();
      return Status::OK();
    }
    MemberContent content(member.size, run_->options);
    while (true) {
      Status damage;
      auto read = reader_->Read(&damage);
      if (!read.ok()) {
        *failure = read.status();
        return Status::OK();
      }
      if (!damage.ok()) {
        item->problem = WithContext(damage, item->uri);
        return Status::OK();
      }
      if (!read->has_value()) break;
      const auto& [offset, bytes] = **read;
      int64_t end = 0;
      if (offset < content.size() ||
          __builtin_add_overflow(offset, static_cast<int64_t>(bytes.size()), &end)) {
        item->problem =
            Error(ErrorCode::kCorrupt, item->uri + ": its pieces overlap; expected them in order");
        return Status::OK();
      }
      if (end > run_->options.max_member_bytes) {
        item->problem = TooLarge(item->uri, end);
        return Status::OK();
      }
      total_ += end - content.size();
      if (total_ > max_total_) {
        *failure = TooMuch();
        return Status::OK();
      }
      PL_RETURN_NOT_OK(content.Add(offset, bytes));
      last_read_ = content.size();
    }
    // A sparse file may end in a hole, of which no piece tells.
    if (tar_ && content.size() < member.size) {
      total_ += member.size - content.size();
      PL_RETURN_NOT_OK(content.Extend(member.size));
    }
    if (member.size >= 0 && content.size() != member.size) {
      item->problem =
          Error(ErrorCode::kCorrupt, fmt::format("{}: has {} bytes, expected {} as the archive says",
                                                 item->uri, content.size(), member.size));
      return Status::OK();
    }
    return content.Finish(item);
  }

  Status TooMuch() const {
    return Error(
        ErrorCode::kOverBudget,
        fmt::format("its members have more than {} bytes, which is suspicious of a file of {}; raise the "
                    "limit if it is meant so",
                    max_total_, place_.status.st_size));
  }

  static Status TooLarge(const std::string& uri, int64_t size) {
    return Error(ErrorCode::kOverBudget,
                 fmt::format("{}: has {} bytes or more, over the limit of one member", uri, size));
  }

  // Nothing more can be read: one problem for the archive. Interrupts end everything.
  Status Fail(const Status& status) {
    if (CodeOf(status) == ErrorCode::kCancelled) return status;
    std::string where =
        members_ == 0 ? "before its first member"
                      : fmt::format("after member {} ({})", members_, io::PercentEncodePath(last_name_));
    if (last_size_ > last_read_ && last_read_ > 0) {
      where = fmt::format("in member {} ({}), of which {} of {} bytes were found", members_,
                          io::PercentEncodePath(last_name_), last_read_, last_size_);
    }
    Close(WithContext(status, fmt::format("{}: reading the archive stopped {}", place_.uri, where)));
    return Status::OK();
  }

  Status End() {
    struct stat now {};
    if (lacks_directory_) {
      Close(Error(
          ErrorCode::kCorrupt,
          fmt::format("{}: the archive is cut short: {} members were found, but not the central directory "
                      "that was expected at its end",
                      place_.uri, members_)));
    } else if (!reader_->ended_properly()) {
      Close(Error(
          ErrorCode::kCorrupt,
          fmt::format("{}: the archive is cut short after member {} ({}): expected another member or the end "
                      "marker of zeros",
                      place_.uri, members_, io::PercentEncodePath(last_name_))));
    } else if (place_.fd >= 0 && ::fstat(place_.fd, &now) == 0 && FileEtag(now) != etag_) {
      Close(
          Error(ErrorCode::kIo, place_.uri + ": the archive was written to while it was read; run it again"));
    } else {
      Close(Status::OK());
    }
    return Status::OK();
  }

  // The archive's own item, behind all of its members.
  void Close(Status problem) {
    group_.Flush(&ready_);
    done_ = true;
    reader_.reset();
    SourceItem& item = ready_.emplace_back();
    item.uri = place_.uri;
    item.filename = place_.filename;
    SetStatus(place_.status, &item);
    item.etag += run_->filter.fingerprint();
    complete_ = problem.ok();
    if (problem.ok()) item.kind = SourceItem::Kind::kContainer;
    item.problem = std::move(problem);
  }

  SourceRun* const run_;
  const ArchivePlace place_;
  const std::string etag_;
  const bool takes_whole_;
  const int64_t max_total_;
  const bool tar_;
  const bool lacks_directory_;
  ArchiveBytes bytes_;  // until the reader has them
  std::unique_ptr<ArchiveReader> reader_;
  SampleGroup group_;
  NameSet names_;
  std::deque<SourceItem> ready_;
  int64_t members_ = 0;
  int times_reopened_ = 0;
  int64_t total_ = 0;
  std::string last_name_;
  int64_t last_size_ = -1, last_read_ = 0;
  bool done_ = false;
  bool complete_ = true;
};

}  // namespace

Result<std::unique_ptr<ItemStream>> OpenArchive(ArchivePlace place, std::unique_ptr<ByteStream> bytes,
                                                SourceRun* run) {
  auto found = DetectArchive(std::move(bytes));
  if (!found.ok() || found->format == ArchiveFormat::kNone) {
    if (place.fd >= 0) ::close(place.fd);
    PL_RETURN_NOT_OK(found.status());
    return nullptr;
  }
  auto stream = std::make_unique<ArchiveStream>(std::move(place), std::move(*found), run);
  if (stream->IsKnown()) return std::make_unique<NoItems>();
  return stream;
}

Result<std::unique_ptr<ItemStream>> OpenArchive(ArchivePlace place, SourceRun* run) {
  auto bytes = FileBytes(place.fd, place.status.st_size);
  return OpenArchive(std::move(place), std::move(bytes), run);
}

}  // namespace pixlake::ingest
