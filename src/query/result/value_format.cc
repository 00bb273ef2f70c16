#include <cmath>
#include <string>

#include <arrow/api.h>
#include <arrow/extension_type.h>
#include <arrow/util/base64.h>
#include <fmt/format.h>

#include "query/result/time_text_internal.h"
#include "query/result/value_format_internal.h"

namespace pixlake::query {
namespace {

using arrow::Array;
using arrow::Type;

std::string FormatFloat(double value, bool is_single) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text = is_single ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <typename ArrayType>
const ArrayType& As(const Array& array) {
  return static_cast<const ArrayType&>(array);
}

// The text of a value that is not nested and not null; `is_text` when JSON quotes it.
std::string FormatLeaf(const Array& array, int64_t row, bool* is_text) {
  *is_text = true;
  switch (array.type_id()) {
    case Type::STRING:
    case Type::LARGE_STRING: {
      return array.type_id() == Type::STRING ? As<arrow::StringArray>(array).GetString(row)
                                             : As<arrow::LargeStringArray>(array).GetString(row);
    }
    case Type::STRING_VIEW:
      return As<arrow::StringViewArray>(array).GetString(row);
    case Type::BINARY:
      return arrow::util::base64_encode(As<arrow::BinaryArray>(array).GetView(row));
    case Type::LARGE_BINARY:
      return arrow::util::base64_encode(As<arrow::LargeBinaryArray>(array).GetView(row));
    case Type::BINARY_VIEW:
      return arrow::util::base64_encode(As<arrow::BinaryViewArray>(array).GetView(row));
    case Type::FIXED_SIZE_BINARY:
      return arrow::util::base64_encode(As<arrow::FixedSizeBinaryArray>(array).GetView(row));
    case Type::DATE32:
      return FormatDate(As<arrow::Date32Array>(array).Value(row));
    case Type::TIMESTAMP:
      return FormatTimestamp(As<arrow::TimestampArray>(array).Value(row),
                             static_cast<const arrow::TimestampType&>(*array.type()));
    case Type::TIME32:
      return FormatTimeOfDay(As<arrow::Time32Array>(array).Value(row),
                             static_cast<const arrow::TimeType&>(*array.type()).unit());
    case Type::TIME64:
      return FormatTimeOfDay(As<arrow::Time64Array>(array).Value(row),
                             static_cast<const arrow::TimeType&>(*array.type()).unit());
    case Type::INTERVAL_MONTH_DAY_NANO:
      return FormatInterval(As<arrow::MonthDayNanoIntervalArray>(array).GetValue(row));
    default:
      break;
  }
  *is_text = !IsNumber(*array.type()) && array.type_id() != Type::BOOL;
  switch (array.type_id()) {
    case Type::BOOL:
      return As<arrow::BooleanArray>(array).Value(row) ? "true" : "false";
    case Type::FLOAT:
      return FormatFloat(As<arrow::FloatArray>(array).Value(row), true);
    case Type::DOUBLE:
      return FormatFloat(As<arrow::DoubleArray>(array).Value(row), false);
    case Type::INT32:
      return std::to_string(As<arrow::Int32Array>(array).Value(row));
    case Type::INT64:
      return std::to_string(As<arrow::Int64Array>(array).Value(row));
    case Type::DECIMAL128:
      return As<arrow::Decimal128Array>(array).FormatValue(row);
    default: {
      const auto scalar = array.GetScalar(row);
      return scalar.ok() ? (*scalar)->ToString() : scalar.status().message();
    }
  }
}

// Follows dictionaries, extensions and unions to the value itself; false when it is none of these.
template <typename Append>
bool FollowIndirection(const Array& array, int64_t row, Append append) {
  switch (array.type_id()) {
    case Type::DICTIONARY: {
      const auto& dictionary = As<arrow::DictionaryArray>(array);
      append(*dictionary.dictionary(), dictionary.GetValueIndex(row));
      return true;
    }
    case Type::EXTENSION:
      append(*As<arrow::ExtensionArray>(array).storage(), row);
      return true;
    case Type::SPARSE_UNION:
      append(*As<arrow::SparseUnionArray>(array).field(As<arrow::SparseUnionArray>(array).child_id(row)),
             row);
      return true;
    case Type::DENSE_UNION:
      append(*As<arrow::DenseUnionArray>(array).field(As<arrow::DenseUnionArray>(array).child_id(row)),
             As<arrow::DenseUnionArray>(array).value_offset(row));
      return true;
    default:
      return false;
  }
}

void AppendJsonList(const Array& values, int64_t begin, int64_t end, std::string* out) {
  *out += '[';
  for (int64_t i = begin; i < end; ++i) {
    if (i > begin) *out += ',';
    AppendJson(values, i, out);
  }
  *out += ']';
}

void AppendJsonMap(const arrow::MapArray& map, int64_t row, std::string* out) {
  *out += '{';
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    if (i > map.value_offset(row)) *out += ',';
    std::string key;
    AppendPlain(*map.keys(), i, &key);
    AppendJsonString(key, out);
    *out += ':';
    AppendJson(*map.items(), i, out);
  }
  *out += '}';
}

void AppendJsonStruct(const arrow::StructArray& rows, int64_t row, std::string* out) {
  *out += '{';
  for (int i = 0; i < rows.num_fields(); ++i) {
    if (i > 0) *out += ',';
    AppendJsonString(rows.struct_type()->field(i)->name(), out);
    *out += ':';
    AppendJson(*rows.field(i), row, out);
  }
  *out += '}';
}

// {"tag":value}, as DuckDB has it: which of the types it is, is part of the value.
void AppendJsonUnion(const Array& array, int64_t row, std::string* out) {
  (void)FollowIndirection(array, row, [&](const Array& inner, int64_t at) {
    if (inner.IsNull(at)) {
      *out += "null";
      return;
    }
    const int child = static_cast<const arrow::UnionArray&>(array).child_id(row);
    *out += '{';
    AppendJsonString(array.type()->field(child)->name(), out);
    *out += ':';
    AppendJson(inner, at, out);
    *out += '}';
  });
}

// True when the value was nested and is written.
bool AppendNested(const Array& array, int64_t row, std::string* out) {
  switch (array.type_id()) {
    case Type::LIST: {
      const auto& list = As<arrow::ListArray>(array);
      AppendJsonList(*list.values(), list.value_offset(row), list.value_offset(row + 1), out);
      return true;
    }
    case Type::LARGE_LIST: {
      const auto& list = As<arrow::LargeListArray>(array);
      AppendJsonList(*list.values(), list.value_offset(row), list.value_offset(row + 1), out);
      return true;
    }
    case Type::FIXED_SIZE_LIST: {
      const auto& list = As<arrow::FixedSizeListArray>(array);
      AppendJsonList(*list.values(), list.value_offset(row), list.value_offset(row + 1), out);
      return true;
    }
    case Type::MAP:
      AppendJsonMap(As<arrow::MapArray>(array), row, out);
      return true;
    case Type::STRUCT:
      AppendJsonStruct(As<arrow::StructArray>(array), row, out);
      return true;
    default:
      return false;
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          *out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          *out += c;
        }
    }
  }
  *out += '"';
}

