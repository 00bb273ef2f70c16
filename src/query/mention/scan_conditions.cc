#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <arrow/scalar.h>
#include <arrow/type.h>

#include "query/mention/scan_conditions_internal.h"
#include "query/mention/scan_literals_internal.h"

namespace pixlake::query {
namespace {

using Json = nlohmann::json;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;
using table::CompareOp;
using table::Predicate;

struct ComparisonName {
  const char* name;
  CompareOp op;
  CompareOp mirrored;
};

constexpr std::array kComparisons = {
    ComparisonName{"COMPARE_EQUAL", CompareOp::kEq, CompareOp::kEq},
    ComparisonName{"COMPARE_NOTEQUAL", CompareOp::kNe, CompareOp::kNe},
    ComparisonName{"COMPARE_LESSTHAN", CompareOp::kLt, CompareOp::kGt},
    ComparisonName{"COMPARE_LESSTHANOREQUALTO", CompareOp::kLe, CompareOp::kGe},
    ComparisonName{"COMPARE_GREATERTHAN", CompareOp::kGt, CompareOp::kLt},
    ComparisonName{"COMPARE_GREATERTHANOREQUALTO", CompareOp::kGe, CompareOp::kLe},
};

// Literals that DuckDB brings to one type before it compares: beside a float the others are
// floats too, which whole numbers up to 2^53 survive.
bool CompareAlone(const std::vector<ScalarPtr>& values) {
  const auto is_float = [](const ScalarPtr& value) {
    return value != nullptr && arrow::is_floating(value->type->id());
  };
  if (std::none_of(values.begin(), values.end(), is_float)) return true;
  return std::all_of(values.begin(), values.end(), [&](const ScalarPtr& value) {
    if (value == nullptr || is_float(value)) return true;
    constexpr int64_t kExact = int64_t{1} << 53;
    if (value->type->id() != arrow::Type::INT64) return false;
    const int64_t number = static_cast<const arrow::Int64Scalar&>(*value).value;
    return number < kExact && number > -kExact;
  });
}

class Condition {
 public:
  Condition(const std::vector<ScanSource>& sources, size_t index) : sources_(sources), index_(index) {}

  Predicate Of(const Json& node) const {
    const std::string kind = TextAt(node, "class");
    const std::string type = TextAt(node, "type");
    if (kind == "CONJUNCTION") return Conjunction(node, type);
    if (kind == "COMPARISON") return Comparison(node, type);
    if (kind == "BETWEEN") return Between(node);
    if (kind == "OPERATOR") return Operator(node, type);
    if (kind == "FUNCTION") return Function(node);
    if (kind == "COLUMN_REF") return Test(node, CompareOp::kEq, {arrow::MakeScalar(true)});
    return table::Unknown();
  }

 private:
  // The column of this source that the node is; empty: another thing.
  std::vector<std::string> ColumnOf(const Json& node) const {
    if (TextAt(node, "class") != "COLUMN_REF" || !node.contains("column_names")) return {};
    const Json& names = node.at("column_names");
    const bool alone = names.size() == 1 && sources_.size() == 1;
    const std::string& alias = sources_[index_].alias;
    const bool qualified =
        names.size() == 2 && !alias.empty() && LowerCase(names[0].get<std::string>()) == alias;
    return alone || qualified ? std::vector{names.back().get<std::string>()} : std::vector<std::string>{};
  }

  Predicate Test(const Json& column, CompareOp op, std::vector<ScalarPtr> values) const {
    std::vector<std::string> path = ColumnOf(column);
    const bool unclear =
        std::any_of(values.begin(), values.end(), [](const auto& v) { return v == nullptr; });
    if (path.empty() || unclear || !CompareAlone(values)) return table::Unknown();
    return table::Compare(std::move(path), op, std::move(values));
  }

