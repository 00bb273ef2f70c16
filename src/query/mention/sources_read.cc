#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "query/mention/scan_literals_internal.h"
#include "query/mention/sources_read_internal.h"

namespace pixlake::query {
namespace {

using Json = nlohmann::json;

// Rows out of their arguments alone.
constexpr std::array<std::string_view, 9> kOfArguments = {"range",
                                                          "generate_series",
                                                          "unnest",
                                                          "json_each",
                                                          "json_tree",
                                                          "repeat",
                                                          "repeat_row",
                                                          "regexp_split_to_table",
                                                          "string_split_to_table"};

class SourceWalk {
 public:
  using Names = std::set<std::string>;

  // `ctes`: those of WITH that may be named here.
  void Walk(const Json& node, const Names& ctes) {
    if (!node.is_object()) {
      if (node.is_array()) {
        for (const Json& child : node) Walk(child, ctes);
      }
      return;
    }
    const std::string type = TextAt(node, "type");
    Names here = ctes;
    if (const auto with = node.find("cte_map"); with != node.end() && with->contains("map")) {
      // Each may name those before it; only a recursive one itself.
      for (const Json& cte : with->at("map")) {
        if (cte.contains("value")) Walk(cte.at("value"), here);
        here.insert(LowerCase(TextAt(cte, "key")));
      }
    }
    if (type == "RECURSIVE_CTE_NODE") here.insert(LowerCase(TextAt(node, "cte_name")));
    if (type == "BASE_TABLE") Table(node, here);
    if (type == "TABLE_FUNCTION" && node.contains("function")) Function(node.at("function"));
    if (type == "SHOW_REF") read_.insert("show()");
    for (const auto& [key, child] : node.items()) {
      if (key == "cte_map") continue;
      Names within = here;
      if (type == "CTE_NODE" && key == "child") within.insert(LowerCase(TextAt(node, "cte_name")));
      Walk(child, within);
    }
  }

  std::vector<std::string> Read() const { return {read_.begin(), read_.end()}; }

 private:
  void Table(const Json& node, const Names& ctes) {
    const std::string catalog = TextAt(node, "catalog_name"), schema = TextAt(node, "schema_name");
    const std::string name = TextAt(node, "table_name");
    if (catalog.empty() && schema.empty()) {
      if (!ctes.contains(LowerCase(name))) read_.insert(name);
    } else {
      read_.insert((catalog.empty() ? "" : catalog + ".") + (schema.empty() ? "" : schema + ".") + name);
    }
  }

  void Function(const Json& function) {
    const std::string name = LowerCase(TextAt(function, "function_name"));
    if (std::find(kOfArguments.begin(), kOfArguments.end(), name) == kOfArguments.end())
      read_.insert(name + "()");
  }

  std::set<std::string> read_;
};

}  // namespace

std::optional<std::vector<std::string>> SourcesRead(std::string_view tree) {
  const Json parsed = Json::parse(tree, nullptr, false);
  if (!parsed.is_object() || parsed.value("error", true) || !parsed.contains("statements"))
    return std::nullopt;
  const Json& statements = parsed.at("statements");
  if (!statements.is_array() || statements.size() != 1) return std::nullopt;
  SourceWalk walk;
  walk.Walk(statements, {});
  return walk.Read();
}

}  // namespace pixlake::query
