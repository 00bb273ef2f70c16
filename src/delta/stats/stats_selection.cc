#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/feature/features_internal.h"
#include "delta/schema/field_mapping_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/stats/stats_selection_internal.h"

namespace pixlake::delta {

namespace {

constexpr int kDefaultIndexedColumns = 32;

int IndexedColumns(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.dataSkippingNumIndexedCols");
  if (found == metadata.configuration.end()) {
    return kDefaultIndexedColumns;
  }
  const nlohmann::json value = nlohmann::json::parse(found->second, nullptr, false);
  const bool sane = value.is_number_integer() && value >= -1 && value <= 1'000'000;
  return sane ? value.get<int>() : kDefaultIndexedColumns;
}

// The path's physical names; nullopt: there is no such column.
std::optional<std::vector<std::string>> PhysicalPath(const arrow::Schema& schema,
                                                     const std::vector<table::FieldMapping>& mapping,
                                                     const std::vector<std::string>& path) {
  std::vector<std::string> out;
  std::shared_ptr<arrow::DataType> type = arrow::struct_(schema.fields());
  const std::vector<table::FieldMapping>* mappings = &mapping;
  for (const std::string& name : path) {
    int found = -1;
    for (int i = 0; type->id() == arrow::Type::STRUCT && i < type->num_fields(); ++i) {
      found = type->field(i)->name() == name ? i : found;
    }
    if (found < 0) {
      return std::nullopt;
    }
    const table::FieldMapping& field = (*mappings)[static_cast<size_t>(found)];
    out.push_back(field.physical_name);
    type = type->field(found)->type();
    mappings = &field.children;
  }
  return out;
}

}  // namespace

std::vector<std::vector<std::string>> ParseStatsColumns(std::string_view text) {
  std::vector<std::vector<std::string>> out(1, std::vector<std::string>(1));
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '`') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '`') {
        out.back().back() += '`';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (!quoted && c == ',') {
      out.emplace_back(1);
    } else if (!quoted && c == '.') {
      out.back().emplace_back();
    } else if (quoted || c != ' ') {
      out.back().back() += c;
    }
  }
  std::erase_if(out, [](const auto& path) { return path.size() == 1 && path[0].empty(); });
  return out;
}

bool StatsSelection::Has(const std::vector<std::string>& physical_path, int position) const {
  if (!chosen) {
    return max_columns < 0 || position < max_columns;
  }
  std::vector<std::string> prefix;
  for (const std::string& name : physical_path) {
    prefix.push_back(name);
    if (chosen->contains(prefix)) {
      return true;
    }
  }
  return false;
}

Result<StatsSelection> StatsSelectionFor(const Protocol& protocol, const Metadata& metadata, bool strict) {
  StatsSelection out;
  out.max_columns = IndexedColumns(metadata);
  const auto named = metadata.configuration.find("delta.dataSkippingStatsColumns");
  if (named == metadata.configuration.end()) {
    return out;
  }
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata.schema_string));
  PL_ASSIGN_OR_RETURN(const std::string mode, ColumnMappingMode(protocol, metadata));
  PL_ASSIGN_OR_RETURN(const auto mapping, MappingFor(*schema, mode));
  out.chosen.emplace();
  for (const std::vector<std::string>& path : ParseStatsColumns(named->second)) {
    if (auto physical = PhysicalPath(*schema, mapping, path)) {
      out.chosen->insert(*std::move(physical));
    } else if (strict) {
      return Error(ErrorCode::kUsage,
                   fmt::format("statistics are asked for of `{}`, which is no column", fmt::join(path, ".")));
    }
  }
  return out;
}

}  // namespace pixlake::delta
