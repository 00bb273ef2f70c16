#include <algorithm>
#include <charconv>
#include <set>

#include <arrow/api.h>
#include <arrow/util/string.h>
#include <fmt/format.h>

#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/definition_check_internal.h"
#include "delta/feature/feature_table_internal.h"
#include "table/reserved_names.h"

namespace pixlake::delta {
namespace {

// Without column mapping Parquet writers of other engines refuse these.
constexpr std::string_view kForbiddenInNames = " ,;{}()\n\t=";

Status CheckNames(const arrow::FieldVector& fields, bool mapped);

Status CheckNamesIn(const arrow::DataType& type, bool mapped) {
  if (type.id() == arrow::Type::STRUCT) return CheckNames(type.fields(), mapped);
  for (const auto& child : type.fields()) PL_RETURN_NOT_OK(CheckNamesIn(*child->type(), mapped));
  return Status::OK();
}

Status CheckNames(const arrow::FieldVector& fields, bool mapped) {
  std::set<std::string> seen;
  for (const auto& field : fields) {
    const bool forbidden = !mapped && field->name().find_first_of(kForbiddenInNames) != std::string::npos;
    if (field->name().empty() || forbidden) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("column name `{}` is empty or has one of \" ,;{{}}()\\n\\t=\", which only tables "
                      "with delta.columnMapping.mode=name may have",
                      field->name()));
    }
    if (table::IsReservedName(field->name())) {
      return Error(ErrorCode::kUsage,
                   fmt::format("column name `{}`: names that begin with __pixlake_ are kept for the "
                               "engine's own columns; choose another",
                               field->name()));
    }
    if (!seen.insert(arrow::internal::AsciiToLower(field->name())).second) {
      return Error(ErrorCode::kUsage,
                   fmt::format("column `{}` is there twice (case does not count)", field->name()));
    }
    PL_RETURN_NOT_OK(CheckNamesIn(*field->type(), mapped));
  }
  return Status::OK();
}

// Whether we know what the property `delta.enable…` asks for.
bool SwitchesOnKnownFeature(std::string_view key) {
  for (const Feature& feature : KnownFeatures()) {
    if (feature.enable.property == key) return true;
  }
  return false;
}

}  // namespace

Status CheckDefinition(const table::TableDefinition& definition, bool mapped) {
  if (definition.schema == nullptr || definition.schema->num_fields() == 0) {
    return Error(ErrorCode::kUsage, "a table needs at least one column");
  }
  PL_RETURN_NOT_OK(CheckNames(definition.schema->fields(), mapped));
  std::set<std::string> partitions;
  for (const std::string& name : definition.partition_columns) {
    const auto field = definition.schema->GetFieldByName(name);
    if (field == nullptr || field->type()->num_fields() > 0 || !partitions.insert(name).second) {
      return Error(ErrorCode::kUsage,
                   fmt::format("`{}` cannot be a partition column: not one simple column", name));
    }
  }
  if (static_cast<int>(partitions.size()) == definition.schema->num_fields()) {
    return Error(ErrorCode::kUsage, "a table needs a column that it is not partitioned by");
  }
  return Status::OK();
}

namespace {

// Of properties that are acted on: what is not understood would be passed over later.
Status CheckValue(const std::string& key, const std::string& value) {
  const auto wrong = [&](std::string_view expected) {
    return Error(ErrorCode::kUsage, fmt::format("property {} is `{}`; expected {}", key, value, expected));
  };
  const auto one_of = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), value) != words.end();
  };
  if (key == "delta.deletedFileRetentionDuration" || key == "delta.logRetentionDuration") {
    return ParseInterval(value) ? Status::OK() : wrong("a time as in `interval 7 days`");
  }
  if (key == "delta.checkpointInterval") {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    return error == std::errc() && end == value.data() + value.size() && number > 0
               ? Status::OK()
               : wrong("a number of commits above 0");
  }
  if (key == "delta.checkpointPolicy" && !one_of({"classic", "v2"})) return wrong("classic or v2");
  if (key == "delta.columnMapping.mode" && !one_of({"none", "name", "id"})) return wrong("none, name or id");
  return Status::OK();
}

}  // namespace

Status CheckProperties(const std::map<std::string, std::string>& properties,
                       const std::map<std::string, std::string>& before) {
  for (const auto& [key, value] : properties) {
    const auto had = before.find(key);
    if (had != before.end() && had->second == value) continue;
    if (key.starts_with("delta.enable") || key == "delta.appendOnly") {
      if (value != "true" && value != "false") {
        return Error(ErrorCode::kUsage,
                     fmt::format("property {} is `{}`; expected true or false", key, value));
      }
      // Ids that rows keep when they move need columns that we do not write.
      const bool known = SwitchesOnKnownFeature(key);
      if (value == "true" && !known) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("property {} cannot be true yet{}", key,
                                 key == "delta.enableRowTracking"
                                     ? "; 'delta.feature.rowTracking' = 'supported' gives new rows ids"
                                     : ""));
      }
    }
    PL_RETURN_NOT_OK(CheckValue(key, value));
    if (key == "delta.minReaderVersion" || key == "delta.minWriterVersion") {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{} is not set by hand: properties and 'delta.feature.NAME' = 'supported' "
                               "raise the protocol as far as they need",
                               key));
    }
  }
  return Status::OK();
}

}  // namespace pixlake::delta