void AppendJson(const Array& array, int64_t row, std::string* out) {
  if (array.IsNull(row) || array.type_id() == Type::NA) {
    *out += "null";
    return;
  }
  if (array.type_id() == Type::SPARSE_UNION || array.type_id() == Type::DENSE_UNION) {
    AppendJsonUnion(array, row, out);
    return;
  }
  if (FollowIndirection(array, row, [&](const Array& inner, int64_t at) { AppendJson(inner, at, out); }))
    return;
  if (AppendNested(array, row, out)) return;
  bool is_text = false;
  const std::string text = FormatLeaf(array, row, &is_text);
  if (is_text) {
    AppendJsonString(text, out);
  } else {
    const bool is_finite = text.find_first_of("NIn") == std::string::npos || array.type_id() == Type::BOOL;
    *out += is_finite ? text : "null";
  }
}

void AppendPlain(const Array& array, int64_t row, std::string* out) {
  if (array.IsNull(row) || array.type_id() == Type::NA) return;
  if (FollowIndirection(array, row, [&](const Array& inner, int64_t at) { AppendPlain(inner, at, out); }))
    return;
  if (AppendNested(array, row, out)) return;
  bool is_text = false;
  *out += FormatLeaf(array, row, &is_text);
}

}  // namespace pixlake::query
