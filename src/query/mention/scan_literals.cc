#include <algorithm>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include "query/mention/scan_literals_internal.h"
#include "query/mention/scan_predicates_internal.h"

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

bool IsNaiveText(const std::string& text) {
  return std::all_of(text.begin() + 10, text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == ' ' || c == 'T' || c == ':' || c == '.';
  });
}

// A wall clock's time as an instant, in a session of UTC; null for what is no time.
ScalarPtr AsInstant(const arrow::DataType& type, const ScalarPtr& value) {
  ScalarPtr naive = value;
  if (value->type->id() == arrow::Type::STRING) {
    const std::string text = value->ToString();
    if (text.size() < 19 || !IsNaiveText(text)) return nullptr;
    naive = arrow::Scalar::Parse(arrow::timestamp(arrow::TimeUnit::MICRO), text).ValueOr(nullptr);
  } else if (value->type->id() == arrow::Type::DATE32) {
    constexpr int64_t kMicrosPerDay = int64_t{86400} * 1000000;
    naive = std::make_shared<arrow::TimestampScalar>(
        static_cast<const arrow::Date32Scalar&>(*value).value * kMicrosPerDay,
        arrow::timestamp(arrow::TimeUnit::MICRO));
  }
  if (naive == nullptr || naive->type->id() != arrow::Type::TIMESTAMP) return nullptr;
  const auto& time = static_cast<const arrow::TimestampScalar&>(*naive);
  return std::make_shared<arrow::TimestampScalar>(
      time.value, arrow::timestamp(static_cast<const arrow::TimestampType&>(*time.type).unit(),
                                   static_cast<const arrow::TimestampType&>(type).timezone()));
}

// As DuckDB casts the literal beside the column; null: not known.
ScalarPtr TypedFor(const arrow::Field& field, const ScalarPtr& value) {
  if (!value->is_valid) return value;
  const bool is_text = value->type->id() == arrow::Type::STRING;
  if (field.type()->id() == arrow::Type::DATE32 && is_text) {
    const std::string text = value->ToString();
    return text.size() == 10 ? arrow::Scalar::Parse(field.type(), text).ValueOr(nullptr) : nullptr;
  }
  if (field.type()->id() != arrow::Type::TIMESTAMP) return value;
  if (!static_cast<const arrow::TimestampType&>(*field.type()).timezone().empty())
    return AsInstant(*field.type(), value);
  if (!is_text) return value;
  const std::string text = value->ToString();
  return text.size() >= 19 ? arrow::Scalar::Parse(field.type(), text).ValueOr(nullptr) : nullptr;
}

table::Predicate TypedComparison(const Comparison& comparison, const arrow::Schema& schema) {
  for (const auto& field : schema.fields()) {
    if (LowerCase(field->name()) != LowerCase(comparison.column[0])) continue;
    std::vector<ScalarPtr> values;
    for (const ScalarPtr& value : comparison.values) {
      values.push_back(TypedFor(*field, value));
      if (values.back() == nullptr) return table::Unknown();
    }
    return table::Compare({field->name()}, comparison.op, std::move(values));
  }
  return table::Unknown();
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

bool IsNullLiteral(const Json& node) {
  return TextAt(node, "class") == "CONSTANT" && node.contains("value") &&
         node.at("value").value("is_null", false);
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

table::Predicate TypeLiterals(const table::Predicate& predicate, const arrow::Schema& schema) {
  if (predicate.kind == table::Predicate::Kind::kComparison)
    return TypedComparison(predicate.comparison, schema);
  table::Predicate typed = predicate;
  for (table::Predicate& part : typed.parts) part = TypeLiterals(part, schema);
  return typed;
}

}  // namespace pixlake::query