  Predicate Conjunction(const Json& node, const std::string& type) const {
    std::vector<Predicate> parts;
    for (const Json& child : node.at("children")) parts.push_back(Of(child));
    const auto is_unknown = [](const Predicate& part) { return part.kind == Predicate::Kind::kUnknown; };
    const bool all = std::all_of(parts.begin(), parts.end(), is_unknown);
    if (all || (type == "CONJUNCTION_OR" && std::any_of(parts.begin(), parts.end(), is_unknown)))
      return table::Unknown();
    if (type == "CONJUNCTION_OR") return table::Or(std::move(parts));
    return type == "CONJUNCTION_AND" ? table::And(std::move(parts)) : table::Unknown();
  }

  Predicate Comparison(const Json& node, const std::string& type) const {
    for (const ComparisonName& one : kComparisons) {
      if (type != one.name) continue;
      if (!ColumnOf(node.at("left")).empty())
        return Test(node.at("left"), one.op, {ParseLiteral(node.at("right"))});
      return Test(node.at("right"), one.mirrored, {ParseLiteral(node.at("left"))});
    }
    return table::Unknown();
  }

  Predicate Between(const Json& node) const {
    const ScalarPtr lower = ParseLiteral(node.at("lower")), upper = ParseLiteral(node.at("upper"));
    if (!CompareAlone({lower, upper})) return table::Unknown();
    return table::And(
        {Test(node.at("input"), CompareOp::kGe, {lower}), Test(node.at("input"), CompareOp::kLe, {upper})});
  }

  Predicate Operator(const Json& node, const std::string& type) const {
    const Json& children = node.at("children");
    if (!children.is_array() || children.empty()) return table::Unknown();
    if (type == "OPERATOR_NOT" && children.size() == 1) return table::Not(Of(children[0]));
    if (type == "OPERATOR_IS_NULL" && children.size() == 1) return Test(children[0], CompareOp::kIsNull, {});
    if (type == "OPERATOR_IS_NOT_NULL" && children.size() == 1)
      return Test(children[0], CompareOp::kIsNotNull, {});
    const bool in = type == "COMPARE_IN";
    if (children.size() < 2 || (!in && type != "COMPARE_NOT_IN")) return table::Unknown();
    std::vector<ScalarPtr> values;
    for (size_t i = 1; i < children.size(); ++i)
      values.push_back(IsNullLiteral(children[i]) ? arrow::MakeNullScalar(arrow::null())
                                                  : ParseLiteral(children[i]));
    return Test(children[0], in ? CompareOp::kIn : CompareOp::kNotIn, std::move(values));
  }

  // LIKE and its kin, which no macro of a user's stands for (the session sees to it).
  Predicate Function(const Json& node) const {
    const std::string name = LowerCase(TextAt(node, "function_name"));
    const auto children = node.find("children");
    if (children == node.end() || !children->is_array() || children->size() != 2) return table::Unknown();
    const ScalarPtr literal = ParseLiteral((*children)[1]);
    if (literal == nullptr || literal->type->id() != arrow::Type::STRING) return table::Unknown();
    const std::string text = literal->ToString();
    if (name == "starts_with" || name == "prefix" || name == "^@")
      return Test((*children)[0], CompareOp::kStartsWith, {literal});
    if (name != "~~" && name != "!~~") return table::Unknown();
    const size_t end = text.find_first_of("%_");
    if (end == 0) return table::Unknown();
    Predicate starts = Test((*children)[0], CompareOp::kStartsWith, {arrow::MakeScalar(text.substr(0, end))});
    const bool whole = end != std::string::npos && text[end] == '%' && end + 1 == text.size();
    // What follows in the pattern must be there too.
    Predicate like = whole ? std::move(starts) : table::And({std::move(starts), table::Unknown()});
    return name == "~~" ? like : table::Not(std::move(like));
  }

  const std::vector<ScanSource>& sources_;
  const size_t index_;
};

}  // namespace

Predicate ConditionOn(const Json& node, const std::vector<ScanSource>& sources, size_t index) {
  return Condition(sources, index).Of(node);
}

}  // namespace pixlake::query
