#include <cstring>

#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include "file/parquet_interval.h"
#include "query/result/file_types_internal.h"
#include "query/result/plain_types_internal.h"
#include "query/result/result_kinds.h"

namespace pixlake::query {
namespace {

constexpr int32_t kIntervalBytes = 12;

bool Has(const arrow::DataType& type, arrow::Type::type id) {
  if (type.id() == id) return true;
  for (const auto& child : type.fields()) {
    if (Has(*child->type(), id)) return true;
  }
  return false;
}

// The interval in Parquet's three unsigned numbers, little endian.
Status AppendInterval(const arrow::MonthDayNanoIntervalType::MonthDayNanos& value, uint8_t* out) {
  if (value.months < 0 || value.days < 0 || value.nanoseconds < 0) {
    return Error(ErrorCode::kUnsupported, "Parquet has no negative intervals; CAST the column to VARCHAR");
  }
  const int64_t millis = value.nanoseconds / 1000000;
  if (millis > UINT32_MAX) {
    return Error(ErrorCode::kUnsupported,
                 "an interval has more milliseconds than Parquet can hold; CAST the column to VARCHAR");
  }
  const uint32_t parts[3] = {static_cast<uint32_t>(value.months), static_cast<uint32_t>(value.days),
                             static_cast<uint32_t>(millis)};
  for (const uint32_t part : parts) {
    for (int byte = 0; byte < 4; ++byte) *out++ = static_cast<uint8_t>(part >> (8 * byte));
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Array>> Intervals(const arrow::Array& array) {
  const auto& intervals = static_cast<const arrow::MonthDayNanoIntervalArray&>(array);
  arrow::FixedSizeBinaryBuilder out(arrow::fixed_size_binary(kIntervalBytes));
  PL_RETURN_NOT_OK(out.Reserve(array.length()));
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) {
      out.UnsafeAppendNull();
      continue;
    }
    uint8_t bytes[kIntervalBytes];
    PL_RETURN_NOT_OK(AppendInterval(intervals.GetValue(i), bytes));
    out.UnsafeAppend(bytes);
  }
  return out.Finish();
}

}  // namespace

bool IsVariant(const arrow::Field& field) {
  return field.metadata() != nullptr && field.metadata()->Get(kKindKey).ValueOr("") == kVariantKind;
}

Status CheckFileTypes(const arrow::Schema& schema, const char* format) {
  for (const auto& field : schema.fields()) {
    const bool variant = IsVariant(*field);
    const bool parquet = format == std::string_view("Parquet");
    const bool of_unions =
        Has(*field->type(), arrow::Type::SPARSE_UNION) || Has(*field->type(), arrow::Type::DENSE_UNION);
    const bool nested = field->type()->id() != arrow::Type::INTERVAL_MONTH_DAY_NANO &&
                        Has(*field->type(), arrow::Type::INTERVAL_MONTH_DAY_NANO);
    const char* what = variant                ? "a VARIANT"
                       : of_unions && parquet ? "a UNION"
                       : nested && parquet    ? "nested with an INTERVAL in it"
                                              : nullptr;
    if (what == nullptr) continue;
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("column {} is {}, which is not written to {} files; CAST it to VARCHAR, JSON or a "
                    "STRUCT",
                    field->name(), what, format));
  }
  return Status::OK();
}

Status CheckDigits(const arrow::RecordBatch& batch) {
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (batch.column(i)->type_id() != arrow::Type::DECIMAL128) continue;
    const auto& values = static_cast<const arrow::Decimal128Array&>(*batch.column(i));
    const int32_t precision = static_cast<const arrow::DecimalType&>(*values.type()).precision();
    if (precision < 38) continue;
    for (int64_t row = 0; row < values.length(); ++row) {
      if (values.IsNull(row) || arrow::Decimal128(values.GetValue(row)).FitsInPrecision(precision)) continue;
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("column {}: {} has more than 38 digits, which no decimal of a file has; CAST the "
                      "column to VARCHAR (or DOUBLE, and lose digits)",
                      batch.column_name(i), values.FormatValue(row)));
    }
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Schema>> ParquetSchemaOf(const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    fields.push_back(field->type()->id() == arrow::Type::INTERVAL_MONTH_DAY_NANO
                         ? arrow::field(field->name(), arrow::fixed_size_binary(kIntervalBytes),
                                        field->nullable(),
                                        arrow::key_value_metadata({file::kIntervalKey}, {"true"}))
                         : field);
  }
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::RecordBatch>> ForParquet(const arrow::RecordBatch& batch,
                                                       const std::shared_ptr<arrow::Schema>& schema) {
  arrow::ArrayVector columns;
  for (int i = 0; i < batch.num_columns(); ++i) {
    columns.push_back(batch.column(i));
    if (columns.back()->type_id() == arrow::Type::INTERVAL_MONTH_DAY_NANO) {
      auto intervals = Intervals(*columns.back());
      if (!intervals.ok()) return WithContext(intervals.status(), "column " + batch.column_name(i));
      columns.back() = *std::move(intervals);
    }
  }
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

}  // namespace pixlake::query
