#include <algorithm>
#include <cmath>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include "query/scan_literals_internal.h"
#include "query/scan_predicates_internal.h"

namespace pixlake::query {
namespace {

using Json = nlohmann::json;
using table::Comparison;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;

ScalarPtr Constant(const Json& value) {
  if (value.value("is_null", true) || !value.contains("value")) return nullptr;
  const Json& content = value.at("value");
  const std::string type = TextAt(value.at("type"), "id");
  if (type == "VARCHAR" && content.is_string()) return arrow::MakeScalar(content.get<std::string>());
  if (type == "BOOLEAN" && content.is_boolean()) return arrow::MakeScalar(content.get<bool>());
  if (type == "DOUBLE" && content.is_number()) return arrow::MakeScalar(content.get<double>());
  if (!content.is_number_integer() || (content.is_number_unsigned() && content.get<uint64_t>() > INT64_MAX)) {
    return nullptr;
  }
  const auto number = content.get<int64_t>();
  if (type == "TINYINT" || type == "SMALLINT" || type == "INTEGER" || type == "BIGINT") {
    return arrow::MakeScalar(number);
  }
  if (type == "DECIMAL") {
    const Json& info = value.at("type").at("type_info");
    return std::make_shared<arrow::Decimal128Scalar>(
        arrow::Decimal128(number),
        arrow::decimal128(info.at("width").get<int32_t>(), info.at("scale").get<int32_t>()));
  }
  return nullptr;
}

ScalarPtr Cast(const std::string& text, const std::string& type) {
  std::shared_ptr<arrow::DataType> target;
  if (type == "DATE" && text.size() == 10) target = arrow::date32();
  if (type == "TIMESTAMP" && text.size() >= 19) target = arrow::timestamp(arrow::TimeUnit::MICRO);
  if (type == "BOOLEAN" && (text == "t" || text == "f")) return arrow::MakeScalar(text == "t");
  if (target == nullptr) return nullptr;
  return arrow::Scalar::Parse(target, text).ValueOr(nullptr);
}

// A float column is compared as floats, so only literals that are floats are sure.
bool IsExactFloat(const arrow::Scalar& value) {
  double number = 0;
  switch (value.type->id()) {
    case arrow::Type::INT64: {
      return std::llabs(static_cast<const arrow::Int64Scalar&>(value).value) <= (1 << 24);
    }
    case arrow::Type::DOUBLE:
      number = static_cast<const arrow::DoubleScalar&>(value).value;
      break;
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Scalar&>(value);
      const int32_t scale = static_cast<const arrow::DecimalType&>(*value.type).scale();
      const double unscaled = decimal.value.ToDouble(0);
      number = unscaled / std::pow(10.0, scale);
      // Small enough for the product to be exact, so that it tells.
      if (scale > 6 || std::fabs(unscaled) > (1 << 24)) return false;
      if (static_cast<double>(static_cast<float>(number)) * std::pow(10.0, scale) != unscaled) return false;
      break;
    }
    default:
      return false;
  }
  return static_cast<double>(static_cast<float>(number)) == number;
}

// DuckDB casts a text beside a date or a timestamp to that type.
ScalarPtr AsTypeOf(const arrow::Field& field, const ScalarPtr& value) {
  if (value->type->id() != arrow::Type::STRING) return value;
  const std::string text = value->ToString();
  if (field.type()->id() == arrow::Type::DATE32 && text.size() == 10) {
    return arrow::Scalar::Parse(field.type(), text).ValueOr(nullptr);
  }
  const bool naive = field.type()->id() == arrow::Type::TIMESTAMP &&
                     static_cast<const arrow::TimestampType&>(*field.type()).timezone().empty();
  if (naive && text.size() >= 19) return arrow::Scalar::Parse(field.type(), text).ValueOr(nullptr);
  return value;
}

}  // namespace

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::tolower(c) : c); });
  return text;
}

std::string TextAt(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ScalarPtr ParseLiteral(const Json& node) {
  if (TextAt(node, "class") == "CONSTANT") return Constant(node.at("value"));
  if (TextAt(node, "class") != "CAST" || !node.contains("child") || !node.contains("cast_type"))
    return nullptr;
  if (TextAt(node.at("child"), "class") != "CONSTANT") return nullptr;
  const auto inner = Constant(node.at("child").at("value"));
  if (inner == nullptr || inner->type->id() != arrow::Type::STRING) return nullptr;
  return Cast(inner->ToString(), TextAt(node.at("cast_type"), "id"));
}

table::Predicate BindPredicate(const table::Predicate& predicate, const arrow::Schema& schema) {
  table::Predicate bound;
  for (const Comparison& comparison : predicate.all_of) {
    for (const auto& field : schema.fields()) {
      if (LowerCase(field->name()) != LowerCase(comparison.column[0])) continue;
      Comparison one{{field->name()}, comparison.op, {}};
      bool sure = true;
      for (const ScalarPtr& value : comparison.values) {
        if (field->type()->id() == arrow::Type::FLOAT && !IsExactFloat(*value)) sure = false;
        one.values.push_back(AsTypeOf(*field, value));
        sure &= one.values.back() != nullptr;
      }
      if (sure) bound.all_of.push_back(std::move(one));
      break;
    }
  }
  return bound;
}

}  // namespace pixlake::query
