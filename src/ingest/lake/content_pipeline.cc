#include <algorithm>
#include <new>
#include <utility>

#include <unistd.h>

#include "ingest/lake/content_pipeline_internal.h"

namespace pixlake::ingest {

ContentPipeline::ContentPipeline(Source* source, PipelineOptions options)
    : source_(source),
      options_(std::move(options)),
      budget_(options_.budget_bytes),
      crew_(WorkKind::kCpu, static_cast<size_t>(std::max(1, options_.threads)),
            [this] { return WorkNext(); }) {
  for (int i = 0; i < std::max(1, options_.threads); ++i) crew_.Wake();
}

ContentPipeline::~ContentPipeline() {
  stop_ = true;
  crew_.Finish();
  for (const auto& [sequence, batch] : ready_) {
    for (const Content& content : batch->contents) {
      if (!content.spilled.empty()) ::unlink(content.spilled.c_str());
    }
  }
}

void ContentPipeline::Fail(Status status) {
  stop_ = true;
  const std::lock_guard<std::mutex> lock(ready_mutex_);
  if (failure_.ok()) failure_ = std::move(status);
  ready_changed_.notify_all();
}

// The next items, their bytes reserved; null when there is no room for them, or there are no more.
Result<std::unique_ptr<ContentBatch>> ContentPipeline::Take() {
  const std::lock_guard<std::mutex> lock(source_mutex_);
  auto batch = std::make_unique<ContentBatch>();
  while (batch->contents.empty()) {
    if (source_ended_ || stop_) {
      if (source_ended_) NoteTotal();
      return nullptr;
    }
    // A whole batch is reserved before the source may allocate members for it.
    if (!budget_.TryAcquire(options_.batch_bytes)) return nullptr;
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
  if (source_ended_) NoteTotal();
  return batch;
}

void ContentPipeline::NoteTotal() {
  const std::lock_guard<std::mutex> lock(ready_mutex_);
  total_ = next_sequence_;
  ready_changed_.notify_all();
}

// Whether it did anything.
Result<bool> ContentPipeline::ReadNext() {
  if (stop_) return false;
  PL_ASSIGN_OR_RETURN(auto batch, Take());
  if (batch == nullptr) return false;
  batch->arena = UsedArena();
  PL_RETURN_NOT_OK(ReadAndJudge(options_.content, batch.get()));
  const std::lock_guard<std::mutex> lock(ready_mutex_);
  const int64_t sequence = batch->sequence;
  ready_[sequence] = std::move(batch);
  ready_changed_.notify_all();
  return true;
}

bool ContentPipeline::WorkNext() {
  Result<bool> did = false;
  try {
    did = ReadNext();
  } catch (const std::bad_alloc&) {
    did = Error(ErrorCode::kOverBudget, "out of memory while reading contents; try a smaller --memory");
  } catch (const std::exception& e) {
    did = Error(ErrorCode::kInternal, std::string("reading contents: ") + e.what());
  }
  if (did.ok()) return *did;
  Fail(did.status());
  return false;
}

Result<std::unique_ptr<ContentBatch>> ContentPipeline::Next() {
  std::unique_lock<std::mutex> lock(ready_mutex_);
  const auto decided = [this] {
    return !failure_.ok() || handed_out_ == total_ || ready_.contains(handed_out_);
  };
  while (!decided()) {
    lock.unlock();
    const bool helped = crew_.Help();
    lock.lock();
    if (!helped) ready_changed_.wait(lock, decided);
  }
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
  crew_.Wake();
}

}  // namespace pixlake::ingest
