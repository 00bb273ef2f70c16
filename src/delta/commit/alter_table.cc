#include <algorithm>

#include <arrow/api.h>
#include <arrow/util/string.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "delta/commit/alter_table_internal.h"
#include "delta/schema/column_mapping_internal.h"
#include "delta/schema/schema_fields_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/schema/type_widening_internal.h"
#include "delta/stats/stats_selection_internal.h"

namespace pixlake::delta {
namespace {

using table::FieldPosition;

constexpr std::string_view kConstraints = "delta.constraints.";

Status NoColumn(const std::string& name, const arrow::FieldVector& siblings) {
  std::vector<std::string> names;
  for (const auto& field : siblings) names.push_back(field->name());
  return Error(ErrorCode::kUsage, fmt::format("there is no column `{}` in {}", name, fmt::join(names, ", ")));
}

Status Place(arrow::FieldVector* fields, std::shared_ptr<arrow::Field> field, const FieldPosition& position) {
  auto at = fields->end();
  if (position.place == FieldPosition::Place::kFirst) at = fields->begin();
  if (position.place == FieldPosition::Place::kAfter) {
    const int after = FindField(*fields, position.after);
    if (after < 0) return NoColumn(position.after, *fields);
    at = fields->begin() + after + 1;
  }
  fields->insert(at, std::move(field));
  return Status::OK();
}

class Alteration {
 public:
  Alteration(const AlterContext& context, Metadata metadata)
      : context_(context), metadata_(std::move(metadata)) {}

  Status operator()(const table::AddColumn& change) {
    const arrow::Field& field = *change.field;
    if (!field.nullable()) {
      return Error(ErrorCode::kUsage, fmt::format("a new column cannot be NOT NULL: rows that are there have "
                                                  "no `{}`",
                                                  field.name()));
    }
    if (!FieldText(field, table::kDefaultKey).empty() || !FieldText(field, table::kGeneratedKey).empty()) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("a column that is added has no DEFAULT and is not generated; rows that are there "
                      "have no `{}` (ALTER COLUMN … SET DEFAULT is for rows to come)",
                      field.name()));
    }
    return EditAt(change.parent, [&](arrow::FieldVector siblings) -> Result<arrow::FieldVector> {
      if (FindField(siblings, field.name()) >= 0) {
        return Error(ErrorCode::kUsage, fmt::format("column `{}` is there already", field.name()));
      }
      PL_RETURN_NOT_OK(Place(&siblings, change.field, change.position));
      return siblings;
    });
  }

  Status operator()(const table::DropColumn& change) {
    PL_RETURN_NOT_OK(NeedsMapping("DROP COLUMN"));
    return EditColumn(
        change.path, change.if_exists,
        [&](arrow::FieldVector siblings, size_t index) -> Result<arrow::FieldVector> {
          PL_RETURN_NOT_OK(CheckFree(change.path, *siblings[index], "dropped"));
          const auto& partitions = metadata_.partition_columns;
          const bool partition =
              change.path.size() == 1 &&
              std::find(partitions.begin(), partitions.end(), siblings[index]->name()) != partitions.end();
          if (partition || siblings.size() == 1) {
            return Error(ErrorCode::kUsage,
                         fmt::format("`{}` cannot be dropped: {}", siblings[index]->name(),
                                     partition ? "the table is partitioned by it" : "it is the only one"));
          }
          siblings.erase(siblings.begin() + static_cast<std::ptrdiff_t>(index));
          return siblings;
        });
  }

  Status operator()(const table::RenameColumn& change) {
    PL_RETURN_NOT_OK(NeedsMapping("RENAME COLUMN"));
    return EditColumn(
        change.path, false, [&](arrow::FieldVector siblings, size_t index) -> Result<arrow::FieldVector> {
          PL_RETURN_NOT_OK(CheckFree(change.path, *siblings[index], "renamed"));
          const int other = FindField(siblings, change.name);
          if (other >= 0 && static_cast<size_t>(other) != index) {
            return Error(ErrorCode::kUsage, fmt::format("column `{}` is there already", change.name));
          }
          if (change.path.size() == 1) {
            std::replace(metadata_.partition_columns.begin(), metadata_.partition_columns.end(),
                         siblings[index]->name(), change.name);
          }
          siblings[index] = siblings[index]->WithName(change.name);
          return siblings;
        });
  }

  Status operator()(const table::ChangeColumn& change) {
    return EditColumn(change.path, false,
                      [&](arrow::FieldVector siblings, size_t index) -> Result<arrow::FieldVector> {
                        PL_ASSIGN_OR_RETURN(auto field, Changed(change, siblings[index]));
                        if (!change.position) {
                          siblings[index] = std::move(field);
                          return siblings;
                        }
                        siblings.erase(siblings.begin() + static_cast<std::ptrdiff_t>(index));
                        PL_RETURN_NOT_OK(Place(&siblings, std::move(field), *change.position));
                        return siblings;
                      });
  }

  Status operator()(const table::KeepChanges&) {
    return (*this)(table::SetProperties{{{"delta.enableChangeDataFeed", "true"}}, {}});
  }

