// The rows of a query as text or as a file.
#pragma once

#include <cstdint>
#include <string_view>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::query {

enum class ResultFormat {
  kTable,    // a box for people; blobs by their size
  kCsv,      // RFC 4180 with a header, lines end in \n; null is empty, "" is the empty text
  kJson,     // one array of row objects
  kParquet,  // image-safe layout (file/blob/blob_parquet_writer.h)
  kArrow,    // Arrow IPC stream
};

// "table", "csv", "json", "parquet", "arrow"; kUsage for others.
Result<ResultFormat> ParseResultFormat(std::string_view name);

struct WriteOptions {
  ResultFormat format = ResultFormat::kTable;
  int64_t max_rows = 40;                      // of a table: the first and the last half are shown; 0: all
  int max_width = 0;                          // of a table, in terminal columns; 0: as wide as it takes
  int64_t memory_bytes = int64_t{256} << 20;  // for rows that wait for their row group to close
};

// Writes all the rows and returns how many there were. In CSV and JSON blobs are
// base64, times ISO 8601, decimals and integers of any length exact, intervals and infinite
// dates as DuckDB writes them, and NaN in JSON null. kUnsupported, naming the column, for
// what a format cannot hold.
// The stream is neither flushed to disk nor closed.
Result<int64_t> WriteResult(arrow::RecordBatchReader* rows, const WriteOptions& options,
                            arrow::io::OutputStream* out);

}  // namespace pixlake::query
