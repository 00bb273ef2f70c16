#include "kernel/fact_columns.h"

namespace pixlake::kernel {
namespace {

template <typename Builder, typename Number>
Status AppendNumber(const std::optional<Number>& number, arrow::ArrayBuilder* builder) {
  auto* column = static_cast<Builder*>(builder);
  return number ? column->Append(*number) : column->AppendNull();
}

template <typename Array, typename Number>
void TakeNumber(const arrow::Array& array, int64_t row, std::optional<Number>* number) {
  if (array.IsValid(row)) *number = static_cast<const Array&>(array).Value(row);
}

}  // namespace

Status AppendFact(const std::string& text, arrow::ArrayBuilder* builder) {
  auto* column = static_cast<arrow::StringBuilder*>(builder);
  return text.empty() ? column->AppendNull() : column->Append(text);
}

Status AppendFact(const std::optional<double>& number, arrow::ArrayBuilder* builder) {
  return AppendNumber<arrow::DoubleBuilder>(number, builder);
}

Status AppendFact(const std::optional<int32_t>& number, arrow::ArrayBuilder* builder) {
  return AppendNumber<arrow::Int32Builder>(number, builder);
}

Status AppendFact(const std::optional<int64_t>& micros, arrow::ArrayBuilder* builder) {
  return AppendNumber<arrow::TimestampBuilder>(micros, builder);
}

Status AppendFact(const std::vector<std::string>& texts, arrow::ArrayBuilder* builder) {
  auto* column = static_cast<arrow::ListBuilder*>(builder);
  if (texts.empty()) return column->AppendNull();
  PL_RETURN_NOT_OK(column->Append());
  auto* elements = static_cast<arrow::StringBuilder*>(column->value_builder());
  for (const std::string& text : texts) PL_RETURN_NOT_OK(elements->Append(text));
  return Status::OK();
}

void TakeFact(const arrow::Array& array, int64_t row, std::string* text) {
  if (array.IsValid(row)) *text = static_cast<const arrow::StringArray&>(array).GetView(row);
}

void TakeFact(const arrow::Array& array, int64_t row, std::optional<double>* number) {
  TakeNumber<arrow::DoubleArray>(array, row, number);
}

void TakeFact(const arrow::Array& array, int64_t row, std::optional<int32_t>* number) {
  TakeNumber<arrow::Int32Array>(array, row, number);
}

void TakeFact(const arrow::Array& array, int64_t row, std::optional<int64_t>* micros) {
  TakeNumber<arrow::TimestampArray>(array, row, micros);
}

void TakeFact(const arrow::Array& array, int64_t row, std::vector<std::string>* texts) {
  if (array.IsNull(row)) return;
  const auto& list = static_cast<const arrow::ListArray&>(array);
  const auto& elements = static_cast<const arrow::StringArray&>(*list.values());
  for (int64_t i = list.value_offset(row); i < list.value_offset(row) + list.value_length(row); ++i) {
    if (elements.IsValid(i)) texts->emplace_back(elements.GetView(i));
  }
}

}  // namespace pixlake::kernel