  Status operator()(const table::SetProperties& change) {
    for (const std::string& key : change.unset) {
      const bool own = key.starts_with("delta.columnMapping.") || key.starts_with("delta.rowTracking") ||
                       key.starts_with("delta.inCommitTimestampEnablement") ||
                       key.starts_with("delta.requireCheckpointProtection");
      if (own || key.starts_with(kConstraints)) {
        return Error(ErrorCode::kUsage, fmt::format("property {} is the table's own and stays{}", key,
                                                    own ? "" : ": ALTER TABLE … DROP CONSTRAINT"));
      }
      metadata_.configuration.erase(key);
    }
    for (const auto& [key, value] : change.set) {
      if (key == "delta.columnMapping.maxColumnId" || key.starts_with(kConstraints)) {
        return Error(ErrorCode::kUsage,
                     fmt::format("property {} is not set by hand{}", key,
                                 key.starts_with(kConstraints) ? ": ALTER TABLE … ADD CONSTRAINT" : ""));
      }
      metadata_.configuration[key] = value;
    }
    return Status::OK();
  }

  Status operator()(const table::AddConstraint& change) {
    const std::string key = std::string(kConstraints) + arrow::internal::AsciiToLower(change.name);
    if (!metadata_.configuration.emplace(key, change.expression).second) {
      return Error(ErrorCode::kUsage, fmt::format("constraint {} is there already: {}", change.name,
                                                  metadata_.configuration[key]));
    }
    return Status::OK();
  }

  Status operator()(const table::DropConstraint& change) {
    const std::string key = std::string(kConstraints) + arrow::internal::AsciiToLower(change.name);
    const auto found = std::find_if(
        metadata_.configuration.begin(), metadata_.configuration.end(),
        [&](const auto& entry) { return arrow::internal::AsciiEqualsCaseInsensitive(entry.first, key); });
    if (found != metadata_.configuration.end()) {
      metadata_.configuration.erase(found);
    } else if (!change.if_exists) {
      return Error(ErrorCode::kUsage, fmt::format("there is no constraint {}", change.name));
    }
    return Status::OK();
  }

  Metadata Take() && { return std::move(metadata_); }

 private:
  using ColumnEdit = std::function<Result<arrow::FieldVector>(arrow::FieldVector, size_t)>;

  Status EditAt(const table::FieldPath& parent, const SiblingsEdit& edit) {
    PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(metadata_.schema_string));
    PL_ASSIGN_OR_RETURN(auto fields, EditSiblings(schema->fields(), parent, edit));
    return SchemaToJson(*arrow::schema(std::move(fields))).Value(&metadata_.schema_string);
  }

  Status EditColumn(const table::FieldPath& path, bool if_exists, const ColumnEdit& edit) {
    const table::FieldPath parent(path.begin(), path.end() - 1);
    return EditAt(parent, [&](arrow::FieldVector siblings) -> Result<arrow::FieldVector> {
      const int index = FindField(siblings, path.back());
      if (index < 0 && if_exists) return siblings;
      if (index < 0) return NoColumn(path.back(), siblings);
      return edit(std::move(siblings), static_cast<size_t>(index));
    });
  }

  Status NeedsMapping(std::string_view deed) const {
    if (context_.mapped) return Status::OK();
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("{} needs column mapping, since the files keep their names: first ALTER TABLE … SET "
                    "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
                    deed));
  }

  // What refers to a column by its name, or needs it.
  Status CheckFree(const table::FieldPath& path, const arrow::Field& field, std::string_view deed) const {
    const std::string& name = path.front();
    const auto chosen = metadata_.configuration.find("delta.dataSkippingStatsColumns");
    if (chosen != metadata_.configuration.end()) {
      for (const std::vector<std::string>& column : ParseStatsColumns(chosen->second)) {
        if (!arrow::internal::AsciiEqualsCaseInsensitive(column.front(), name)) continue;
        return Error(ErrorCode::kUsage, fmt::format("`{}` cannot be {}: property {} = {} names it", name,
                                                    deed, chosen->first, chosen->second));
      }
    }
    const auto clustering = context_.read.domains.find("delta.clustering");
    const std::string physical = "\"" + FieldText(field, kPhysicalName) + "\"";
    if (deed == "dropped" && clustering != context_.read.domains.end() && !clustering->second.removed &&
        clustering->second.configuration.find(physical) != std::string::npos) {
      return Error(ErrorCode::kUsage,
                   fmt::format("`{}` cannot be dropped: the table is clustered by it", name));
    }
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::Field>> Changed(const table::ChangeColumn& change,
                                                std::shared_ptr<arrow::Field> field) const {
    if (change.type != nullptr && !change.type->Equals(field->type())) {
      if (!context_.widens) {
        return Error(
            ErrorCode::kUnsupported,
            fmt::format("the type of `{}` changes only where types are widened: first ALTER TABLE … SET "
                        "TBLPROPERTIES ('delta.enableTypeWidening' = 'true')",
                        field->name()));
      }
      PL_ASSIGN_OR_RETURN(field, WidenField(field, change.type));
    }
    if (change.nullable) field = field->WithNullable(*change.nullable);
    if (change.comment) field = WithFieldText(field, table::kCommentKey, *change.comment);
    if (change.default_value) {
      if (change.path.size() > 1) return Error(ErrorCode::kUsage, "only columns have a default, not fields");
      field = WithFieldText(field, table::kDefaultKey, *change.default_value);
    }
    return field;
  }

  const AlterContext& context_;
  Metadata metadata_;
};

}  // namespace

Result<Metadata> Altered(const AlterContext& context, const Metadata& metadata,
                         const table::SchemaChange& change) {
  Alteration alteration(context, metadata);
  PL_RETURN_NOT_OK(std::visit(alteration, change));
  return std::move(alteration).Take();
}

}  // namespace pixlake::delta
