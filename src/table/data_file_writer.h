// Staging rows as data files of a table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "file/blob/blob_parquet_writer.h"
#include "io/location.h"
#include "table/table.h"

namespace pixlake::table {

struct DataFileOptions {
  file::BlobParquetOptions parquet;
  int64_t target_file_bytes = int64_t{512} << 20;  // a file closes when it reaches this
  // The files' fields where they have other names than the table's, by position, with
  // Parquet field ids (see Snapshot::FileSchema); null: as in the table.
  std::shared_ptr<arrow::Schema> file_schema;
  // In front of the names: "_change_data/".
  std::string folder;
  // The one partition the rows belong to: every partition column of the table, by
  // (physical) name, values as text the way the Delta protocol serialises them
  // ("2026-11-21"), nullopt and "" null. Files go to `<table>/date_partition=2026-11-21/`.
  std::map<std::string, std::optional<std::string>> partition_values;
};

// "<uuid>-0_0-0-0_<instant>.parquet": a name that is also a Hudi file slice
// (design section 4). Unique every call.
std::string NewDataFileName();

// Writes batches of a table, or of one partition of it, into one or more data files
// in the table's folder. A full file is synced on another thread while the next one is
// written; what fails there is the next call's error. After an error other than
// kUsage every further call fails with it. Destroyed before Finish(),
// it deletes what it wrote. Not thread-safe.
class DataFileWriter {
 public:
  // `schema` is that of the rows: without the partition columns (kUsage otherwise).
  static Result<std::unique_ptr<DataFileWriter>> Make(io::Location table,
                                                      std::shared_ptr<arrow::Schema> schema,
                                                      DataFileOptions options = {});
  virtual ~DataFileWriter() = default;
  virtual Status Write(const arrow::RecordBatch& batch) = 0;
  // Closes the last file; all are durable, and the caller's from here on.
  virtual Result<std::vector<StagedFile>> Finish() = 0;
};

}  // namespace pixlake::table
