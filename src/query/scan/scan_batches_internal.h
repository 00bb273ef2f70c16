// The batches of a scan, taken by one thread of DuckDB or by several.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include <arrow/record_batch.h>

#include "base/result.h"
#include "base/work/pending.h"
#include "io/store.h"
#include "query/scan/carried_blobs_internal.h"
#include "table/scan.h"

namespace pixlake::query {

// What the threads of a scan share: the plan, and which of its files comes next.
struct SharedScan {
  std::shared_ptr<io::Store> store;
  table::ScanPlan plan;
  int threads = 1;  // that may read at once
  // With blobs carried: which columns of the plan's output, and the plan that reads where the rows are
  // in their place.
  std::shared_ptr<CarriedBlobs> carried;
  size_t scan = 0;  // in `carried`
  std::vector<int> carried_columns;
  table::ScanPlan place_plan;

  // Has `blobs` carry what it can of the plan's columns; null: nothing.
  void CarryBlobs(std::shared_ptr<CarriedBlobs> blobs);
  std::atomic<size_t> next_task{0};
  std::atomic<int> readers{0};
};

// One thread's part. DuckDB runs a query whose rows keep their order on one thread; the
// others then read the next files ahead, a batch of each, so that their order stays and yet
// all cores are busy.
class ScanBatches {
 public:
  explicit ScanBatches(std::shared_ptr<SharedScan> shared);

  // Null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  // A file that was opened, and its first batch; null when it has none.
  struct Opened {
    std::unique_ptr<arrow::RecordBatchReader> reader;
    std::shared_ptr<arrow::RecordBatch> first;
    size_t task = 0;
    bool carries = false;  // the batches have places, not blobs
  };
  // A batch as the plan wants it.
  static Result<std::shared_ptr<arrow::RecordBatch>> Finish(const SharedScan& shared, const Opened& opened,
                                                            std::shared_ptr<arrow::RecordBatch> batch);
  static Result<Opened> Open(const std::shared_ptr<SharedScan>& shared, size_t task);
  // Has files read ahead; false at the end of the scan.
  Result<bool> OpenNext();

  const std::shared_ptr<SharedScan> shared_;
  int opened_ = 0;
  Opened current_;
  std::deque<pixlake::Pending<Result<Opened>>> ahead_;
};

}  // namespace pixlake::query
