#include "table/file_schema.h"

#include <charconv>

#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

// The same values, of the file's type: only names within may differ.
Result<std::shared_ptr<arrow::ArrayData>> Renamed(const arrow::ArrayData& data,
                                                  const std::shared_ptr<arrow::DataType>& type) {
  auto out = std::make_shared<arrow::ArrayData>(data);
  const bool alike = type->num_fields() == 0
                         ? data.type->Equals(*type)
                         : data.type->id() == type->id() && data.type->num_fields() == type->num_fields() &&
                               out->child_data.size() == static_cast<size_t>(type->num_fields());
  if (!alike) {
    return Error(ErrorCode::kSchemaMismatch, fmt::format("the rows have {} where the file has {}",
                                                         data.type->ToString(), type->ToString()));
  }
  out->type = type;
  for (int i = 0; i < type->num_fields(); ++i) {
    auto& child = out->child_data[static_cast<size_t>(i)];
    PL_ASSIGN_OR_RETURN(child, Renamed(*child, type->field(i)->type()));
  }
  return out;
}

}  // namespace

int32_t FieldId(const arrow::Field& field) {
  int32_t id = -1;
  if (field.metadata() == nullptr) return id;
  const auto text = field.metadata()->Get("PARQUET:field_id");
  if (text.ok()) std::from_chars(text->data(), text->data() + text->size(), id);
  return id;
}

Result<std::shared_ptr<arrow::RecordBatch>> AsFilesHaveIt(const arrow::RecordBatch& batch,
                                                          const arrow::Schema& file_schema) {
  if (batch.num_columns() != file_schema.num_fields()) {
    return Error(ErrorCode::kSchemaMismatch, fmt::format("the rows have {} columns, the file {}",
                                                         batch.num_columns(), file_schema.num_fields()));
  }
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& field = file_schema.field(i);
    columns.push_back(batch.column(i));
    // A blob may come as a view; whether a plain type fits is the writer's to say.
    if (field->type()->num_fields() > 0) {
      auto data = Renamed(*batch.column_data(i), field->type());
      if (!data.ok()) return WithContext(data.status(), "column " + batch.column_name(i));
      columns.back() = arrow::MakeArray(*data);
    }
    fields.push_back(field->WithType(columns.back()->type()));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch.num_rows(), std::move(columns));
}

}  // namespace pixlake::table
