#include <deque>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "ingest/source/wanted_urls_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

class OneWanted : public WantedUrls {
 public:
  OneWanted(std::string url, std::string etag) : wanted_{std::move(url), std::move(etag), {}} {}
  Result<bool> Next(WantedUrl* wanted) override {
    if (std::exchange(given_, true)) return false;
    *wanted = wanted_;
    return true;
  }

 private:
  const WantedUrl wanted_;
  bool given_ = false;
};

class ListWanted : public WantedUrls {
 public:
  explicit ListWanted(std::unique_ptr<file::UrlListReader> reader) : reader_(std::move(reader)) {}

  Result<bool> Next(WantedUrl* wanted) override {
    while (next_ == rows_.size()) {
      if (!more_) return false;
      rows_.clear();
      next_ = 0;
      PL_ASSIGN_OR_RETURN(more_, reader_->Next(&rows_));
    }
    file::UrlListRow& row = rows_[next_++];
    *wanted = {std::move(row.url), kTakenOnce, std::move(row.problem)};
    return true;
  }

 private:
  const std::unique_ptr<file::UrlListReader> reader_;
  std::vector<file::UrlListRow> rows_;
  size_t next_ = 0;
  bool more_ = true;
};

std::string EtagOf(const io::ObjectInfo& object) {
  return fmt::format("{:x}-{:x}", object.size, object.modified_ms * 1000000);
}

// Folder after folder, so that memory is that of one listing and the folders' names.
class FolderWanted : public WantedUrls {
 public:
  explicit FolderWanted(const io::Location& root) : store_(root.store), folders_{root.path} {}

  Result<bool> Next(WantedUrl* wanted) override {
    while (objects_.empty()) {
      if (folders_.empty()) return false;
      PL_RETURN_NOT_OK(CheckInterrupt());
      const std::string folder = std::move(folders_.back());
      folders_.pop_back();
      PL_ASSIGN_OR_RETURN(auto found, store_->List(folder, ""));
      objects_.assign(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
      PL_ASSIGN_OR_RETURN(const auto names, store_->ListFolders(folder));
      for (const std::string& name : names) folders_.push_back(io::JoinPath(folder, name));
    }
    *wanted = {objects_.front().path, EtagOf(objects_.front()), {}};
    objects_.pop_front();
    return true;
  }

 private:
  const std::shared_ptr<io::Store> store_;
  std::vector<std::string> folders_;
  std::deque<io::ObjectInfo> objects_;
};

}  // namespace

Result<std::unique_ptr<WantedUrls>> UrlsOfList(const std::string& list, const std::string& column) {
  PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(list));
  PL_ASSIGN_OR_RETURN(auto bytes, place.store->OpenInput(place.path));
  PL_ASSIGN_OR_RETURN(auto reader, file::UrlListReader::Open(std::move(bytes), list, {column, 0}));
  return std::make_unique<ListWanted>(std::move(reader));
}

Result<std::unique_ptr<WantedUrls>> UrlsOfStore(const std::string& uri) {
  PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(uri));
  const bool is_bucket = place.path.find('/', place.path.find("://") + 3) == std::string::npos;
  const auto object = is_bucket ? Error(ErrorCode::kNotFound, "") : place.store->Stat(place.path);
  if (object.ok()) return std::make_unique<OneWanted>(place.path, EtagOf(*object));
  if (CodeOf(object.status()) != ErrorCode::kNotFound) return object.status();
  PL_ASSIGN_OR_RETURN(const bool there, place.store->Exists(place.path));
  if (!there)
    return Error(ErrorCode::kNotFound,
                 fmt::format("{}: there is neither an object nor a prefix of that name", uri));
  return std::make_unique<FolderWanted>(place);
}

std::unique_ptr<WantedUrls> OneUrl(std::string url) {
  return std::make_unique<OneWanted>(std::move(url), kTakenOnce);
}

}  // namespace pixlake::ingest
