#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/stop_token.h"
#include "image/hash/sha256.h"
#include "ingest/describe/describer_internal.h"
#include "ingest/describe/image_url_internal.h"
#include "ingest/describe/lake_sink_internal.h"
#include "ingest/describe/metadata_rows_internal.h"
#include "io/location.h"
#include "io/uri_scheme.h"

#include "kernel/judged.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kBatchesAThread = 4;
// What has been found out is made durable so often, however slowly it comes.
constexpr auto kFlushEvery = std::chrono::seconds(60);

sandbox::ExamineOptions Describing(sandbox::ExamineOptions examine) {
  examine.describe = true;
  return examine;
}

// Even headers of what was fetched are read in the sandbox, or pixels are.
bool WantsWhole(const DescribeOptions& options) {
  return options.with_id || options.examine.check == image::CheckLevel::kFull ||
         options.examine.sandbox == sandbox::Sandbox::kAlways;
}

}  // namespace

Describer::Describer(const DescribeOptions& options)
    : options_(options),
      examiner_({options.memory_bytes / 4, std::max(1, options.threads)}),
      whole_(WantsWhole(options)),
      queue_(kBatchesAThread * static_cast<size_t>(std::max(1, options.threads))) {}

Describer::~Describer() {
  queue_.GiveUp();
  EndWork();
}

Status Describer::Start(const std::string& success, const std::string& failure) {
  PL_ASSIGN_OR_RETURN(judge_,
                      options_.kernels->Make("judge", kernel::ToParameters(Describing(options_.examine))));
  context_.memory_bytes = options_.memory_bytes / 4;
  context_.stop = CurrentStopToken();
  context_.examiner = &examiner_;
  sink::SinkOptions sink;
  sink.local = options_.local;
  sink.table = "images";
  sink.columns = SuccessColumns();
  if (options_.lake != nullptr && success == kMetadataTable) {
    PL_ASSIGN_OR_RETURN(success_, OpenLakeSink(*options_.lake, options_.format, options_.memory_bytes / 8));
  } else {
    PL_ASSIGN_OR_RETURN(success_, sink::OpenSink(success, sink));
  }
  sink.table = "failures";
  sink.columns = FailureColumns();
  PL_ASSIGN_OR_RETURN(failure_, sink::OpenSink(failure, sink));
  PL_RETURN_NOT_OK(success_->Known([&](sink::UrlKey key) { done_.Insert(key); }));
  PL_RETURN_NOT_OK(failure_->Known([](sink::UrlKey) {}));
  done_before_ = done_.size();
  for (int i = 0; i < std::max(1, options_.threads); ++i) threads_.push_back(StartThread([this] { Work(); }));
  return Status::OK();
}

bool Describer::IsNew(const std::string& url) {
  ++report_.listed;
  const sink::UrlKey key = sink::KeyOf(url);
  if (done_.Insert(key)) {
    if (done_before_ != 0) seen_.Insert(key);
    return true;
  }
  if (done_before_ == 0 || !seen_.Insert(key)) {
    ++report_.repeated;
  } else {
    ++report_.done_before;
  }
  return false;
}

Status Describer::ended_by() {
  const std::lock_guard lock(sink_mutex_);
  return ended_by_;
}

void Describer::EndWork() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Result<DescribeReport> Describer::Finish(const Status& listed) {
  if (listed.ok()) {
    queue_.End();
  } else {
    queue_.GiveUp();
  }
  EndWork();
  PL_RETURN_NOT_OK(ended_by_);
  PL_RETURN_NOT_OK(success_->Flush());
  PL_RETURN_NOT_OK(failure_->Flush());
  PL_RETURN_NOT_OK(listed);
  PL_RETURN_NOT_OK(CheckStopped());
  PL_RETURN_NOT_OK(failure_->Supersede(done_));
  return report_;
}

void Describer::Work() {
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
      if (CurrentStopToken().stopped()) break;
      DescribeLocal(row, &reader, &outputs, &part);
    }
    if (item.fetched) {
      DescribeFetched(*item.fetched, &reader, &outputs, &part);
      const io::FetchResult& result = item.fetched->result;
      const auto bytes = static_cast<int64_t>(result.body.size() + result.tail.size());
      item = {};
      on_released_(bytes);
    }
    for (const StoredImage& stored : item.stored) {
      if (CurrentStopToken().stopped()) break;
      DescribeStored(stored, &reader, &outputs, &part);
    }
    item = {};
    if (!Deliver(&outputs, part)) return;
  }
}

