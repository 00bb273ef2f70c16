#include "ingest/describe/describe_run.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "image/hash/sha256.h"
#include "ingest/describe/description_internal.h"
#include "ingest/describe/local_image_internal.h"
#include "ingest/describe/work_queue_internal.h"
#include "io/location.h"
#include "io/object_url.h"

#include "sink/sink.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kUrlsInBatch = 256;
constexpr size_t kBatchesAThread = 4;
// What has been found out is made durable so often, however slowly it comes.
constexpr auto kFlushEvery = std::chrono::seconds(60);

std::string_view LastComponent(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}

// "s3" of "s3://b/k", "file" of "file:/p"; empty: a path.
std::string_view SchemeOf(std::string_view url) {
  if (url.starts_with("file:")) return "file";
  const size_t colon = url.find("://");
  return colon == std::string_view::npos || url.find('/') < colon ? std::string_view() : url.substr(0, colon);
}

bool IsRemote(std::string_view url) {
  const std::string_view scheme = SchemeOf(url);
  return scheme == "http" || scheme == "https" || io::IsObjectUri(url);
}

// "a.jpg" of "https://h/b/a.jpg?w=1".
std::string_view FileNameOf(std::string_view url) {
  return LastComponent(IsRemote(url) ? url.substr(0, url.find_first_of("?#")) : url);
}

std::string IdOf(std::span<const uint8_t> bytes) {
  return image::Sha256Hex(bytes);
}

class DescribeRun {
 public:
  explicit DescribeRun(const DescribeOptions& options)
      : options_(options), queue_(kBatchesAThread * static_cast<size_t>(std::max(1, options.threads))) {}

  Status Open(const std::string& list, const std::string& success, const std::string& failure) {
    PL_ASSIGN_OR_RETURN(const io::Location place, io::Locate(list, options_.local));
    PL_ASSIGN_OR_RETURN(auto bytes, place.store->OpenInput(place.path));
    PL_ASSIGN_OR_RETURN(
        reader_, file::UrlListReader::Open(std::move(bytes), list, {options_.column, options_.delimiter}));
    sink::SinkOptions sink;
    sink.local = options_.local;
    sink.table = "images";
    sink.columns = SuccessColumns();
    PL_ASSIGN_OR_RETURN(success_, sink::OpenSink(success, sink));
    sink.table = "failures";
    sink.columns = FailureColumns();
    PL_ASSIGN_OR_RETURN(failure_, sink::OpenSink(failure, sink));
    PL_RETURN_NOT_OK(success_->Known([&](sink::UrlKey key) { done_.Insert(key); }));
    return failure_->Known([](sink::UrlKey) {});
  }

  Result<DescribeReport> Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < std::max(1, options_.threads); ++i) threads.emplace_back([this] { Work(); });
    Status listed = ReadList();
    if (listed.ok() && fetcher_ != nullptr) listed = fetcher_->Finish();
    if (listed.ok()) {
      queue_.End();
    } else {
      queue_.GiveUp();
    }
    for (std::thread& thread : threads) thread.join();
    fetcher_.reset();
    PL_RETURN_NOT_OK(sink_status_);
    // What is done is kept, whatever ended the run.
    PL_RETURN_NOT_OK(success_->Flush());
    PL_RETURN_NOT_OK(failure_->Flush());
    PL_RETURN_NOT_OK(listed);
    PL_RETURN_NOT_OK(CheckInterrupt());
    PL_RETURN_NOT_OK(failure_->Supersede(done_));
    report_.blank = reader_->blank();
    return report_;
  }

 private:
  Status ReadList();
  bool IsNew(const std::string& url, size_t before, sink::UrlSet* seen);
  Status Submit(std::string url);
  void TakeFetched(io::FetchResult result);
  void Work();
  void DescribeLocal(const file::UrlListRow& row, LocalImageReader* reader, Outputs* outputs,
                     DescribeReport* part);
  void DescribeFetched(const Fetched& fetched, LocalImageReader* reader, Outputs* outputs,
                       DescribeReport* part);
  void Judge(const Provenance& from, const Result<LocalImage>& image, bool with_id, Outputs* outputs,
             DescribeReport* part);
  static void Fail(const Provenance& from, std::string_view code, std::string_view why, Outputs* outputs,
                   DescribeReport* part);
  bool Deliver(Outputs* outputs, const DescribeReport& part);

  const DescribeOptions options_;
  std::unique_ptr<file::UrlListReader> reader_;
  sink::UrlSet done_;  // by earlier runs, and what this one has taken
  WorkQueue queue_;
  std::mutex sink_mutex_;
  std::unique_ptr<sink::Sink> success_, failure_;
  Status sink_status_;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
  DescribeReport report_;

  std::mutex fetching_mutex_;
  std::unordered_map<int64_t, std::string> fetching_;  // urls by tag
  int64_t next_tag_ = 0;
  std::unique_ptr<io::Fetcher> fetcher_;  // ended before what its thread calls
};

