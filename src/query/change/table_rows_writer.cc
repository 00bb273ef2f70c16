#include <algorithm>

#include <arrow/api.h>

#include "query/change/table_rows_writer_internal.h"
#include "table/partition/partition_text.h"

namespace pixlake::query {
namespace {

constexpr size_t kMostOpen = 8;
constexpr int64_t kLeastRowGroup = int64_t{1} << 20;
constexpr int64_t kMostRowGroup = int64_t{128} << 20;

// True when two rows of a column hold the same value.
bool SameValue(const arrow::Array& array, int64_t a, int64_t b) {
  return array.RangeEquals(a, a + 1, b, array, arrow::EqualOptions::Defaults().nans_equal(true));
}

}  // namespace

// Best effort: what stays is in no snapshot and goes with the next VACUUM.
TableRowsWriter::Finished::~Finished() {
  for (const table::StagedFile& file : files) (void)place->store->Delete(place->Child(file.name));
}

Result<std::unique_ptr<TableRowsWriter>> TableRowsWriter::Make(io::Location table,
                                                               std::shared_ptr<arrow::Schema> schema,
                                                               const arrow::Schema& file_schema,
                                                               std::vector<std::string> partition_columns,
                                                               std::string folder, int64_t memory) {
  std::unique_ptr<TableRowsWriter> out(new TableRowsWriter());
  arrow::FieldVector fields;
  arrow::FieldVector physical;
  for (int i = 0; i < schema->num_fields(); ++i) {
    const auto& field = schema->field(i);
    const bool partition = std::find(partition_columns.begin(), partition_columns.end(), field->name()) !=
                           partition_columns.end();
    (partition ? out->partition_positions_ : out->file_positions_).push_back(i);
    // A void column has nothing to keep: other engines leave it out of files, too.
    if (!partition && field->type()->id() == arrow::Type::NA) out->file_positions_.pop_back();
    if (partition || field->type()->id() == arrow::Type::NA) continue;
    fields.push_back(field);
    physical.push_back(file_schema.field(i));
  }
  const auto writers = static_cast<int64_t>(partition_columns.empty() ? 1 : kMostOpen);
  out->options_.parquet.row_group_bytes = std::clamp(memory / writers, kLeastRowGroup, kMostRowGroup);
  out->options_.file_schema = arrow::schema(std::move(physical));
  out->options_.folder = std::move(folder);
  out->table_ = std::move(table);
  out->schema_ = std::move(schema);
  out->file_schema_ = arrow::schema(std::move(fields));
  return out;
}

Result<TableRowsWriter::Key> TableRowsWriter::KeyOf(const arrow::RecordBatch& batch, int64_t row) const {
  Key key;
  for (const int position : partition_positions_) {
    PL_ASSIGN_OR_RETURN(const auto value, batch.column(position)->GetScalar(row));
    const std::string& name = schema_->field(position)->name();
    auto text = table::PartitionTextOf(*value);
    if (!text.ok()) return WithContext(text.status(), "column " + name);
    key[name] = *std::move(text);
  }
  return key;
}

Status TableRowsWriter::Write(const arrow::RecordBatch& batch) {
  rows_ += batch.num_rows();
  for (int64_t begin = 0; begin < batch.num_rows();) {
    int64_t end = begin + 1;
    const auto same = [&](int position) { return SameValue(*batch.column(position), begin, end); };
    while (end < batch.num_rows() &&
           std::all_of(partition_positions_.begin(), partition_positions_.end(), same)) {
      ++end;
    }
    PL_ASSIGN_OR_RETURN(const Key key, KeyOf(batch, begin));
    PL_RETURN_NOT_OK(WriteRun(key, *batch.Slice(begin, end - begin)));
    begin = end;
  }
  return Status::OK();
}

Status TableRowsWriter::WriteRun(const Key& key, const arrow::RecordBatch& batch) {
  arrow::ArrayVector columns;
  for (const int position : file_positions_) columns.push_back(batch.column(position));
  PL_ASSIGN_OR_RETURN(table::DataFileWriter* const writer, WriterFor(key));
  return writer->Write(*arrow::RecordBatch::Make(file_schema_, batch.num_rows(), std::move(columns)));
}

Result<table::DataFileWriter*> TableRowsWriter::WriterFor(const Key& key) {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.key == key; });
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
    return open_.front().writer.get();
  }
  if (open_.size() == kMostOpen) PL_RETURN_NOT_OK(CloseOldest());
  table::DataFileOptions options = options_;
  options.partition_values = key;
  PL_ASSIGN_OR_RETURN(auto writer, table::DataFileWriter::Make(table_, file_schema_, std::move(options)));
  open_.push_front({key, std::move(writer)});
  return open_.front().writer.get();
}

Status TableRowsWriter::CloseOldest() {
  PL_ASSIGN_OR_RETURN(auto files, open_.back().writer->Finish());
  open_.pop_back();
  std::move(files.begin(), files.end(), std::back_inserter(finished_.files));
  return Status::OK();
}

Result<std::vector<table::StagedFile>> TableRowsWriter::Finish() {
  while (!open_.empty()) PL_RETURN_NOT_OK(CloseOldest());
  return std::exchange(finished_.files, {});
}

}  // namespace pixlake::query