void Describer::Fail(const Provenance& from, std::string_view code, std::string_view why, Outputs* outputs,
                     DescribeReport* part) {
  ++part->failed;
  ++part->codes[std::string(code)];
  AddFailure(from, {code, why, -1}, outputs);
}

void Describer::DescribeLocal(const file::UrlListRow& row, LocalImageReader* reader, Outputs* outputs,
                              DescribeReport* part) {
  Provenance from;
  from.url = row.url;
  from.filename = FileNameOf(row.url);
  if (!row.problem.empty()) return Fail(from, CodeName(ErrorCode::kCorrupt), row.problem, outputs, part);
  const std::string scheme = io::SchemeOf(row.url);
  if (scheme == "file") {
    const auto place = io::Locate(row.url, options_.local);
    if (!place.ok()) return Judge(from, place.status(), outputs, part);
    return Judge(from, reader->Read(place->path, whole_), outputs, part);
  }
  if (!scheme.empty()) {
    const std::string why = fmt::format("no images can be had by '{}://'", scheme);
    return Fail(from, CodeName(ErrorCode::kUnsupported), why, outputs, part);
  }
  Judge(from, reader->Read(row.url, whole_), outputs, part);
}

void Describer::DescribeFetched(const Fetched& fetched, LocalImageReader* reader, Outputs* outputs,
                                DescribeReport* part) {
  const io::FetchResult& result = fetched.result;
  Provenance from;
  from.url = fetched.url;
  from.filename = FileNameOf(fetched.url);
  from.content_type = result.content_type;
  from.attempts = result.attempts;
  from.http_status = result.http_status;
  from.fetched = true;
  if (!result.status.ok()) return Judge(from, result.status, outputs, part);
  if (!result.whole) {
    from.end_not_read = result.tail.empty();
    return Judge(from, reader->Assemble(result.body, result.tail, result.size), outputs, part);
  }
  const LocalImage whole{{reinterpret_cast<const uint8_t*>(result.body.data()), result.body.size()}, true};
  Judge(from, whole, outputs, part);
}

void Describer::DescribeStored(const StoredImage& stored, LocalImageReader* reader, Outputs* outputs,
                               DescribeReport* part) {
  Provenance from;
  from.url = stored.url;
  from.filename = stored.filename;
  from.id = stored.id;
  if (!stored.path.empty()) return Judge(from, reader->Read(stored.path, whole_), outputs, part);
  Judge(from, LocalImage{stored.bytes, true}, outputs, part);
}

void Describer::Judge(const Provenance& from, const Result<LocalImage>& image, Outputs* outputs,
                      DescribeReport* part) {
  if (!image.ok())
    return Fail(from, CodeName(CodeOf(image.status())), image.status().message(), outputs, part);
  kernel::JudgeInput input;
  input.bytes = image->bytes;
  input.filename = from.filename;
  input.fetched = from.fetched;
  input.end_not_read = from.end_not_read;
  input.descriptor = image->descriptor;
  const auto judged = kernel::JudgeOne(*judge_, input, context_);
  if (!judged.ok()) {
    const std::lock_guard lock(sink_mutex_);
    if (ended_by_.ok()) ended_by_ = judged.status();
    queue_.GiveUp();
    return;
  }
  std::string id(from.id);
  if (id.empty() && image->whole && (from.fetched || options_.with_id)) id = image::Sha256Hex(image->bytes);
  if (AddAnswer(from, image->bytes, id, judged->Answer(0), outputs)) {
    ++part->succeeded;
    part->bytes += static_cast<int64_t>(image->bytes.size());
  } else {
    ++part->failed;
    ++part->codes[outputs->last_code];
  }
}

bool Describer::Deliver(Outputs* outputs, const DescribeReport& part) {
  const std::lock_guard lock(sink_mutex_);
  if (!ended_by_.ok()) return false;
  ended_by_ = [&] {
    PL_RETURN_NOT_OK(success_->Write(std::move(outputs->success)));
    PL_RETURN_NOT_OK(failure_->Write(std::move(outputs->failure)));
    if (std::chrono::steady_clock::now() - flushed_ < kFlushEvery) return Status::OK();
    flushed_ = std::chrono::steady_clock::now();
    PL_RETURN_NOT_OK(success_->Flush());
    return failure_->Flush();
  }();
  if (!ended_by_.ok()) {
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

}  // namespace pixlake::ingest
