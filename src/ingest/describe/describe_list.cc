// A list of places, local ones described where they lie, others fetched.
#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <arrow/io/interfaces.h>

#include "fetch/local_image.h"
#include "fetch/reference.h"
#include "ingest/describe/describe.h"
#include "ingest/describe/describer_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kUrlsInBatch = 256;

class ListRun {
 public:
  explicit ListRun(const DescribeOptions& options) : options_(options), describer_(options) {}

  Result<DescribeReport> Run(const std::string& list, const std::string& success,
                             const std::string& failure) {
    PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(list, options_.local));
    PL_ASSIGN_OR_RETURN(auto bytes, place.store->OpenInput(place.path));
    PL_ASSIGN_OR_RETURN(reader_,
                        file::UrlListReader::Open(std::move(bytes), list,
                                                  {options_.column, options_.delimiter, options_.quoting}));
    describer_.OnReleased([this](int64_t released) { fetcher_->Release(released); });
    PL_RETURN_NOT_OK(describer_.Start(success, failure));
    Status listed = ReadList();
    if (listed.ok() && fetcher_ != nullptr) listed = fetcher_->Finish();
    Result<DescribeReport> report = describer_.Finish(listed);
    fetcher_.reset();
    if (report.ok()) report->blank = reader_->blank();
    return report;
  }

 private:
  Status ReadList();
  Status Submit(std::string url);
  void TakeFetched(io::FetchResult result);

  const DescribeOptions& options_;
  std::unique_ptr<file::UrlListReader> reader_;
  std::mutex fetching_mutex_;
  std::unordered_map<int64_t, std::string> fetching_;  // urls by tag
  int64_t next_tag_ = 0;
  // The fetcher's thread gives to the describer, whose threads release to the fetcher: the
  // describer's are ended first, by Finish or here.
  std::unique_ptr<io::Fetcher> fetcher_;
  Describer describer_;
};

Status ListRun::ReadList() {
  std::vector<file::UrlListRow> rows;
  WorkItem item;
  bool more = true;
  while (more) {
    rows.clear();
    PL_ASSIGN_OR_RETURN(more, reader_->Next(&rows));
    for (file::UrlListRow& row : rows) {
      if (!describer_.IsNew(row.url)) continue;
      if (row.problem.empty() && fetch::IsRemote(row.url)) {
        PL_RETURN_NOT_OK(Submit(std::move(row.url)));
        continue;
      }
      item.rows.push_back(std::move(row));
      if (item.rows.size() == kUrlsInBatch && !describer_.Push(std::exchange(item, {}))) return Status::OK();
    }
  }
  if (!item.rows.empty()) describer_.Push(std::move(item));
  return Status::OK();
}

Status ListRun::Submit(std::string url) {
  if (fetcher_ == nullptr) {
    io::FetchOptions options = options_.fetch;
    options.memory_bytes = std::min(options.memory_bytes, options_.memory.fetch);
    if (describer_.wants_whole()) options.whole_below_bytes = options.max_bytes;
    const auto enough = [](std::string_view head) {
      return fetch::HeadIsEnough({reinterpret_cast<const uint8_t*>(head.data()), head.size()});
    };
    PL_ASSIGN_OR_RETURN(
        fetcher_, io::Fetcher::Start(
                      options, [this](io::FetchResult result) { TakeFetched(std::move(result)); }, enough));
  }
  const int64_t tag = next_tag_++;
  {
    const std::lock_guard lock(fetching_mutex_);
    fetching_.emplace(tag, url);
  }
  PL_RETURN_NOT_OK(describer_.ended_by());
  return fetcher_->Submit(tag, std::move(url));
}

void ListRun::TakeFetched(io::FetchResult result) {
  WorkItem item;
  {
    const std::lock_guard lock(fetching_mutex_);
    const auto at = fetching_.find(result.tag);
    item.fetched = Fetched{std::move(at->second), std::move(result)};
    fetching_.erase(at);
  }
  const auto bytes =
      static_cast<int64_t>(item.fetched->result.body.size() + item.fetched->result.tail.size());
  if (!describer_.PushAtOnce(std::move(item))) fetcher_->Release(bytes);
}

}  // namespace

Result<DescribeReport> DescribeList(const std::string& list, const std::string& success,
                                    const std::string& failure, const DescribeOptions& options) {
  ListRun run(options);
  return run.Run(list, success, failure);
}

}  // namespace pixlake::ingest
