#include "ingest/describe/describe_run.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "file/list/url_list.h"
#include "image/hash/sha256.h"
#include "ingest/describe/description_internal.h"
#include "ingest/describe/local_image_internal.h"
#include "io/location.h"

#include "sink/sink.h"
#include "sink/url_set.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kUrlsInBatch = 256;
constexpr size_t kBatchesAThread = 4;
// What has been found out is made durable so often, however slowly it comes.
constexpr auto kFlushEvery = std::chrono::seconds(60);

using UrlBatch = std::vector<file::UrlListRow>;

std::string_view LastComponent(std::string_view url) {
  return url.substr(url.rfind('/') + 1);
}

// "s3" of "s3://b/k", "file" of "file:/p"; empty: a path.
std::string_view SchemeOf(std::string_view url) {
  if (url.starts_with("file:")) return "file";
  const size_t colon = url.find("://");
  return colon == std::string_view::npos || url.find('/') < colon ? std::string_view() : url.substr(0, colon);
}

// Batches of urls from the thread that reads the list to those that do the work.
class BatchQueue {
 public:
  explicit BatchQueue(size_t most) : most_(most) {}

  // Waits for room; false once the work was given up.
  bool Push(UrlBatch batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_up_ || batches_.size() < most_; });
    if (given_up_) return false;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }

  // False when there are no more.
  bool Pop(UrlBatch* batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_up_ || ended_ || !batches_.empty(); });
    if (given_up_ || batches_.empty()) return false;
    *batch = std::move(batches_.front());
    batches_.pop_front();
    changed_.notify_all();
    return true;
  }

  void End() { Set(&ended_); }
  void GiveUp() { Set(&given_up_); }

 private:
  void Set(bool* flag) {
    const std::lock_guard lock(mutex_);
    *flag = true;
    changed_.notify_all();
  }

  const size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<UrlBatch> batches_;
  bool ended_ = false;
  bool given_up_ = false;
};

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
    const Status listed = ReadList();
    if (listed.ok()) {
      queue_.End();
    } else {
      queue_.GiveUp();
    }
    for (std::thread& thread : threads) thread.join();
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
  // Takes out what an earlier run has done or the list has had before.
  Status ReadList() {
    const size_t before = done_.size();
    sink::UrlSet seen;  // of this list, so that what was done before is not called repeated
    std::vector<file::UrlListRow> rows;
    UrlBatch batch;
    bool more = true;
    while (more) {
      rows.clear();
      PL_ASSIGN_OR_RETURN(more, reader_->Next(&rows));
      for (file::UrlListRow& row : rows) {
        ++report_.listed;
        if (!IsNew(row.url, before, &seen)) continue;
        batch.push_back(std::move(row));
        if (batch.size() == kUrlsInBatch && !queue_.Push(std::exchange(batch, {}))) return Status::OK();
      }
    }
    if (!batch.empty()) queue_.Push(std::move(batch));
    return Status::OK();
  }

  bool IsNew(const std::string& url, size_t before, sink::UrlSet* seen) {
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

  void Work() {
    LocalImageReader reader;
    Outputs outputs;
    outputs.success_values = success_->takes_values();
    outputs.failure_values = failure_->takes_values();
    UrlBatch batch;
    while (queue_.Pop(&batch)) {
      outputs.success = {};
      outputs.failure = {};
      DescribeReport part;
      for (const file::UrlListRow& row : batch) {
        if (Interrupted()) break;
        DescribeOne(row, &reader, &outputs, &part);
      }
      if (!Deliver(&outputs, part)) return;
    }
  }

  void DescribeOne(const file::UrlListRow& row, LocalImageReader* reader, Outputs* outputs,
                   DescribeReport* part) {
    Provenance from;
    from.url = row.url;
    from.filename = LastComponent(row.url);
    const auto fail = [&](std::string_view code, std::string_view message) {
      ++part->failed;
      ++part->codes[std::string(code)];
      AddFailure(from, {code, message, -1}, outputs);
    };
    if (!row.problem.empty()) return fail(CodeName(ErrorCode::kCorrupt), row.problem);
    std::string path = row.url;
    const std::string_view scheme = SchemeOf(row.url);
    if (scheme == "file") {
      const auto place = io::Locate(row.url, options_.local);
      if (!place.ok()) return fail(CodeName(CodeOf(place.status())), place.status().message());
      path = place->path;
    } else if (!scheme.empty()) {
      return fail(CodeName(ErrorCode::kUnsupported), fmt::format("no images can be had by '{}://'", scheme));
    }
    const auto image = reader->Read(path, options_.with_id);
    if (!image.ok()) return fail(CodeName(CodeOf(image.status())), image.status().message());
    std::string id;
    if (options_.with_id && image->whole) {
      image::DigestStream digest(image::DigestStream::Algorithm::kSha256);
      digest.Update(image->bytes);
      id = digest.Finish();
    }
    if (Describe(from, image->bytes, id, options_.limits, outputs)) {
      ++part->succeeded;
      part->bytes += static_cast<int64_t>(image->bytes.size());
    } else {
      ++part->failed;
      ++part->codes[outputs->last_code];
    }
  }

  bool Deliver(Outputs* outputs, const DescribeReport& part) {
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

  const DescribeOptions options_;
  std::unique_ptr<file::UrlListReader> reader_;
  sink::UrlSet done_;  // by earlier runs, and what this one has taken
  BatchQueue queue_;
  std::mutex sink_mutex_;
  std::unique_ptr<sink::Sink> success_, failure_;
  Status sink_status_;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
  DescribeReport report_;
};

}  // namespace

Result<DescribeReport> DescribeList(const std::string& list, const std::string& success,
                                    const std::string& failure, const DescribeOptions& options) {
  DescribeRun run(options);
  PL_RETURN_NOT_OK(run.Open(list, success, failure));
  return run.Run();
}

}  // namespace pixlake::ingest
