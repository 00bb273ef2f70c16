// Staging rows as data files of a table.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "file/blob_parquet_writer.h"
#include "io/location.h"
#include "table/table.h"

namespace pixlake::table {

struct DataFileOptions {
  file::BlobParquetOptions parquet;
  int64_t target_file_bytes = int64_t{512} << 20;  // a file closes when it reaches this
};

// "<uuid>-0_0-0-0_<instant>.parquet": a name that is also a Hudi file slice
// (design section 4). Unique every call.
std::string NewDataFileName();

// Writes batches of an unpartitioned table into one or more data files in the
// table's folder. Destroyed before Finish(), it deletes what it wrote.
class DataFileWriter {
 public:
  static Result<std::unique_ptr<DataFileWriter>> Make(io::Location table,
                                                      std::shared_ptr<arrow::Schema> schema,
                                                      DataFileOptions options = {});
  virtual ~DataFileWriter() = default;
  virtual Status Write(const arrow::RecordBatch& batch) = 0;
  // Closes the last file; the caller owns the files from here on.
  virtual Result<std::vector<StagedFile>> Finish() = 0;
};

}  // namespace pixlake::table
