#include <algorithm>
#include <type_traits>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/clock.h"
#include "ingest/lake/metadata_rows_internal.h"
#include "ingest/lake/row_builder_internal.h"

namespace pixlake::ingest {
namespace {

using sink::ColumnType;
using sink::Value;

Value Real(const std::optional<double>& number) {
  return number ? Value(*number) : Value();
}

Value FactValue(const std::string& text) {
  return TextValue(text);
}
Value FactValue(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  std::vector<std::string> valid;
  for (const std::string& text : texts) valid.push_back(ValidUtf8(text));
  return Value(std::move(valid));
}
template <typename Number>
Value FactValue(const std::optional<Number>& number) {
  if constexpr (std::is_integral_v<Number>) return number ? Value(int64_t{*number}) : Value();
  return number ? Value(static_cast<double>(*number)) : Value();
}

Status AppendTexts(const std::vector<std::string>& texts, arrow::ArrayBuilder* builder) {
  auto* list = static_cast<arrow::ListBuilder*>(builder);
  PL_RETURN_NOT_OK(list->Append());
  auto* elements = static_cast<arrow::StringBuilder*>(list->value_builder());
  for (const std::string& text : texts) PL_RETURN_NOT_OK(elements->Append(text));
  return Status::OK();
}

Status AppendTime(const Value& value, arrow::ArrayBuilder* builder) {
  auto* times = static_cast<arrow::TimestampBuilder*>(builder);
  if (const auto* micros = std::get_if<int64_t>(&value); micros != nullptr) return times->Append(*micros);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return times->AppendNull();
  const auto millis = ParseTimestamp(*text);
  return millis.ok() ? times->Append(*millis * 1000) : times->AppendNull();
}

Status AppendValue(const Value& value, arrow::ArrayBuilder* builder) {
  const auto number = [&] { return std::get<int64_t>(value); };
  if (std::holds_alternative<std::monostate>(value)) return builder->AppendNull();
  switch (builder->type()->id()) {
    case arrow::Type::STRING:
      return static_cast<arrow::StringBuilder*>(builder)->Append(std::get<std::string>(value));
    case arrow::Type::INT32:
      return static_cast<arrow::Int32Builder*>(builder)->Append(static_cast<int32_t>(number()));
    case arrow::Type::INT64:
      return static_cast<arrow::Int64Builder*>(builder)->Append(number());
    case arrow::Type::DOUBLE:
      return static_cast<arrow::DoubleBuilder*>(builder)->Append(std::get<double>(value));
    case arrow::Type::TIMESTAMP:
      return AppendTime(value, builder);
    case arrow::Type::LIST:
      return AppendTexts(std::get<std::vector<std::string>>(value), builder);
    default:
      return Error(ErrorCode::kInternal, "raw.metadata has a column of type " + builder->type()->ToString());
  }
}

}  // namespace

Value TextValue(std::string_view text) {
  return text.empty() ? Value() : Value(ValidUtf8(text));
}

Value IntegerValue(bool there, int64_t number) {
  return there ? Value(number) : Value();
}

std::vector<sink::Column> SuccessColumns() {
  return {{"url", ColumnType::kText},         {"id", ColumnType::kText},
          {"format", ColumnType::kText},      {"mode", ColumnType::kText},
          {"width", ColumnType::kInteger},    {"height", ColumnType::kInteger},
          {"channels", ColumnType::kInteger}, {"bit_depth", ColumnType::kInteger},
          {"size", ColumnType::kInteger},     {"latitude", ColumnType::kReal},
          {"longitude", ColumnType::kReal},   {"altitude", ColumnType::kReal},
          {"direction", ColumnType::kReal},   {"gps_timestamp", ColumnType::kText},
          {"document", ColumnType::kJson}};
}

namespace {

// The names of a row's values with facts.
std::vector<std::string> LakeColumns() {
  std::vector<std::string> names;
  for (const sink::Column& column : SuccessColumns()) names.push_back(column.name);
  const image::CommonFacts none;
  image::VisitFacts(none, [&](const char* name, const auto&, const char*) { names.emplace_back(name); });
  return names;
}

}  // namespace

void AppendDocument(const Described& image, const image::Description& description, std::string* out) {
  *out += "{\"url\":";
  image::AppendJsonString(image.url, out);
  *out += ",\"id\":";
  if (image.id.empty()) {
    *out += "null";
  } else {
    image::AppendJsonString(image.id, out);
  }
  *out += ',';
  *out += description.members;
  *out += ',';
  image::AppendJudgementMembers({}, out);  // who has a row is sound
  *out += '}';
}

std::vector<Value> SuccessRow(const Described& image, const std::optional<image::ImageHeader>& header,
                              const image::Description& description, bool facts) {
  const bool known = header.has_value();
  const image::ImageHeader shape = known ? *header : image::ImageHeader{};
  const image::GpsPosition gps = description.gps ? *description.gps : image::GpsPosition{};
  std::vector<Value> values;
  values.reserve(facts ? 30 : 15);
  values.emplace_back(ValidUtf8(image.url));
  values.push_back(TextValue(image.id));
  values.push_back(TextValue(description.format));
  values.push_back(TextValue(description.mode));
  values.push_back(IntegerValue(known, shape.width));
  values.push_back(IntegerValue(known, shape.height));
  values.push_back(IntegerValue(known, shape.channels));
  values.push_back(IntegerValue(known, shape.bit_depth));
  values.emplace_back(static_cast<int64_t>(image.size));
  values.push_back(Real(gps.latitude));
  values.push_back(Real(gps.longitude));
  values.push_back(Real(gps.altitude));
  values.push_back(Real(gps.direction));
  values.push_back(TextValue(gps.timestamp));
  std::string document;
  AppendDocument(image, description, &document);
  values.emplace_back(std::move(document));
  if (!facts) return values;
  image::VisitFacts(description.facts, [&](const char*, const auto& member, const char*) {
    values.push_back(FactValue(member));
  });
  return values;
}

Result<std::shared_ptr<arrow::RecordBatch>> BuildMetadataRows(const std::shared_ptr<arrow::Schema>& schema,
                                                              const std::vector<std::vector<Value>>& rows,
                                                              int64_t described_at_us) {
  const std::vector<std::string> columns = LakeColumns();
  arrow::ArrayVector arrays;
  for (const auto& field : schema->fields()) {
    const auto column = std::find(columns.begin(), columns.end(), field->name());
    PL_ASSIGN_OR_RETURN(const auto builder, arrow::MakeBuilder(field->type()));
    PL_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(rows.size())));
    for (const std::vector<Value>& row : rows) {
      if (column != columns.end()) {
        PL_RETURN_NOT_OK(AppendValue(row[static_cast<size_t>(column - columns.begin())], builder.get()));
      } else if (field->name() == "described_at") {
        PL_RETURN_NOT_OK(static_cast<arrow::TimestampBuilder*>(builder.get())->Append(described_at_us));
      } else {
        return Error(ErrorCode::kInternal, "raw.metadata has an unknown column " + field->name());
      }
    }
    PL_ASSIGN_OR_RETURN(auto array, builder->Finish());
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(rows.size()), std::move(arrays));
}

}  // namespace pixlake::ingest
