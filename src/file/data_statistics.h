// What is known of the values in one data file, column by column.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace parquet {
class FileMetaData;
}

namespace pixlake::file {

// One leaf column. `path` leads through structs; leaves under lists and maps have
// no entry. `min` and `max` are null when unknown (blobs, all-null, NaN).
struct ColumnStatistics {
  std::vector<std::string> path;
  std::shared_ptr<arrow::Scalar> min;
  std::shared_ptr<arrow::Scalar> max;
  int64_t null_count = -1;  // -1 unknown
};

struct DataStatistics {
  int64_t num_rows = 0;
  std::vector<ColumnStatistics> columns;
};

// Merges the row groups' own statistics, typed by `schema` (the file's Arrow
// schema). Binary columns never get min and max (B1).
Result<DataStatistics> CollectStatistics(const parquet::FileMetaData& metadata, const arrow::Schema& schema);

}  // namespace pixlake::file
