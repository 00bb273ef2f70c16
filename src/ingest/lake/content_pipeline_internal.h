// Reads and judges contents on the arena, within a budget of bytes, in order.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/memory/memory_budget.h"
#include "base/result.h"
#include "base/work/crew.h"
#include "ingest/lake/content_internal.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

struct PipelineOptions {
  ContentOptions content;
  int threads = 1;
  int64_t budget_bytes = int64_t{64} << 20;  // contents in flight
  int64_t batch_bytes = int64_t{16} << 20;   // at most half of the budget
  // Few enough that small files are still in the cache when they are written.
  int64_t batch_items = 768;
  // Drops the items that need no reading. Called under one lock.
  std::function<void(std::vector<SourceItem>* items)> drop_known;
};

// A crew's hands take items from the source in turn, reserve their bytes in that order (so the
// oldest batch always has room and nothing can lock up), then read, hash and judge side
// by side; without room they leave, until Done makes some. Next hands batches out in the source's order.
class ContentPipeline {
 public:
  ContentPipeline(Source* source, PipelineOptions options);
  // What is in flight is dropped.
  ~ContentPipeline();

  // Null at the end. The first error of any thread.
  Result<std::unique_ptr<ContentBatch>> Next();
  // Gives a batch's bytes back to the budget.
  void Done(std::unique_ptr<ContentBatch> batch);

 private:
  bool WorkNext();
  Result<bool> ReadNext();
  Result<std::unique_ptr<ContentBatch>> Take();
  void NoteTotal();
  std::shared_ptr<arrow::Buffer> UsedArena();
  void Fail(Status status);
  // Batches enough to keep every hand busy; memory that more of them touch is only colder.
  int64_t MostInFlight() const { return 2 * int64_t{std::max(1, options_.threads)} + 2; }

  Source* const source_;
  const PipelineOptions options_;
  MemoryBudget budget_;
  std::mutex source_mutex_;  // also for next_sequence_ and source_ended_
  int64_t next_sequence_ = 0;
  bool source_ended_ = false;

  std::mutex ready_mutex_;
  std::condition_variable ready_changed_;
  std::map<int64_t, std::unique_ptr<ContentBatch>> ready_;
  int64_t handed_out_ = 0;
  int64_t total_ = -1;  // batches that the source gave; not negative once it has ended
  // Arenas to use again: fresh memory has to be cleared by the kernel, page by page.
  std::vector<std::shared_ptr<arrow::Buffer>> used_arenas_;
  Status failure_;
  std::atomic<bool> stop_{false};
  Crew crew_;  // goes first
};

}  // namespace pixlake::ingest
