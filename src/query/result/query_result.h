// The rows a statement gives.
#pragma once

#include <arrow/record_batch.h>

#include "query/scan/scan_function.h"

namespace pixlake::query {

// The rows of a query, as they are computed. Of one thread; must be destroyed
// before its session, and ends when the session runs the next query.
class QueryResult : public arrow::RecordBatchReader {
 public:
  // False for statements that return nothing (CREATE, SET, …); there are no batches then.
  virtual bool has_rows() const = 0;
  // Grows while the query runs.
  virtual ScanTotals scan_totals() const = 0;
};

}  // namespace pixlake::query
