#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "query/mention/scan_conditions_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/mention/scan_predicates_internal.h"

namespace pixlake::query {
namespace {

using Json = nlohmann::json;

bool IsNullOrMissing(const Json& node, const char* key) {
  const auto found = node.find(key);
  return found == node.end() || found->is_null();
}

// DuckDB's tree of a statement, walked once.
class Extractor {
 public:
  explicit Extractor(const std::vector<std::string>& functions) {
    for (const auto& name : functions) functions_.push_back(LowerCase(name));
  }

  std::vector<ScanMention> Run(const Json& tree) {
    if (!tree.is_object() || tree.value("error", true)) return {};
    const Json& statements = tree.at("statements");
    if (!statements.is_array() || statements.size() != 1) return {};
    Walk(statements);
    std::erase_if(mentions_, [&](const ScanMention& mention) {
      return mention.kind == ScanMention::Kind::kName && mention.schema.empty() &&
             std::find(ctes_.begin(), ctes_.end(), LowerCase(mention.name)) != ctes_.end();
    });
    return std::move(mentions_);
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

  void Walk(const Json& node) {
    if (node.is_object()) {
      if (const auto ctes = node.find("cte_map"); ctes != node.end() && ctes->contains("map")) {
        for (const Json& cte : ctes->at("map")) ctes_.push_back(LowerCase(TextAt(cte, "key")));
      }
      const std::string type = TextAt(node, "type");
      if (type == "SELECT_NODE" && node.contains("from_table")) return Select(node);
      if (type == "BASE_TABLE" || type == "TABLE_FUNCTION") (void)Mention(node);
    }
    if (node.is_structured()) {
      for (const Json& child : node) Walk(child);
    }
  }

  void Select(const Json& select) {
    std::vector<ScanSource> sources;
    std::vector<const Json*> conditions;
    const bool plain =
        Sources(select.at("from_table"), &sources, &conditions) && IsNullOrMissing(select, "sample");
    if (!IsNullOrMissing(select, "where_clause")) conditions.push_back(&select.at("where_clause"));
    if (plain && HaveNames(sources)) {
      for (size_t i = 0; i < sources.size(); ++i) {
        if (!sources[i].prunable) continue;
        std::vector<table::Predicate> all;
        for (const Json* condition : conditions) all.push_back(ConditionOn(*condition, sources, i));
        const bool unknown = std::all_of(all.begin(), all.end(), [](const auto& one) {
          return one.kind == table::Predicate::Kind::kUnknown;
        });
        table::Predicate* condition = &mentions_[sources[i].mention].condition;
        if (!all.empty()) *condition = unknown ? table::Unknown() : table::And(std::move(all));
      }
    }
    // Everything but the sources themselves, which are known now.
    for (const auto& [key, child] : select.items()) {
      if (key != "from_table") Walk(child);
    }
  }

  // Two sources under one name: a qualified column could be either's.
  static bool HaveNames(const std::vector<ScanSource>& sources) {
    for (const ScanSource& source : sources) {
      const auto same = std::count_if(sources.begin(), sources.end(),
                                      [&](const auto& other) { return other.alias == source.alias; });
      if (same > 1 && !source.alias.empty()) return false;
    }
    return true;
  }

  // The sources of a FROM made of scans and inner joins, and the conditions of those joins;
  // false for anything else, whose scans are mentions all the same.
  bool Sources(const Json& from, std::vector<ScanSource>* out, std::vector<const Json*>* conditions) {
    const std::string type = TextAt(from, "type");
    if (type == "JOIN") {
      const std::string kind = TextAt(from, "ref_type");
      const bool inner = TextAt(from, "join_type") == "INNER" && IsNullOrMissing(from, "sample") &&
                         (kind == "REGULAR" || kind == "CROSS" || kind == "NATURAL");
      const bool left = Sources(from.at("left"), out, conditions);
      const bool right = Sources(from.at("right"), out, conditions);
      if (IsNullOrMissing(from, "condition")) return inner && left && right;
      conditions->push_back(&from.at("condition"));
      Walk(from.at("condition"));
      return inner && left && right;
    }
    ScanSource source;
    source.alias = LowerCase(TextAt(from, "alias"));
    const std::optional<size_t> mention = Mention(from);
    if (!mention) {
      Walk(from);
    } else {
      source.mention = *mention;
      source.prunable = IsNullOrMissing(from, "sample") && from.contains("column_name_alias") &&
                        from.at("column_name_alias").empty();
      if (type == "BASE_TABLE") {
        source.prunable &= TextAt(from, "catalog_name").empty() && IsNullOrMissing(from, "at_clause");
        if (source.alias.empty()) source.alias = LowerCase(TextAt(from, "table_name"));
      } else {
        source.prunable &= TextAt(from, "with_ordinality") == "WITHOUT_ORDINALITY";
      }
    }
    out->push_back(std::move(source));
    return true;
  }

  // The mention that a place in FROM is; nullopt: it is no scan of ours.
  std::optional<size_t> Mention(const Json& from) {
    ScanMention mention;
    const std::string type = TextAt(from, "type");
    const Json* place = &from;
    if (type == "BASE_TABLE") {
      mention.kind = ScanMention::Kind::kName;
      mention.name = TextAt(from, "table_name");
      mention.schema = TextAt(from, "schema_name");
      mention.uri = TableUri(from);
    } else if (type == "TABLE_FUNCTION" && from.contains("function") && IsScan(from.at("function"))) {
      place = &from.at("function");
      mention.name = TextAt(*place, "function_name");
      mention.uri = UriOf(*place).value_or("");
      if (place->contains("children")) Walk(place->at("children"));
    } else {
      return std::nullopt;
    }
    const auto position = place->find("query_location");
    mention.position = position != place->end() && position->is_number_unsigned() ? position->get<size_t>()
                                                                                  : std::string::npos;
    mention.has_alias = !TextAt(from, "alias").empty();
    mentions_.push_back(std::move(mention));
    return mentions_.size() - 1;
  }

  std::vector<std::string> functions_;
  std::vector<std::string> ctes_;
  std::vector<ScanMention> mentions_;
};

}  // namespace

std::vector<ScanMention> FindScanMentions(const std::string& tree,
                                          const std::vector<std::string>& functions) {
  try {
    return Extractor(functions).Run(Json::parse(tree));
  } catch (const nlohmann::json::exception&) {
    return {};  // a tree of a shape we do not know: nothing is skipped
  }
}

}  // namespace pixlake::query
