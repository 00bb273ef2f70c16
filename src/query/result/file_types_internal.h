// Results as files have them: which types, and which values of them.
#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::query {

// kUnsupported, naming the column, for what no file can have: VARIANT, and in Parquet UNION.
Status CheckFileTypes(const arrow::Schema& schema, const char* format);

// kUnsupported for a HUGEINT of more digits than Arrow's decimals have.
Status CheckDigits(const arrow::RecordBatch& batch);

// Results as Parquet has them: INTERVAL as twelve bytes, months, days and milliseconds
// (Parquet's LogicalTypes.md, "INTERVAL"), as DuckDB's COPY writes it.
Result<std::shared_ptr<arrow::Schema>> ParquetSchemaOf(const arrow::Schema& schema);
Result<std::shared_ptr<arrow::RecordBatch>> ForParquet(const arrow::RecordBatch& batch,
                                                       const std::shared_ptr<arrow::Schema>& schema);

}  // namespace pixlake::query
