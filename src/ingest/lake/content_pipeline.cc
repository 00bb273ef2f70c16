#include <algorithm>
#include <new>
#include <utility>

#include <unistd.h>

#include "base/stop/stop_token.h"
#include "ingest/lake/content_pipeline_internal.h"

namespace pixlake::ingest {

ContentPipeline::ContentPipeline(Source* source, PipelineOptions options)
    : source_(source), options_(std::move(options)), budget_(options_.budget_bytes) {
  const int threads = std::max(1, options_.threads);
  working_ = threads;
  for (int i = 0; i < threads; ++i) threads_.push_back(StartThread([this] { Work(); }));
}

ContentPipeline::~ContentPipeline() {
  stop_ = true;
  budget_.Cancel();
  for (std::thread& thread : threads_) thread.join();
  for (const auto& [sequence, batch] : ready_) {
    for (const Content& content : batch->contents) {
      if (!content.spilled.empty()) ::unlink(content.spilled.c_str());
    }
  }
}

void ContentPipeline::Fail(Status status) {
  stop_ = true;
  budget_.Cancel();
  const std::lock_guard<std::mutex> lock(ready_mutex_);
  if (failure_.ok()) failure_ = std::move(status);
}

// The next items, their bytes reserved; null when there are no more.
Result<std::unique_ptr<ContentBatch>> ContentPipeline::Take() {
  const std::lock_guard<std::mutex> lock(source_mutex_);
  auto batch = std::make_unique<ContentBatch>();
  while (batch->contents.empty()) {
    if (source_ended_ || stop_) return nullptr;
    // A whole batch is reserved before the source may allocate members for it.
    PL_RETURN_NOT_OK(budget_.Acquire(options_.batch_bytes));
    std::vector<SourceItem> items;
    const auto more = source_->Next(options_.batch_bytes, options_.batch_items, &items);
    if (!more.ok()) {
      budget_.Release(options_.batch_bytes);
      return more.status();
    }
    source_ended_ = !*more;
    options_.drop_known(&items);
    batch->contents.reserve(items.size());
    for (SourceItem& item : items) {
      // Members are there as buffers and in the arena at once; files only in the arena;
      // large files are mapped.
      if (item.bytes != nullptr) {
        batch->held_bytes += 2 * item.bytes->size();
      } else if (item.problem.ok() && item.size > 0 && item.size <= options_.content.max_buffered_bytes) {
        batch->held_bytes += item.size;
      }
      batch->contents.emplace_back().item = std::move(item);
    }
    // However little it holds, it counts for as much as keeps MostInFlight of them; when all of
    // it was known there is no batch to count.
    if (!batch->contents.empty()) {
      batch->held_bytes =
          std::min(std::max(batch->held_bytes, options_.budget_bytes / MostInFlight()), options_.batch_bytes);
    }
    budget_.Release(options_.batch_bytes - batch->held_bytes);
  }
  batch->sequence = next_sequence_++;
  return batch;
}

void ContentPipeline::Work() {
  const auto body = [this]() -> Status {
    while (!stop_) {
      PL_ASSIGN_OR_RETURN(auto batch, Take());
      if (batch == nullptr) break;
      batch->arena = UsedArena();
      PL_RETURN_NOT_OK(ReadAndJudge(options_.content, batch.get()));
      const std::lock_guard<std::mutex> lock(ready_mutex_);
      const int64_t sequence = batch->sequence;
      ready_[sequence] = std::move(batch);
      ready_changed_.notify_all();
    }
    return Status::OK();
  };
  Status status;
  try {
    status = body();
  } catch (const std::bad_alloc&) {
    status = Error(ErrorCode::kOverBudget, "out of memory while reading contents; try a smaller --memory");
  } catch (const std::exception& e) {
    status = Error(ErrorCode::kInternal, std::string("reading contents: ") + e.what());
  }
  if (!status.ok()) Fail(std::move(status));
  const std::lock_guard<std::mutex> lock(ready_mutex_);
  --working_;
  ready_changed_.notify_all();
}

Result<std::unique_ptr<ContentBatch>> ContentPipeline::Next() {
  std::unique_lock<std::mutex> lock(ready_mutex_);
  ready_changed_.wait(lock,
                      [this] { return !failure_.ok() || working_ == 0 || ready_.contains(handed_out_); });
  PL_RETURN_NOT_OK(failure_);
  const auto next = ready_.find(handed_out_);
  if (next == ready_.end()) return nullptr;
  std::unique_ptr<ContentBatch> batch = std::move(next->second);
  ready_.erase(next);
  ++handed_out_;
  return batch;
}

std::shared_ptr<arrow::Buffer> ContentPipeline::UsedArena() {
  const std::lock_guard<std::mutex> lock(ready_mutex_);
  if (used_arenas_.empty()) return nullptr;
  std::shared_ptr<arrow::Buffer> arena = std::move(used_arenas_.back());
  used_arenas_.pop_back();
  return arena;
}

void ContentPipeline::Done(std::unique_ptr<ContentBatch> batch) {
  const int64_t held = batch->held_bytes;
  if (batch->arena != nullptr) {
    const std::lock_guard<std::mutex> lock(ready_mutex_);
    if (static_cast<int64_t>(used_arenas_.size()) < MostInFlight())
      used_arenas_.push_back(std::move(batch->arena));
  }
  batch.reset();
  budget_.Release(held);
}

}  // namespace pixlake::ingest
