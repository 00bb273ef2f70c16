#include <algorithm>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/stop/stop_token.h"
#include "ingest/source/url/wanted_urls_internal.h"
#include "io/location.h"
#include "io/uri_scheme.h"

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

// More than this is no description of one image.
constexpr size_t kMaxAttributes = size_t{1} << 20;

// The columns' names as members of one object: none twice, none empty.
std::vector<std::string> MemberNames(const std::vector<std::string>& columns) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string name = columns[i].empty() ? fmt::format("column_{}", i + 1) : columns[i];
    std::string unique = name;
    for (int n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
    names.push_back(std::move(unique));
  }
  return names;
}

class ListWanted : public WantedUrls {
 public:
  ListWanted(std::unique_ptr<file::UrlListReader> reader, size_t url, std::optional<size_t> label)
      : reader_(std::move(reader)), url_(url), label_(label), names_(MemberNames(reader_->columns())) {}

  Result<bool> Next(WantedUrl* wanted) override {
    while (next_ == rows_.size()) {
      if (!more_) return false;
      rows_.clear();
      next_ = 0;
      PL_ASSIGN_OR_RETURN(more_, reader_->Next(&rows_));
    }
    file::UrlListRow& row = rows_[next_++];
    *wanted = {io::WithLowerScheme(std::move(row.url)), kTakenOnce, std::move(row.problem)};
    if (!row.values.empty()) Describe(row.values, wanted);
    return true;
  }

 private:
  void Describe(const std::vector<std::string>& values, WantedUrl* wanted) const {
    if (label_ && !values[*label_].empty()) wanted->label = values[*label_];
    if (values.size() == 1) return;
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < values.size(); ++i) {
      if (i != url_) object[names_[i]] = values[i];
    }
    wanted->attributes = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    if (wanted->attributes.size() > kMaxAttributes) {
      wanted->problem =
          fmt::format("{}: the list has {} bytes about it in other columns, expected {} at most", wanted->uri,
                      wanted->attributes.size(), kMaxAttributes);
      wanted->attributes.clear();
    }
  }

  const std::unique_ptr<file::UrlListReader> reader_;
  const size_t url_;
  const std::optional<size_t> label_;
  const std::vector<std::string> names_;
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
      PL_RETURN_NOT_OK(CheckStopped());
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

Result<std::unique_ptr<WantedUrls>> UrlsOfList(const std::string& list, const SourceOptions& options) {
  PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(list));
  PL_ASSIGN_OR_RETURN(auto bytes, place.store->OpenInput(place.path));
  PL_ASSIGN_OR_RETURN(auto reader, file::UrlListReader::Open(std::move(bytes), list,
                                                             {options.url_column, 0, options.quoting, true}));
  const std::vector<std::string>& columns = reader->columns();
  const auto at = [&](const std::string& name) {
    return static_cast<size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  };
  std::optional<size_t> label;
  if (!options.label_column.empty()) {
    label = at(options.label_column);
    if (*label == columns.size()) {
      return Error(ErrorCode::kUsage, fmt::format("{} has no column '{}' for --label-column; there are: '{}'",
                                                  list, options.label_column, fmt::join(columns, "', '")));
    }
  }
  const size_t url = at(options.url_column);
  return std::make_unique<ListWanted>(std::move(reader), url, label);
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
  return std::make_unique<OneWanted>(io::WithLowerScheme(std::move(url)), kTakenOnce);
}

}  // namespace pixlake::ingest
