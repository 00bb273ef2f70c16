#include <algorithm>
#include <cmath>
#include <optional>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <nlohmann/json.hpp>

#include "query/scan_predicates_internal.h"

namespace pixlake::query {
namespace {

using Json = nlohmann::json;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;
using table::CompareOp;
using table::Comparison;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c);
  });
  return text;
}

std::string Text(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsNullOrMissing(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found == node.end() || found->is_null();
}

// A place in FROM that may be a scan of ours.
struct Source {
  std::string uri;
  std::string alias;      // lower case; empty: none
  bool prunable = false;  // nothing about it depends on which rows come out
};

class Extractor {
 public:
  explicit Extractor(const std::vector<std::string>& functions) {
    for (const auto& name : functions) functions_.push_back(Lower(name));
  }

  ScanPredicates Run(const Json& tree) {
    if (!tree.is_object() || tree.value("error", true)) return {};
    const Json& statements = tree.at("statements");
    if (!statements.is_array() || statements.size() != 1) return {};
    CountUris(statements);
    if (computed_uri_) return {};
    Walk(statements);
    for (auto it = predicates_.begin(); it != predicates_.end();) {
      it = uses_[it->first] == 1 ? std::next(it) : predicates_.erase(it);
    }
    return std::move(predicates_);
  }

 private:
  bool IsScan(const Json& node) const {
    return Text(node, "class") == "FUNCTION" &&
           std::find(functions_.begin(), functions_.end(), Lower(Text(node, "function_name"))) !=
               functions_.end();
  }

  // The literal first argument of a scan.
  static std::optional<std::string> UriOf(const Json& function) {
    const auto arguments = function.find("children");
    if (arguments == function.end() || !arguments->is_array() || arguments->empty()) return std::nullopt;
    const Json& first = arguments->front();
    if (Text(first, "class") != "CONSTANT" || !first.contains("value")) return std::nullopt;
    const Json& value = first.at("value");
    if (!value.is_object() || !value.contains("value") || !value.at("value").is_string()) return std::nullopt;
    return value.at("value").get<std::string>();
  }

  // Every URI that the statement may scan, wherever it stands.
  void CountUris(const Json& node) {
    if (node.is_object()) {
      if (IsScan(node)) {
        const auto uri = UriOf(node);
        if (uri) ++uses_[*uri];
        computed_uri_ |= !uri;
      }
      if (Text(node, "type") == "BASE_TABLE") ++uses_[Text(node, "table_name")];
    }
    if (node.is_structured()) {
      for (const Json& child : node) CountUris(child);
    }
  }

  void Walk(const Json& node) {
    if (node.is_object() && Text(node, "type") == "SELECT_NODE") Select(node);
    if (node.is_structured()) {
      for (const Json& child : node) Walk(child);
    }
  }

  void Select(const Json& select) {
    if (IsNullOrMissing(select, "where_clause") || IsNullOrMissing(select, "from_table")) return;
    std::vector<Source> sources;
    if (!Sources(select.at("from_table"), &sources)) return;
    // Two sources under one name: a qualified column could be either's.
    for (const Source& source : sources) {
      const auto same = std::count_if(sources.begin(), sources.end(),
                                      [&](const Source& other) { return other.alias == source.alias; });
      if (same > 1 && sources.size() > 1) return;
    }
    Conjunct(select.at("where_clause"), sources);
  }

  // The sources of a FROM made of scans and inner joins; false for anything else.
  bool Sources(const Json& from, std::vector<Source>* out) const {
    const std::string type = Text(from, "type");
    if (type == "JOIN") {
      if (Text(from, "join_type") != "INNER" || !IsNullOrMissing(from, "sample")) return false;
      const std::string kind = Text(from, "ref_type");
      if (kind != "REGULAR" && kind != "CROSS" && kind != "NATURAL") return false;
      return Sources(from.at("left"), out) && Sources(from.at("right"), out);
    }
    Source source;
    source.alias = Lower(Text(from, "alias"));
    source.prunable = IsNullOrMissing(from, "sample") && from.contains("column_name_alias") &&
                      from.at("column_name_alias").empty();
    if (type == "BASE_TABLE") {
      source.uri = Text(from, "table_name");
      source.prunable &= Text(from, "schema_name").empty() && IsNullOrMissing(from, "at_clause");
    } else if (type == "TABLE_FUNCTION" && from.contains("function") && IsScan(from.at("function"))) {
      source.uri = UriOf(from.at("function")).value_or("");
      source.prunable &= Text(from, "with_ordinality") == "WITHOUT_ORDINALITY";
    } else {
      source.prunable = false;
    }
    out->push_back(std::move(source));
    return true;
  }

  void Conjunct(const Json& node, const std::vector<Source>& sources) {
    const std::string kind = Text(node, "class");
    const std::string type = Text(node, "type");
    if (kind == "CONJUNCTION" && type == "CONJUNCTION_AND") {
      for (const Json& child : node.at("children")) Conjunct(child, sources);
    } else if (kind == "COMPARISON") {
      Compare(node, type, sources);
    } else if (kind == "BETWEEN") {
      Add(node.at("input"), CompareOp::kGe, {Literal(node.at("lower"))}, sources);
      Add(node.at("input"), CompareOp::kLe, {Literal(node.at("upper"))}, sources);
    } else if (kind == "OPERATOR") {
      Operator(node, type, sources);
    }
  }

  void Compare(const Json& node, const std::string& type, const std::vector<Source>& sources) {
    struct Operation {
      const char* name;
      CompareOp op;
      CompareOp mirrored;
    };
    static const Operation kOperations[] = {
        {"COMPARE_EQUAL", CompareOp::kEq, CompareOp::kEq},
        {"COMPARE_NOTEQUAL", CompareOp::kNe, CompareOp::kNe},
        {"COMPARE_LESSTHAN", CompareOp::kLt, CompareOp::kGt},
        {"COMPARE_LESSTHANOREQUALTO", CompareOp::kLe, CompareOp::kGe},
        {"COMPARE_GREATERTHAN", CompareOp::kGt, CompareOp::kLt},
        {"COMPARE_GREATERTHANOREQUALTO", CompareOp::kGe, CompareOp::kLe},
    };
    for (const auto& operation : kOperations) {
      if (type != operation.name) continue;
      Add(node.at("left"), operation.op, {Literal(node.at("right"))}, sources);
      Add(node.at("right"), operation.mirrored, {Literal(node.at("left"))}, sources);
    }
  }

  void Operator(const Json& node, const std::string& type, const std::vector<Source>& sources) {
    const Json& children = node.at("children");
    if (!children.is_array() || children.empty()) return;
    if (type == "OPERATOR_IS_NULL" && children.size() == 1) {
      Add(children[0], CompareOp::kIsNull, {}, sources);
    } else if (type == "OPERATOR_IS_NOT_NULL" && children.size() == 1) {
      Add(children[0], CompareOp::kIsNotNull, {}, sources);
    } else if (type == "COMPARE_IN" && children.size() > 1) {
      std::vector<ScalarPtr> values;
      for (size_t i = 1; i < children.size(); ++i) values.push_back(Literal(children[i]));
      Add(children[0], CompareOp::kIn, std::move(values), sources);
    }
  }

  // Takes the condition when `column` is a column of one source and every literal is known.
  void Add(const Json& column, CompareOp op, std::vector<ScalarPtr> values,
           const std::vector<Source>& sources) {
    if (Text(column, "class") != "COLUMN_REF" || !column.contains("column_names")) return;
    if (std::any_of(values.begin(), values.end(), [](const auto& value) { return value == nullptr; })) return;
    const Json& names = column.at("column_names");
    const Source* source = nullptr;
    if (names.size() == 1 && sources.size() == 1) source = &sources[0];
    if (names.size() == 2) {
      const std::string alias = Lower(names[0].get<std::string>());
      for (const Source& candidate : sources) {
        if (!candidate.alias.empty() && candidate.alias == alias) source = &candidate;
      }
    }
    if (source == nullptr || !source->prunable) return;
    predicates_[source->uri].all_of.push_back({{names.back().get<std::string>()}, op, std::move(values)});
  }

  static ScalarPtr Literal(const Json& node);
  static ScalarPtr Constant(const Json& value);
  static ScalarPtr Cast(const std::string& text, const std::string& type);

  std::vector<std::string> functions_;
  std::map<std::string, int> uses_;
  bool computed_uri_ = false;
  ScanPredicates predicates_;
};

// A typed constant, or a text cast to a type as in DATE '2024-01-01'; null for others.
ScalarPtr Extractor::Literal(const Json& node) {
  if (Text(node, "class") == "CONSTANT") return Constant(node.at("value"));
  if (Text(node, "class") != "CAST" || !node.contains("child") || !node.contains("cast_type")) return nullptr;
  if (Text(node.at("child"), "class") != "CONSTANT") return nullptr;
  const auto inner = Constant(node.at("child").at("value"));
  if (inner == nullptr || inner->type->id() != arrow::Type::STRING) return nullptr;
  return Cast(inner->ToString(), Text(node.at("cast_type"), "id"));
}

ScalarPtr Extractor::Constant(const Json& value) {
  if (value.value("is_null", true) || !value.contains("value")) return nullptr;
  const Json& content = value.at("value");
  const std::string type = Text(value.at("type"), "id");
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

ScalarPtr Extractor::Cast(const std::string& text, const std::string& type) {
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

ScanPredicates ExtractScanPredicates(const std::string& tree, const std::vector<std::string>& functions) {
  try {
    return Extractor(functions).Run(Json::parse(tree));
  } catch (const nlohmann::json::exception&) {
    return {};  // a tree of a shape we do not know: nothing is skipped
  }
}

table::Predicate BindPredicate(const table::Predicate& predicate, const arrow::Schema& schema) {
  table::Predicate bound;
  for (const Comparison& comparison : predicate.all_of) {
    for (const auto& field : schema.fields()) {
      if (Lower(field->name()) != Lower(comparison.column[0])) continue;
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
