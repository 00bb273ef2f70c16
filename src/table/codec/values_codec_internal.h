// Typed values in the JSON of plans: columns as Arrow's IPC stream (zstd), in base64.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::table {

Result<std::string> EncodeColumns(const arrow::RecordBatch& columns);

// Bytes of others: kCorrupt for what is no one batch, or one that does not validate.
Result<std::shared_ptr<arrow::RecordBatch>> DecodeColumns(const std::string& text);

// Both in order; a null pointer among the values, which says "unknown", stays one. `types` are not
// kept apart: a value of null is null of its type.
Result<std::string> EncodeScalars(const std::vector<std::shared_ptr<arrow::Scalar>>& values);
Result<std::vector<std::shared_ptr<arrow::Scalar>>> DecodeScalars(const std::string& text);

Result<std::string> EncodeSchema(const arrow::Schema& schema);
Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& text);

}  // namespace pixlake::table