// Leaves out what an earlier run has done or the list has had before.
Status DescribeRun::ReadList() {
  const size_t before = done_.size();
  sink::UrlSet seen;  // of this list, so that what was done before is not called repeated
  std::vector<file::UrlListRow> rows;
  WorkItem item;
  bool more = true;
  while (more) {
    rows.clear();
    PL_ASSIGN_OR_RETURN(more, reader_->Next(&rows));
    for (file::UrlListRow& row : rows) {
      ++report_.listed;
      if (!IsNew(row.url, before, &seen)) continue;
      if (row.problem.empty() && IsRemote(row.url)) {
        PL_RETURN_NOT_OK(Submit(std::move(row.url)));
        continue;
      }
      item.rows.push_back(std::move(row));
      if (item.rows.size() == kUrlsInBatch && !queue_.Push(std::exchange(item, {}))) return Status::OK();
    }
  }
  if (!item.rows.empty()) queue_.Push(std::move(item));
  return Status::OK();
}

bool DescribeRun::IsNew(const std::string& url, size_t before, sink::UrlSet* seen) {
  const sink::UrlKey key = sink::KeyOf(url);
  if (done_.Insert(key)) {
    if (before != 0) seen->Insert(key);
    return true;
  }
  if (before == 0 || !seen->Insert(key)) {
    ++report_.repeated;
  } else {
    ++report_.done_before;
  }
  return false;
}

