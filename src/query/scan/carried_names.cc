#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "query/mention/scan_literals_internal.h"
#include "query/scan/carried_names_internal.h"

namespace pixlake::query {
namespace {

using CarriedJson = nlohmann::json;

// Collects names; throws nothing of its own, and gives up (`known_` false) at whatever is not named
// here.
class CarriedNames {
 public:
  explicit CarriedNames(const std::vector<std::string>& functions) {
    for (const auto& name : functions) functions_.insert(LowerCase(name));
    tables_ = functions_;
  }

  std::optional<std::set<std::string>> Run(const CarriedJson& tree) {
    if (!tree.is_object() || tree.value("error", true)) return std::nullopt;
    const CarriedJson& statements = tree.at("statements");
    if (!statements.is_array() || statements.size() != 1) return std::nullopt;
    Query(statements.front().at("node"));
    // A table's name in place of a column is a struct of all its columns.
    for (const auto& [name, alias] : passed_) known_ &= !tables_.contains(name);
    for (const std::string& name : alone_) known_ &= !tables_.contains(name);
    if (!known_ || !holds_) return std::nullopt;
    // What an alias is used for, the column behind it is used for.
    for (bool more = true; more;) {
      more = false;
      for (const auto& [name, alias] : passed_) more |= used_.contains(alias) && used_.insert(name).second;
    }
    return std::move(used_);
  }

 private:
  static bool IsNothing(const CarriedJson& node, const char* key) {
    const auto found = node.find(key);
    return found == node.end() || found->is_null() || (found->is_array() && found->empty());
  }

  void Query(const CarriedJson& node) {
    if (TextAt(node, "type") != "SELECT_NODE" || !IsNothing(node, "sample") ||
        !IsNothing(node, "group_expressions") || !IsNothing(node, "group_sets") ||
        TextAt(node, "aggregate_handling") != "STANDARD_HANDLING") {
      known_ = false;
      return;
    }
    for (const CarriedJson& entry : node.at("cte_map").at("map")) {
      holds_ = true;
      tables_.insert(LowerCase(TextAt(entry, "key")));
      const CarriedJson& value = entry.at("value");
      known_ &= IsNothing(value, "aliases") && IsNothing(value, "key_targets");
      Query(value.at("query").at("node"));
    }
    From(node.at("from_table"));
    for (const CarriedJson& item : node.at("select_list")) Selected(item);
    for (const char* key : {"where_clause", "having", "qualify"}) Look(node.at(key));
    for (const CarriedJson& modifier : node.at("modifiers")) Modifier(modifier);
  }

  void Modifier(const CarriedJson& modifier) {
    const std::string type = TextAt(modifier, "type");
    if (type == "ORDER_MODIFIER") {
      holds_ = true;
      for (const CarriedJson& order : modifier.at("orders")) {
        const CarriedJson& by = order.at("expression");
        const std::string kind = TextAt(by, "class");
        known_ &= kind != "CONSTANT" && kind != "STAR";  // a position, or ALL
        Look(by);
      }
    } else if (type == "LIMIT_MODIFIER" || type == "LIMIT_PERCENT_MODIFIER") {
      Look(modifier.at("limit"));
      Look(modifier.at("offset"));
    } else {
      known_ = false;
    }
  }

  void From(const CarriedJson& from) {
    const std::string type = TextAt(from, "type");
    if (type == "EMPTY") return;
    known_ &= IsNothing(from, "sample") && IsNothing(from, "column_name_alias");
    tables_.insert(LowerCase(TextAt(from, "alias")));
    if (type == "BASE_TABLE") {
      // Of a place the table may have the last part's name, with or without its ending.
      const std::string name = LowerCase(TextAt(from, "table_name"));
      const std::string last = name.substr(name.find_last_of('/') + 1);
      tables_.insert({name, last, last.substr(0, last.find('.'))});
    } else if (type == "TABLE_FUNCTION") {
      const std::string name = LowerCase(TextAt(from.at("function"), "function_name"));
      tables_.insert(name);
      known_ &= functions_.contains(name) && TextAt(from, "with_ordinality") == "WITHOUT_ORDINALITY";
    } else if (type == "SUBQUERY") {
      Query(from.at("subquery").at("node"));
    } else if (type == "JOIN") {
      holds_ = true;
      const std::string kind = TextAt(from, "ref_type");
      known_ &= kind == "REGULAR" || kind == "CROSS";
      for (const CarriedJson& name : from.at("using_columns"))
        used_.insert(LowerCase(name.get<std::string>()));
      Look(from.at("condition"));
      From(from.at("left"));
      From(from.at("right"));
    } else {
      known_ = false;
    }
  }

  void Selected(const CarriedJson& item) {
    const std::string kind = TextAt(item, "class");
    if (kind == "COLUMN_REF") {
      const std::string name = LowerCase(item.at("column_names").back().get<std::string>());
      const std::string alias = LowerCase(TextAt(item, "alias"));
      // More than a table and its column may be a field of a struct.
      known_ &= item.at("column_names").size() <= 2;
      passed_.emplace_back(name, alias.empty() ? name : alias);
    } else if (kind == "STAR") {
      Star(item);
    } else {
      Look(item);
    }
  }

  void Star(const CarriedJson& star) {
    known_ &= !star.value("columns", true) && IsNothing(star, "expr") && IsNothing(star, "rename_list");
    for (const CarriedJson& replaced : star.at("replace_list")) Look(replaced);
  }

  // Whatever stands in an expression is looked into.
  void Look(const CarriedJson& node) {
    if (node.is_object()) {
      const std::string kind = TextAt(node, "class");
      if (kind == "COLUMN_REF") {
        const CarriedJson& names = node.at("column_names");
        for (const CarriedJson& name : names) used_.insert(LowerCase(name.get<std::string>()));
        if (names.size() == 1) alone_.insert(LowerCase(names.front().get<std::string>()));
      }
      known_ &= kind != "SUBQUERY" && kind != "POSITIONAL_REFERENCE" && kind != "LAMBDA" &&
                kind != "LAMBDA_REF" && kind != "PARAMETER" && kind != "STAR";
      holds_ |= kind == "WINDOW";
    }
    if (node.is_structured()) {
      for (const CarriedJson& child : node) Look(child);
    }
  }

  std::set<std::string> functions_;
  std::set<std::string> tables_;
  std::set<std::string> used_;
  std::set<std::string> alone_;  // of them: those that stand without a table's name
  std::vector<std::pair<std::string, std::string>> passed_;  // columns as they are, and under which name
  bool known_ = true;
  bool holds_ = false;  // rows wait within the query
};

}  // namespace

std::optional<std::set<std::string>> NamesLookedInto(const std::string& tree,
                                                     const std::vector<std::string>& functions) {
  try {
    return CarriedNames(functions).Run(CarriedJson::parse(tree));
  } catch (const CarriedJson::exception&) {
    return std::nullopt;  // a tree of a shape we do not know
  }
}

}  // namespace pixlake::query
