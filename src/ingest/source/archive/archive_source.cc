#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <arrow/buffer.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/uuid.h"
#include "ingest/source/archive/archive_links_internal.h"
#include "ingest/source/archive/archive_reader_internal.h"
#include "ingest/source/archive/archive_source_internal.h"
#include "ingest/source/archive/member_content_internal.h"
#include "ingest/source/file_item_internal.h"
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
    while (true) {
      while (ready_.empty()) {
        if (done_) return false;
        PL_RETURN_NOT_OK(ended_ ? StepLinks() : Step());
      }
      *item = std::move(ready_.front());
      ready_.pop_front();
      // A link goes on when its sample has labelled it and its target can be read.
      const auto link = link_of_.find(item->uri);
      if (link == link_of_.end() || !item->problem.ok() || item->size >= 0) return true;
      links_[link->second].item = std::move(*item);
      *item = {};
    }
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
    if (member.name.empty() && !member.is_folder) {
      member.name = fmt::format("unnamed-{}", members_);
      run_->Note(
          fmt::format("{}: member {} has no name that can be read (it says UTF-8 and is not?); it is "
                      "called {}",
                      place_.uri, members_, member.name));
    }
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
    if (!member.hard_link.empty() && tar_ && place_.fd >= 0) {
      item.size = -1;
      link_of_[item.uri] = members_;
      links_[members_].target = member.hard_link;
    } else if (!member.not_a_file.empty()) {
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
    if (IsCalledArchive(member.name) || IsCalledPacked(member.name)) {
      run_->Note(item.uri + " is packed itself and was kept as it is, not looked into");
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

  Result<std::unique_ptr<ArchiveReader>> OpenAgain() const {
    PL_ASSIGN_OR_RETURN(ArchiveBytes bytes, DetectArchive(FileBytes(place_.fd, place_.status.st_size)));
    if ((bytes.format == ArchiveFormat::kTar) != tar_ || bytes.format == ArchiveFormat::kNone)
      return Error(ErrorCode::kIo, "it is no such archive any more");
    return ArchiveReader::Open(std::move(bytes), max_total_);
  }

  Status ReopenBehind(int64_t members) {
    PL_ASSIGN_OR_RETURN(auto reader, OpenAgain());
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
    return Error(ErrorCode::kOverBudget,
                 fmt::format("its members have more than {} bytes, which is suspicious of a file of {}; "
                             "--max-expansion raises the limit if it is meant so",
                             max_total_, place_.status.st_size));
  }

  static Status TooLarge(const std::string& uri, int64_t size) {
    return Error(ErrorCode::kOverBudget,
                 fmt::format("{}: has {} bytes or more, over the limit of one member; --max-member raises it "
                             "if it is meant so",
                             uri, size));
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
      if (const std::string remark = reader_->remark(); !remark.empty())
        run_->Note(fmt::format("{}: {}", place_.uri, remark));
      Close(Status::OK());
    }
    return Status::OK();
  }

  void Close(Status problem) {
    group_.Flush(&ready_);
    ended_ = true;
    reader_.reset();
    end_ = std::move(problem);
    if (links_.empty()) Finish();
  }

  // The contents of hard links, in a second look at the archive, one target at a time.
  Status StepLinks() {
    if (!link_targets_) {
      std::map<int64_t, std::string> names;
      for (const auto& [number, link] : links_) names[number] = link.target;
      auto found = FindTargets(names);
      if (!found.ok()) return GiveUpLinks(found.status());
      link_targets_ = *std::move(found);
      auto opened = OpenAgain();
      if (!opened.ok()) return GiveUpLinks(opened.status());
      reader_ = *std::move(opened);
      at_member_ = 0;
    }
    if (link_targets_->empty()) return GiveUpLinks(Status::OK());
    std::optional<Member> member;
    while (at_member_ < link_targets_->begin()->first) {
      auto next = reader_->Next();
      if (!next.ok()) return GiveUpLinks(next.status());
      if (!next->has_value()) return GiveUpLinks(Error(ErrorCode::kIo, "it has fewer members than before"));
      member = *std::move(*next);
      ++at_member_;
    }
    const std::vector<int64_t> links = std::move(link_targets_->begin()->second);
    link_targets_->erase(link_targets_->begin());
    SourceItem content;
    content.uri = links_[links.front()].item.uri;
    Status failure;
    PL_RETURN_NOT_OK(ReadContent(*member, &content, &failure));
    if (!failure.ok()) content.problem = failure;
    for (size_t i = 0; i < links.size(); ++i) {
      const auto link = links_.find(links[i]);
      SourceItem item = std::move(link->second.item);
      links_.erase(link);
      PL_RETURN_NOT_OK(ShareContent(&content, i + 1 == links.size(), &item));
      ready_.push_back(std::move(item));
    }
    return Status::OK();
  }

  Result<LinkTargets> FindTargets(const std::map<int64_t, std::string>& names) const {
    PL_ASSIGN_OR_RETURN(const auto reader, OpenAgain());
    return FindLinkTargets(reader.get(), members_, names);
  }

  // A spilled content gets a name for each of those that have it.
  Status ShareContent(SourceItem* content, bool last, SourceItem* item) {
    item->problem = content->problem;
    item->size = content->size;
    item->bytes = content->bytes;
    item->temporary = content->temporary;
    item->path = content->path;
    total_ += last ? 0 : std::max<int64_t>(content->size, 0);
    if (total_ > max_total_ && !last) {
      item->problem = WithContext(TooMuch(), item->uri);
      item->temporary = false;
      item->path.clear();
    } else if (content->temporary && !last) {
      item->path += "-" + NewUuid();
      if (::link(content->path.c_str(), item->path.c_str()) != 0)
        return ErrnoError(errno, "sharing a large member as", item->path);
    }
    return Status::OK();
  }

  // What is left of the links stands for nothing that can be read.
  Status GiveUpLinks(const Status& why) {
    if (CodeOf(why) == ErrorCode::kCancelled) return why;
    for (auto& [number, link] : links_) {
      SourceItem& item = link.item;
      const std::string text =
          fmt::format("{} is a hard link to {}", item.uri, io::PercentEncodePath(link.target));
      item.problem = why.ok() ? Error(ErrorCode::kNotFound, text + ", which is no file of the archive")
                              : WithContext(why, text + ", which could not be read");
      ready_.push_back(std::move(item));
    }
    links_.clear();
    Finish();
    return Status::OK();
  }

  // The archive's own item, behind all of its members.
  void Finish() {
    Status problem = std::move(end_);
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
  struct HardLink {
    std::string target;
    SourceItem item;
  };
  std::map<int64_t, HardLink> links_;                 // by member, counted from 1
  std::unordered_map<std::string, int64_t> link_of_;  // by uri: the member
  std::optional<LinkTargets> link_targets_;           // of those that are still to be read
  int64_t at_member_ = 0;
  Status end_;          // how the archive ended
  bool ended_ = false;  // all members were met; links may be left
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
