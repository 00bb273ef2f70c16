#include <algorithm>
#include <array>
#include <utility>

#include <arrow/type.h>

#include "query/change/spark_types_internal.h"

namespace pixlake::query {
namespace {

constexpr std::array<std::pair<std::string_view, SparkTypeName>, 18> kTypes = {{
    {"tinyint", {"TINYINT", SparkKind::kInteger}},
    {"byte", {"TINYINT", SparkKind::kInteger}},
    {"smallint", {"SMALLINT", SparkKind::kInteger}},
    {"short", {"SMALLINT", SparkKind::kInteger}},
    {"int", {"INTEGER", SparkKind::kInteger}},
    {"integer", {"INTEGER", SparkKind::kInteger}},
    {"bigint", {"BIGINT", SparkKind::kInteger}},
    {"long", {"BIGINT", SparkKind::kInteger}},
    {"decimal", {"DECIMAL", SparkKind::kDecimal}},
    {"dec", {"DECIMAL", SparkKind::kDecimal}},
    {"numeric", {"DECIMAL", SparkKind::kDecimal}},
    {"float", {"FLOAT", SparkKind::kFloating}},
    {"real", {"FLOAT", SparkKind::kFloating}},
    {"double", {"DOUBLE", SparkKind::kFloating}},
    {"string", {"VARCHAR", SparkKind::kText}},
    {"boolean", {"BOOLEAN", SparkKind::kBoolean}},
    {"date", {"DATE", SparkKind::kDate}},
    {"timestamp", {"TIMESTAMP WITH TIME ZONE", SparkKind::kTimestamp}},
}};

}  // namespace

SparkKind KindOf(const arrow::DataType& type) {
  if (arrow::is_integer(type.id())) return SparkKind::kInteger;
  if (arrow::is_decimal(type.id())) return SparkKind::kDecimal;
  if (arrow::is_floating(type.id())) return SparkKind::kFloating;
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return SparkKind::kText;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return SparkKind::kBytes;
    case arrow::Type::BOOL:
      return SparkKind::kBoolean;
    case arrow::Type::DATE32:
      return SparkKind::kDate;
    case arrow::Type::TIMESTAMP:
      return SparkKind::kTimestamp;
    default:
      return SparkKind::kOther;
  }
}

std::optional<SparkTypeName> FindSparkType(std::string_view name) {
  const auto found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& entry) { return entry.first == name; });
  return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

bool CastsAlike(SparkKind from, SparkKind to) {
  switch (to) {
    case SparkKind::kText:
      return from == SparkKind::kText || from == SparkKind::kInteger || from == SparkKind::kBoolean ||
             from == SparkKind::kDate;
    case SparkKind::kInteger:
      return from == SparkKind::kInteger || from == SparkKind::kBoolean;
    case SparkKind::kDecimal:
      return from == SparkKind::kInteger || from == SparkKind::kDecimal;
    case SparkKind::kFloating:
      return from == SparkKind::kInteger || from == SparkKind::kDecimal || from == SparkKind::kFloating;
    case SparkKind::kDate:
      return from == SparkKind::kDate || from == SparkKind::kTimestamp || from == SparkKind::kText;
    case SparkKind::kTimestamp:
      return from == SparkKind::kTimestamp || from == SparkKind::kDate;
    default:
      return from == to && from == SparkKind::kBoolean;
  }
}

}  // namespace pixlake::query