Status DescribeRun::Submit(std::string url) {
  if (fetcher_ == nullptr) {
    io::FetchOptions options = options_.fetch;
    options.memory_bytes = std::min(options.memory_bytes, options_.memory_bytes / 2);
    if (options_.with_id) options.whole_below_bytes = options.max_bytes;
    const auto enough = [](std::string_view head) {
      return HeadIsEnough({reinterpret_cast<const uint8_t*>(head.data()), head.size()});
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
  {
    const std::lock_guard lock(sink_mutex_);
    PL_RETURN_NOT_OK(sink_status_);
  }
  return fetcher_->Submit(tag, std::move(url));
}

void DescribeRun::TakeFetched(io::FetchResult result) {
  WorkItem item;
  {
    const std::lock_guard lock(fetching_mutex_);
    const auto at = fetching_.find(result.tag);
    item.fetched = Fetched{std::move(at->second), std::move(result)};
    fetching_.erase(at);
  }
  const auto bytes =
      static_cast<int64_t>(item.fetched->result.body.size() + item.fetched->result.tail.size());
  if (!queue_.PushAtOnce(std::move(item))) fetcher_->Release(bytes);
}

void DescribeRun::Work() {
  LocalImageReader reader;
  Outputs outputs;
  outputs.success_values = success_->takes_values();
  outputs.failure_values = failure_->takes_values();
  WorkItem item;
  while (queue_.Pop(&item)) {
    outputs.success = {};
    outputs.failure = {};
    DescribeReport part;
    for (const file::UrlListRow& row : item.rows) {
      if (Interrupted()) break;
      DescribeLocal(row, &reader, &outputs, &part);
    }
    if (item.fetched) {
      DescribeFetched(*item.fetched, &reader, &outputs, &part);
      const io::FetchResult& result = item.fetched->result;
      const auto bytes = static_cast<int64_t>(result.body.size() + result.tail.size());
      item = {};
      fetcher_->Release(bytes);
    }
    if (!Deliver(&outputs, part)) return;
  }
}

void DescribeRun::Fail(const Provenance& from, std::string_view code, std::string_view why, Outputs* outputs,
                       DescribeReport* part) {
  ++part->failed;
  ++part->codes[std::string(code)];
  AddFailure(from, {code, why, -1}, outputs);
}

void DescribeRun::DescribeLocal(const file::UrlListRow& row, LocalImageReader* reader, Outputs* outputs,
                                DescribeReport* part) {
  Provenance from;
  from.url = row.url;
  from.filename = FileNameOf(row.url);
  if (!row.problem.empty()) return Fail(from, CodeName(ErrorCode::kCorrupt), row.problem, outputs, part);
  const std::string_view scheme = SchemeOf(row.url);
  if (scheme == "file") {
    const auto place = io::Locate(row.url, options_.local);
    if (!place.ok()) return Judge(from, place.status(), false, outputs, part);
    return Judge(from, reader->Read(place->path, options_.with_id), options_.with_id, outputs, part);
  }
  if (!scheme.empty()) {
    const std::string why = fmt::format("no images can be had by '{}://'", scheme);
    return Fail(from, CodeName(ErrorCode::kUnsupported), why, outputs, part);
  }
  Judge(from, reader->Read(row.url, options_.with_id), options_.with_id, outputs, part);
}

void DescribeRun::DescribeFetched(const Fetched& fetched, LocalImageReader* reader, Outputs* outputs,
                                  DescribeReport* part) {
  const io::FetchResult& result = fetched.result;
  Provenance from;
  from.url = fetched.url;
  from.filename = FileNameOf(fetched.url);
  from.content_type = result.content_type;
  from.attempts = result.attempts;
  from.http_status = result.http_status;
  if (!result.status.ok()) return Judge(from, result.status, false, outputs, part);
  if (!result.whole) {
    from.end_unread = result.tail.empty();
    return Judge(from, reader->Assemble(result.body, result.tail, result.size), false, outputs, part);
  }
  const LocalImage whole{{reinterpret_cast<const uint8_t*>(result.body.data()), result.body.size()}, true};
  Judge(from, whole, true, outputs, part);
}

void DescribeRun::Judge(const Provenance& from, const Result<LocalImage>& image, bool with_id,
                        Outputs* outputs, DescribeReport* part) {
  if (!image.ok())
    return Fail(from, CodeName(CodeOf(image.status())), image.status().message(), outputs, part);
  const std::string id = with_id && image->whole ? IdOf(image->bytes) : std::string();
  if (Describe(from, image->bytes, id, options_.limits, outputs)) {
    ++part->succeeded;
    part->bytes += static_cast<int64_t>(image->bytes.size());
  } else {
    ++part->failed;
    ++part->codes[outputs->last_code];
  }
}

bool DescribeRun::Deliver(Outputs* outputs, const DescribeReport& part) {
  const std::lock_guard lock(sink_mutex_);
  if (!sink_status_.ok()) return false;
  sink_status_ = [&] {
    PL_RETURN_NOT_OK(success_->Write(std::move(outputs->success)));
    PL_RETURN_NOT_OK(failure_->Write(std::move(outputs->failure)));
    if (std::chrono::steady_clock::now() - flushed_ < kFlushEvery) return Status::OK();
    flushed_ = std::chrono::steady_clock::now();
    PL_RETURN_NOT_OK(success_->Flush());
    return failure_->Flush();
  }();
  if (!sink_status_.ok()) {
    queue_.GiveUp();
    return false;
  }
  report_.succeeded += part.succeeded;
  report_.failed += part.failed;
  report_.bytes += part.bytes;
  for (const auto& [code, count] : part.codes) report_.codes[code] += count;
  if (options_.on_images) options_.on_images(part.succeeded + part.failed, part.bytes);
  return true;
}

}  // namespace

Result<DescribeReport> DescribeList(const std::string& list, const std::string& success,
                                    const std::string& failure, const DescribeOptions& options) {
  DescribeRun run(options);
  PL_RETURN_NOT_OK(run.Open(list, success, failure));
  return run.Run();
}

}  // namespace pixlake::ingest
