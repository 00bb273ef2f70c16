// Blobs that a query only passes on: words in their place, the bytes once the rows are there.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>

#include "base/result.h"
#include "io/store.h"
#include "table/row/row_blobs.h"
#include "table/scan.h"

namespace pixlake::query {

// What one query carries. A sort, a join or a window of DuckDB holds rows 2,048 at a time: of images
// that is more than there is memory. So a scan gives a word for each blob that nobody looks into,
// and whoever reads the result has the words made good, as many at a time as fit. A word begins with
// a random key of this query, which no content can have. Thread-safe, but for Resolve.
class CarriedBlobs {
 public:
  // `looked_into`: columns that are not carried, in lower case. `batch_bytes`: of blobs at once.
  CarriedBlobs(std::set<std::string> looked_into, int64_t batch_bytes);

  // The ordinals of plan.output_schema whose values are carried. None for a store that is not local,
  // where each value would be a request.
  std::vector<int> ColumnsOf(const io::Store& store, const table::ScanPlan& plan) const;
  // A scan whose blobs `columns` are carried; its number. `plan` is as it would be without.
  size_t Add(std::shared_ptr<io::Store> store, const table::ScanPlan& plan, const std::vector<int>& columns);
  // Whether the values of a task of the scan can be had later.
  Result<bool> Holds(size_t scan, size_t task);
  // Words for the rows at `positions` of a task's file: for the column-th of the scan's `columns`.
  Result<std::shared_ptr<arrow::Array>> Words(size_t scan, size_t task, size_t column,
                                              const arrow::Int64Array& positions) const;

  // The first rows of `batch` from row `*from` on with the blobs in place of words, as many as have
  // batch_bytes and at least one; moves `*from`.
  Result<std::shared_ptr<arrow::RecordBatch>> Resolve(const arrow::RecordBatch& batch, int64_t* from);

 private:
  struct Scan {
    std::shared_ptr<io::Store> store;
    table::ScanPlan plan;
    std::vector<std::string> columns;
  };
  struct OpenFile {
    size_t scan, task;
    std::shared_ptr<table::RowBlobs> blobs;
  };

  Result<std::shared_ptr<table::RowBlobs>> Open(size_t scan, size_t task) const;
  Result<table::RowBlobs*> Opened(size_t scan, size_t task);
  bool IsWord(std::string_view value) const;
  Result<std::shared_ptr<arrow::Buffer>> ReadWord(std::string_view word);

  const std::set<std::string> looked_into_;
  const int64_t batch_bytes_;
  const std::string key_;
  mutable std::mutex mutex_;  // of scans_
  std::vector<std::shared_ptr<const Scan>> scans_;
  std::list<OpenFile> open_;  // of Resolve alone; the one used last in front
};

}  // namespace pixlake::query
