#include <arrow/api.h>
#include <arrow/c/abi.h>
#include <arrow/c/bridge.h>

#include "query/duckdb/arrow_to_duckdb_internal.h"

namespace pixlake::query {
namespace {

Result<DataChunk> ToChunk(duckdb_connection converter, const arrow::RecordBatch& batch,
                          duckdb_arrow_converted_schema converted) {
  ArrowArray exported;
  PL_RETURN_NOT_OK(arrow::ExportRecordBatch(batch, &exported));
  DataChunk chunk;
  const Status status = TakeError(duckdb_data_chunk_from_arrow(converter, &exported, converted, chunk.out()));
  if (exported.release != nullptr) exported.release(&exported);
  if (!status.ok()) return status;
  return chunk;
}

}  // namespace

Result<ColumnConverter> ColumnConverter::Make(duckdb_connection converter,
                                              const std::shared_ptr<arrow::Field>& field) {
  ColumnConverter made;
  // Field metadata is the table's own business (ids, comments), not a type of DuckDB's.
  made.schema_ = arrow::schema({arrow::field("c", field->type())});
  ArrowSchema exported;
  PL_RETURN_NOT_OK(arrow::ExportSchema(*made.schema_, &exported));
  const Status status = TakeError(duckdb_schema_from_arrow(converter, &exported, made.converted_.out()));
  if (exported.release != nullptr) exported.release(&exported);
  if (!status.ok()) return WithContext(status, "column " + field->name());
  PL_ASSIGN_OR_RETURN(auto null, arrow::MakeArrayOfNull(field->type(), 1));
  PL_ASSIGN_OR_RETURN(const auto chunk, ToChunk(converter, *arrow::RecordBatch::Make(made.schema_, 1, {null}),
                                                made.converted_.get()));
  made.type_ = LogicalType(duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(chunk.get(), 0)));
  return made;
}

Status ColumnConverter::Fill(duckdb_connection converter, const std::shared_ptr<arrow::Array>& array,
                             duckdb_vector out) const {
  PL_ASSIGN_OR_RETURN(
      const auto chunk,
      ToChunk(converter, *arrow::RecordBatch::Make(schema_, array->length(), {array}), converted_.get()));
  duckdb_vector_reference_vector(out, duckdb_data_chunk_get_vector(chunk.get(), 0));
  return Status::OK();
}

}  // namespace pixlake::query
