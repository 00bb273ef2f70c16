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
  void Walk(const Json& node) {
    if (node.is_object()) {
      if (const auto ctes = node.find("cte_map"); ctes != node.end() && ctes->contains("map")) {
        for (const Json& cte : ctes->at("map")) ctes_.insert(LowerCase(TextAt(cte, "key")));
      }
      const std::string type = TextAt(node, "type");
      if (type == "RECURSIVE_CTE_NODE" || type == "CTE_NODE")
        ctes_.insert(LowerCase(TextAt(node, "cte_name")));
      if (type == "BASE_TABLE") Table(node);
      if (type == "TABLE_FUNCTION" && node.contains("function")) Function(node.at("function"));
      if (type == "SHOW_REF") read_.insert("show()");
    }
    if (node.is_structured()) {
      for (const Json& child : node) Walk(child);
    }
  }

  std::vector<std::string> Read() const {
    std::vector<std::string> out(read_.begin(), read_.end());
    for (const std::string& name : bare_) {
      if (!ctes_.contains(LowerCase(name))) out.push_back(name);
    }
    return out;
  }

 private:
  void Table(const Json& node) {
    const std::string catalog = TextAt(node, "catalog_name"), schema = TextAt(node, "schema_name");
    const std::string name = TextAt(node, "table_name");
    if (catalog.empty() && schema.empty()) {
      bare_.insert(name);
    } else {
      read_.insert((catalog.empty() ? "" : catalog + ".") + (schema.empty() ? "" : schema + ".") + name);
    }
  }

  void Function(const Json& function) {
    const std::string name = LowerCase(TextAt(function, "function_name"));
    if (std::find(kOfArguments.begin(), kOfArguments.end(), name) == kOfArguments.end())
      read_.insert(name + "()");
  }

  std::set<std::string> ctes_;
  std::set<std::string> bare_;
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
  walk.Walk(statements);
  return walk.Read();
}

}  // namespace pixlake::query
