#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/feature/features_internal.h"
#include "delta/schema/schema_fields_internal.h"
#include "delta/snapshot/snapshot_internal.h"

namespace pixlake::delta {

namespace {

bool IsOn(const Metadata& metadata, const std::string& property) {
  const auto found = metadata.configuration.find(property);
  return found != metadata.configuration.end() && found->second == "true";
}

// PROTOCOL.md, "Column Invariants": {"expression":{"expression":"x > 3"}}.
Result<std::string> InvariantOf(const arrow::Field& field) {
  const std::string text = FieldText(field, "delta.invariants");
  if (text.empty()) {
    return text;
  }
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  const auto outer = parsed.is_object() ? parsed.find("expression") : parsed.end();
  const bool sound = parsed.is_object() && outer != parsed.end() && outer->is_object() &&
                     outer->contains("expression") && (*outer)["expression"].is_string();
  if (!sound) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("column `{}` has an invariant of a form we do not know: {}", field.name(), text));
  }
  return (*outer)["expression"].get<std::string>();
}

// Rules below the top level are not ours to keep yet.
Status RefuseNestedRules(const arrow::DataType& type, const std::string& path) {
  for (const auto& child : type.fields()) {
    for (const char* key : {"delta.invariants", table::kGeneratedKey}) {
      if (!FieldText(*child, key).empty()) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("`{}` of field {}.{}: only columns may have it", key, path, child->name()));
      }
    }
    PL_RETURN_NOT_OK(RefuseNestedRules(*child->type(), path + "." + child->name()));
  }
  return Status::OK();
}

}  // namespace

Result<table::WriteRules> DeltaSnapshot::Rules() const {
  const Metadata& metadata = state_.metadata;
  const Protocol& protocol = state_.protocol;
  table::WriteRules rules;
  rules.deletion_vectors =
      IsOn(metadata, "delta.enableDeletionVectors") && HasWriterFeature(protocol, "deletionVectors");
  const bool may_feed = (protocol.min_writer_version >= 4 && protocol.min_writer_version <= 6) ||
                        HasWriterFeature(protocol, "changeDataFeed");
  rules.change_feed = IsOn(metadata, "delta.enableChangeDataFeed") && may_feed;
  for (auto& [name, expression] : ConstraintsOf(metadata)) rules.constraints.push_back({name, expression});
  const bool defaults = HasWriterFeature(protocol, "allowColumnDefaults");
  for (const auto& field : state_.schema->fields()) {
    PL_ASSIGN_OR_RETURN(std::string invariant, InvariantOf(*field));
    if (!invariant.empty()) {
      rules.constraints.push_back({"of column " + field->name(), std::move(invariant)});
    }
    if (std::string text = FieldText(*field, table::kGeneratedKey); !text.empty()) {
      rules.generated.emplace(field->name(), std::move(text));
    }
    if (std::string text = FieldText(*field, "CURRENT_DEFAULT"); defaults && !text.empty()) {
      rules.defaults.emplace(field->name(), std::move(text));
    }
    PL_RETURN_NOT_OK(RefuseNestedRules(*field->type(), field->name()));
  }
  return rules;
}

}  // namespace pixlake::delta
