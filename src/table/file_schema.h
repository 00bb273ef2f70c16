// Columns as data files have them, where a table names them otherwise.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::table {

// The Parquet field id of a file's column; -1: none.
int32_t FieldId(const arrow::Field& field);

// The same rows with the field names of `file_schema`, by position, at every depth; nothing
// is copied. kSchemaMismatch when the number of fields differs.
Result<std::shared_ptr<arrow::RecordBatch>> AsFilesHaveIt(const arrow::RecordBatch& batch,
                                                          const arrow::Schema& file_schema);

}  // namespace pixlake::table
