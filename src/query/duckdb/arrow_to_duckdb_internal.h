// Arrow columns as DuckDB vectors.
#pragma once

#include <memory>

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include "base/result.h"
#include "query/duckdb/duckdb_handles_internal.h"

namespace pixlake::query {

// Turns the arrays of one column into vectors without copying what need not be.
// Immutable once made; Fill may be called from several threads.
//
// Columns go one by one: of a chunk made out of several, only the first would own
// the Arrow memory that all of them point into.
class ColumnConverter {
 public:
  static Result<ColumnConverter> Make(duckdb_connection converter,
                                      const std::shared_ptr<arrow::Field>& field);

  duckdb_logical_type type() const { return type_.get(); }
  // At most duckdb_vector_size() values. The vector keeps the array's memory alive.
  Status Fill(duckdb_connection converter, const std::shared_ptr<arrow::Array>& array,
              duckdb_vector out) const;

 private:
  ColumnConverter() = default;

  std::shared_ptr<arrow::Schema> schema_;
  ConvertedSchema converted_;
  LogicalType type_;
};

}  // namespace pixlake::query
