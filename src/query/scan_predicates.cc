#include <algorithm>
#include <optional>

#include <arrow/scalar.h>
#include <nlohmann/json.hpp>

#include "query/scan_literals_internal.h"
#include "query/scan_predicates_internal.h"

namespace pixlake::query {
namespace {

using Json = nlohmann::json;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;
using table::CompareOp;
using table::Comparison;

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
    for (const auto& name : functions) functions_.push_back(LowerCase(name));
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
    return TextAt(node, "class") == "FUNCTION" &&
           std::find(functions_.begin(), functions_.end(), LowerCase(TextAt(node, "function_name"))) !=
               functions_.end();
  }

  // The literal first argument of a scan.
  static std::optional<std::string> UriOf(const Json& function) {
    const auto arguments = function.find("children");
    if (arguments == function.end() || !arguments->is_array() || arguments->empty()) return std::nullopt;
    const Json& first = arguments->front();
    if (TextAt(first, "class") != "CONSTANT" || !first.contains("value")) return std::nullopt;
    const Json& value = first.at("value");
    if (!value.is_object() || !value.contains("value") || !value.at("value").is_string()) return std::nullopt;
    return value.at("value").get<std::string>();
  }

  // What a table reference scans: the path it is, or for schema.table the name under
  // which the session knows it, in any case.
  static std::string TableUri(const Json& table) {
    const std::string schema = TextAt(table, "schema_name");
    const std::string name = TextAt(table, "table_name");
    return schema.empty() ? name : LowerCase(schema + "." + name);
  }

  // Every URI that the statement may scan, wherever it stands.
  void CountUris(const Json& node) {
    if (node.is_object()) {
      if (IsScan(node)) {
        const auto uri = UriOf(node);
        if (uri) ++uses_[*uri];
        computed_uri_ |= !uri;
      }
      if (TextAt(node, "type") == "BASE_TABLE") ++uses_[TableUri(node)];
    }
    if (node.is_structured()) {
      for (const Json& child : node) CountUris(child);
    }
  }

  void Walk(const Json& node) {
    if (node.is_object() && TextAt(node, "type") == "SELECT_NODE") Select(node);
    if (node.is_structured()) {
      for (const Json& child : node) Walk(child);
    }
  }

  void Select(const Json& select) {
    // A sample is taken before the conditions are looked at.
    if (!IsNullOrMissing(select, "sample")) return;
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
    const std::string type = TextAt(from, "type");
    if (type == "JOIN") {
      if (TextAt(from, "join_type") != "INNER" || !IsNullOrMissing(from, "sample")) return false;
      const std::string kind = TextAt(from, "ref_type");
      if (kind != "REGULAR" && kind != "CROSS" && kind != "NATURAL") return false;
      return Sources(from.at("left"), out) && Sources(from.at("right"), out);
    }
    Source source;
    source.alias = LowerCase(TextAt(from, "alias"));
    source.prunable = IsNullOrMissing(from, "sample") && from.contains("column_name_alias") &&
                      from.at("column_name_alias").empty();
    if (type == "BASE_TABLE") {
      source.uri = TableUri(from);
      source.prunable &= TextAt(from, "catalog_name").empty() && IsNullOrMissing(from, "at_clause");
      if (source.alias.empty() && source.uri.find('.') != std::string::npos)
        source.alias = LowerCase(TextAt(from, "table_name"));
    } else if (type == "TABLE_FUNCTION" && from.contains("function") && IsScan(from.at("function"))) {
      source.uri = UriOf(from.at("function")).value_or("");
      source.prunable &= TextAt(from, "with_ordinality") == "WITHOUT_ORDINALITY";
    } else {
      source.prunable = false;
    }
    out->push_back(std::move(source));
    return true;
  }

  void Conjunct(const Json& node, const std::vector<Source>& sources) {
    const std::string kind = TextAt(node, "class");
    const std::string type = TextAt(node, "type");
    if (kind == "CONJUNCTION" && type == "CONJUNCTION_AND") {
      for (const Json& child : node.at("children")) Conjunct(child, sources);
    } else if (kind == "COMPARISON") {
      Compare(node, type, sources);
    } else if (kind == "BETWEEN") {
      Add(node.at("input"), CompareOp::kGe, {ParseLiteral(node.at("lower"))}, sources);
      Add(node.at("input"), CompareOp::kLe, {ParseLiteral(node.at("upper"))}, sources);
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
      Add(node.at("left"), operation.op, {ParseLiteral(node.at("right"))}, sources);
      Add(node.at("right"), operation.mirrored, {ParseLiteral(node.at("left"))}, sources);
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
      for (size_t i = 1; i < children.size(); ++i) values.push_back(ParseLiteral(children[i]));
      Add(children[0], CompareOp::kIn, std::move(values), sources);
    }
  }

  // Takes the condition when `column` is a column of one source and every literal is known.
  void Add(const Json& column, CompareOp op, std::vector<ScalarPtr> values,
           const std::vector<Source>& sources) {
    if (TextAt(column, "class") != "COLUMN_REF" || !column.contains("column_names")) return;
    if (std::any_of(values.begin(), values.end(), [](const auto& value) { return value == nullptr; })) return;
    const Json& names = column.at("column_names");
    const Source* source = nullptr;
    if (names.size() == 1 && sources.size() == 1) source = &sources[0];
    if (names.size() == 2) {
      const std::string alias = LowerCase(names[0].get<std::string>());
      for (const Source& candidate : sources) {
        if (!candidate.alias.empty() && candidate.alias == alias) source = &candidate;
      }
    }
    if (source == nullptr || !source->prunable) return;
    predicates_[source->uri].all_of.push_back({{names.back().get<std::string>()}, op, std::move(values)});
  }

  std::vector<std::string> functions_;
  std::map<std::string, int> uses_;
  bool computed_uri_ = false;
  ScanPredicates predicates_;
};

}  // namespace

ScanPredicates ExtractScanPredicates(const std::string& tree, const std::vector<std::string>& functions) {
  try {
    return Extractor(functions).Run(Json::parse(tree));
  } catch (const nlohmann::json::exception&) {
    return {};  // a tree of a shape we do not know: nothing is skipped
  }
}

}  // namespace pixlake::query
