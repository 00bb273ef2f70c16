#include <algorithm>
#include <limits>
#include <utility>

#include <arrow/buffer.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "fetch/reference.h"
#include "image/hash/sha256.h"
#include "ingest/describe/describer_internal.h"
#include "ingest/describe/lake_sink_internal.h"
#include "ingest/lake/metadata_rows_internal.h"
#include "io/location.h"
#include "io/uri_scheme.h"
#include "kernel/judged.h"

namespace pixlake::ingest {
namespace {

constexpr size_t kBatchesAThread = 4;
// What images that wait to be judged together may hold; one more may come on top.
constexpr size_t kMostHeld = size_t{1} << 20;
constexpr size_t kHeadBytes = size_t{32} << 10;  // about what is read of an image that is not read whole
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
      examiner_({options.memory.decoders, std::max(1, options.threads)}),
      whole_(WantsWhole(options)),
      queue_(kBatchesAThread * static_cast<size_t>(std::max(1, options.threads))) {}

Describer::~Describer() {
  queue_.GiveUp();
}

Status Describer::Start(const std::string& success, const std::string& failure) {
  PL_ASSIGN_OR_RETURN(judge_,
                      options_.kernels->Make("judge", kernel::ToParameters(Describing(options_.examine))));
  context_.memory_bytes = options_.memory.decoders;
  context_.stop = CurrentStopToken();
  context_.examiner = &examiner_;
  const sink::SinkRegistry& sinks = options_.sinks == nullptr ? sink::BuiltInSinks() : *options_.sinks;
  sink::SinkOptions sink;
  sink.local = options_.local;
  sink.table = "images";
  sink.columns = SuccessColumns();
  into_lake_ = options_.lake != nullptr && success == kMetadataTable;
  if (into_lake_) {
    PL_ASSIGN_OR_RETURN(success_, OpenLakeSink(*options_.lake, options_.format, options_.memory.writers));
  } else {
    PL_ASSIGN_OR_RETURN(success_, sinks.Open(success, sink));
  }
  sink.table = "failures";
  sink.columns = FailureColumns();
  PL_ASSIGN_OR_RETURN(failure_, sinks.Open(failure, sink));
  PL_RETURN_NOT_OK(success_->Known([&](sink::UrlKey key) { done_.Insert(key); }));
  PL_RETURN_NOT_OK(failure_->Known([](sink::UrlKey) {}));
  done_before_ = done_.size();
  crew_ = std::make_unique<Crew>(WorkKind::kCpu, static_cast<size_t>(std::max(1, options_.threads)),
                                 [this] { return WorkNext(); });
  return Status::OK();
}

bool Describer::Push(WorkItem item) {
  if (!queue_.Push(std::move(item))) return false;
  crew_->Wake();
  return true;
}

bool Describer::PushAtOnce(WorkItem item) {
  if (!queue_.PushAtOnce(std::move(item))) return false;
  crew_->Wake();
  return true;
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

Result<DescribeReport> Describer::Finish(const Status& listed) {
  if (!listed.ok()) queue_.GiveUp();
  crew_->Finish();
  PL_RETURN_NOT_OK(ended_by_);
  PL_RETURN_NOT_OK(success_->Flush());
  PL_RETURN_NOT_OK(failure_->Flush());
  PL_RETURN_NOT_OK(listed);
  PL_RETURN_NOT_OK(CheckStopped());
  PL_RETURN_NOT_OK(failure_->Supersede(done_));
  return report_;
}

std::unique_ptr<ImageGroup> Describer::TakeGroup() {
  const std::lock_guard lock(groups_mutex_);
  if (groups_.empty()) return std::make_unique<ImageGroup>();
  auto group = std::move(groups_.back());
  groups_.pop_back();
  return group;
}

bool Describer::WorkNext() {
  WorkItem item;
  if (!queue_.Pop(&item)) return false;
  std::unique_ptr<ImageGroup> group = TakeGroup();
  group->outputs.success_values = success_->takes_values();
  group->outputs.success_facts = into_lake_;
  group->outputs.failure_values = failure_->takes_values();
  group->outputs.success = {};
  group->outputs.failure = {};
  group->part = {};
  for (const file::UrlListRow& row : item.rows) {
    if (CurrentStopToken().stopped()) break;
    DescribeLocal(row, group.get());
  }
  if (item.fetched) {
    DescribeFetched(*item.fetched, group.get());
    JudgeGroup(group.get());
    const io::FetchResult& result = item.fetched->result;
    const auto bytes = static_cast<int64_t>(result.body.size() + result.tail.size());
    item = {};
    on_released_(bytes);
  }
  for (const StoredImage& stored : item.stored) {
    if (CurrentStopToken().stopped()) break;
    DescribeStored(stored, group.get());
  }
  JudgeGroup(group.get());
  item = {};
  Deliver(&group->outputs, group->part);
  const std::lock_guard lock(groups_mutex_);
  groups_.push_back(std::move(group));
  return true;
}

void Describer::Fail(const Provenance& from, std::string_view code, std::string_view why, ImageGroup* group) {
  ++group->part.failed;
  ++group->part.codes[std::string(code)];
  AddFailure(from, {code, why, -1}, &group->outputs);
}

void Describer::DescribeLocal(const file::UrlListRow& row, ImageGroup* group) {
  Provenance from;
  from.url = row.url;
  from.filename = fetch::FileNameOf(row.url);
  if (!row.problem.empty()) return Fail(from, CodeName(ErrorCode::kCorrupt), row.problem, group);
  const std::string scheme = io::SchemeOf(row.url);
  if (scheme == "file") {
    const auto place = io::Locate(row.url, options_.local);
    if (!place.ok()) return Add(from, place.status(), group);
    return Add(from, group->reader()->Read(place->path, whole_), group);
  }
  if (!scheme.empty()) {
    const std::string why = fmt::format("no images can be had by '{}://'", scheme);
    return Fail(from, CodeName(ErrorCode::kUnsupported), why, group);
  }
  Add(from, group->reader()->Read(row.url, whole_), group);
}

void Describer::DescribeFetched(const Fetched& fetched, ImageGroup* group) {
  const io::FetchResult& result = fetched.result;
  Provenance from;
  from.url = fetched.url;
  from.filename = fetch::FileNameOf(fetched.url);
  from.content_type = result.content_type;
  from.attempts = result.attempts;
  from.http_status = result.http_status;
  from.fetched = true;
  if (!result.status.ok()) return Add(from, result.status, group);
  if (!result.whole) {
    from.end_not_read = result.tail.empty();
    return Add(from, group->reader()->Assemble(result.body, result.tail, result.size), group);
  }
  const fetch::LocalImage whole{{reinterpret_cast<const uint8_t*>(result.body.data()), result.body.size()},
                                true};
  Add(from, whole, group);
}

void Describer::DescribeStored(const StoredImage& stored, ImageGroup* group) {
  Provenance from;
  from.url = stored.url;
  from.filename = stored.filename;
  from.id = stored.id;
  if (!stored.path.empty()) return Add(from, group->reader()->Read(stored.path, whole_), group);
  Add(from, fetch::LocalImage{stored.bytes, true}, group);
}

void Describer::Add(const Provenance& from, const Result<fetch::LocalImage>& image, ImageGroup* group) {
  if (!image.ok()) return Fail(from, CodeName(CodeOf(image.status())), image.status().message(), group);
  // More than a view can say goes alone.
  const bool alone = image->bytes.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max());
  if (alone) JudgeGroup(group);
  group->waiting.push_back({from, *image});
  group->held += image->whole ? image->bytes.size() : kHeadBytes;
  if (alone || group->waiting.size() == group->readers.size() || group->held >= kMostHeld) JudgeGroup(group);
}

void Describer::JudgeGroup(ImageGroup* group) {
  if (group->waiting.empty()) return;
  const auto judged = JudgeWaiting(*group);
  if (judged.ok()) {
    for (size_t i = 0; i < group->waiting.size(); ++i) {
      const auto& [from, image] = group->waiting[i];
      std::string id(from.id);
      if (id.empty() && image.whole && (from.fetched || options_.with_id)) id = image::Sha256Hex(image.bytes);
      const image::Answer answer = judged->Answer(static_cast<int64_t>(i));
      if (AddAnswer(from, image.bytes, id, answer, &group->outputs)) {
        ++group->part.succeeded;
        group->part.bytes += static_cast<int64_t>(image.bytes.size());
      } else {
        ++group->part.failed;
        ++group->part.codes[group->outputs.last_code];
      }
    }
  } else {
    const std::lock_guard lock(sink_mutex_);
    if (ended_by_.ok()) ended_by_ = judged.status();
    queue_.GiveUp();
  }
  group->waiting.clear();
  group->held = 0;
}

Result<kernel::Judged> Describer::JudgeWaiting(const ImageGroup& group) const {
  std::vector<kernel::JudgeInput> inputs;
  std::vector<std::shared_ptr<arrow::Buffer>> owners;
  for (const auto& [from, image] : group.waiting) {
    kernel::JudgeInput& input = inputs.emplace_back();
    input.bytes = image.bytes;
    input.filename = from.filename;
    input.fetched = from.fetched;
    input.end_not_read = from.end_not_read;
    input.descriptor = image.descriptor;
    owners.push_back(
        std::make_shared<arrow::Buffer>(image.bytes.data(), static_cast<int64_t>(image.bytes.size())));
  }
  if (inputs.size() == 1) return kernel::JudgeOne(*judge_, inputs.front(), context_);
  return kernel::Judge(*judge_, inputs, owners, context_);
}

void Describer::Deliver(Outputs* outputs, const DescribeReport& part) {
  const std::lock_guard lock(sink_mutex_);
  if (!ended_by_.ok()) return;
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
    return;
  }
  report_.succeeded += part.succeeded;
  report_.failed += part.failed;
  report_.bytes += part.bytes;
  for (const auto& [code, count] : part.codes) report_.codes[code] += count;
  if (options_.on_images) options_.on_images(part.succeeded + part.failed, part.bytes);
}

}  // namespace pixlake::ingest
