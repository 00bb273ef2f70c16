#include "inventory/inventory.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/near.h"
#include "query/statement/schema/schema_text.h"
#include "table/compatibility.h"
#include "table/schema_change.h"

namespace pixlake::inventory {
namespace {

std::vector<std::string> SplitTags(const std::string& text) {
  std::vector<std::string> tags;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    if (end > at) tags.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return tags;
}

std::string PropertyOf(const table::TableDefinition& definition, const std::string& key) {
  const auto found = definition.properties.find(key);
  return found == definition.properties.end() ? "" : found->second;
}

std::vector<ColumnEntry> ColumnsOf(const table::TableDefinition& definition) {
  std::vector<ColumnEntry> columns;
  for (const auto& field : definition.schema->fields()) {
    ColumnEntry column;
    column.name = field->name();
    column.type = query::SparkTypeName(*field->type());
    column.nullable = field->nullable();
    if (field->HasMetadata()) {
      column.description = field->metadata()->Get(table::kCommentKey).ValueOr("");
      column.tags = SplitTags(field->metadata()->Get(kTagsKey).ValueOr(""));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

Status Fill(const session::Session& session, const catalog::Lake& lake, const catalog::TableName& name,
            TableEntry* entry) {
  entry->place = lake.TablePlace(name).path;
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(entry->place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const auto totals, snapshot->Totals());
  const table::TableDefinition& definition = snapshot->definition();
  entry->format = table->format();
  entry->version = snapshot->version();
  entry->updated_ms = snapshot->timestamp_ms();
  entry->rows = totals.num_rows;
  entry->files = totals.num_files;
  entry->bytes = totals.size_bytes;
  entry->description = definition.description;
  entry->partition_columns = definition.partition_columns;
  entry->owner = PropertyOf(definition, kOwnerKey);
  entry->tags = SplitTags(PropertyOf(definition, kTagsKey));
  if (const std::string rule = PropertyOf(definition, table::kCompatibilityKey); !rule.empty())
    entry->compatibility = rule;
  entry->columns = ColumnsOf(definition);
  return Status::OK();
}

Result<TableEntry> EntryOf(const session::Session& session, const catalog::Lake& lake,
                           const catalog::TableName& name) {
  TableEntry entry;
  entry.name = name.text();
  entry.zone = name.zone;
  const Status filled = Fill(session, lake, name, &entry);
  if (CodeOf(filled) == ErrorCode::kCancelled) return filled;
  if (!filled.ok()) entry.problem = filled.message();
  return entry;
}

Status CheckTag(const std::string& tag) {
  const bool sound = !tag.empty() && tag.size() <= 100 && std::all_of(tag.begin(), tag.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_-.:/").find(c) != std::string_view::npos;
  });
  if (sound) return Status::OK();
  return Error(
      ErrorCode::kUsage,
      fmt::format("'{}' is no tag; expected letters, digits, '_', '-', '.', ':' and '/', at most 100", tag));
}

// The tags as they are then; false: nothing changes.
bool ChangeTags(const Declaration& declaration, std::vector<std::string>* tags) {
  const std::vector<std::string> before = *tags;
  for (const std::string& tag : declaration.add_tags) {
    if (std::find(tags->begin(), tags->end(), tag) == tags->end()) tags->push_back(tag);
  }
  std::erase_if(*tags, [&](const std::string& tag) {
    return std::find(declaration.remove_tags.begin(), declaration.remove_tags.end(), tag) !=
           declaration.remove_tags.end();
  });
  return *tags != before;
}

Status CheckDeclaration(const Declaration& declaration) {
  for (const auto* tags : {&declaration.add_tags, &declaration.remove_tags}) {
    for (const std::string& tag : *tags) PL_RETURN_NOT_OK(CheckTag(tag));
  }
  if (!declaration.column.empty() && (declaration.owner || declaration.compatibility))
    return Error(ErrorCode::kUsage, "owner and compatibility are a table's, not a column's");
  if (declaration.compatibility) PL_RETURN_NOT_OK(table::CheckCompatibilityRule(*declaration.compatibility));
  return Status::OK();
}

// What changes the properties, and the words of a column, in one commit.
class Change {
 public:
  Change(const Declaration& declaration, table::TableDefinition definition)
      : declaration_(declaration), definition_(std::move(definition)) {}

  Status Make() {
    if (declaration_.column.empty()) {
      Set(kOwnerKey, declaration_.owner);
      Set(table::kCompatibilityKey, declaration_.compatibility);
      if (declaration_.description && *declaration_.description != definition_.description) {
        definition_.description = *declaration_.description;
        changed_ = true;
      }
      std::vector<std::string> tags = SplitTags(PropertyOf(definition_, kTagsKey));
      if (ChangeTags(declaration_, &tags)) Set(kTagsKey, fmt::format("{}", fmt::join(tags, ",")));
      return Status::OK();
    }
    std::vector<std::string> names;
    for (const auto& field : definition_.schema->fields()) names.push_back(field->name());
    const int at = definition_.schema->GetFieldIndex(declaration_.column);
    if (at < 0) {
      return Error(ErrorCode::kUsage,
                   fmt::format("{} has no column `{}`{}", declaration_.table, declaration_.column,
                               DidYouMean(declaration_.column, names)));
    }
    return Column(at);
  }

  bool changed() const { return changed_; }
  const table::TableDefinition& definition() const { return definition_; }

 private:
  void Set(const std::string& key, const std::optional<std::string>& value) {
    if (!value || PropertyOf(definition_, key) == *value) return;
    changed_ = true;
    if (value->empty()) {
      definition_.properties.erase(key);
    } else {
      definition_.properties[key] = *value;
    }
  }

  // In the column itself, so that it goes where the column goes.
  Status Column(int at) {
    const auto& field = definition_.schema->field(at);
    auto metadata =
        field->HasMetadata() ? field->metadata()->Copy() : std::make_shared<arrow::KeyValueMetadata>();
    const auto set = [&](const char* key, const std::string& value) -> Status {
      if (metadata->Get(key).ValueOr("") == value) return Status::OK();
      changed_ = true;
      return value.empty() ? metadata->Delete(key) : metadata->Set(key, value);
    };
    if (declaration_.description) PL_RETURN_NOT_OK(set(table::kCommentKey, *declaration_.description));
    std::vector<std::string> tags = SplitTags(metadata->Get(kTagsKey).ValueOr(""));
    if (ChangeTags(declaration_, &tags))
      PL_RETURN_NOT_OK(set(kTagsKey, fmt::format("{}", fmt::join(tags, ","))));
    if (!changed_) return Status::OK();
    return definition_.schema->SetField(at, field->WithMetadata(std::move(metadata)))
        .Value(&definition_.schema);
  }

  const Declaration& declaration_;
  table::TableDefinition definition_;
  bool changed_ = false;
};

}  // namespace

Result<std::vector<TableEntry>> TakeInventory(const session::Session& session) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
  std::vector<TableEntry> entries;
  for (const catalog::TableName& name : names) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(entries.emplace_back(), EntryOf(session, lake, name));
  }
  return entries;
}

Result<TableEntry> FindEntry(const session::Session& session, const std::string& table) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
  std::vector<std::string> there;
  for (const catalog::TableName& name : names) {
    if (name.text() == table) return EntryOf(session, lake, name);
    there.push_back(name.text());
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("there is no table {} in the lake{}", table, DidYouMean(table, there)));
}

Result<int64_t> Declare(const session::Session& session, const Declaration& declaration) {
  const StopScope scope = session.Enter();
  PL_RETURN_NOT_OK(CheckDeclaration(declaration));
  PL_ASSIGN_OR_RETURN(const TableEntry entry, FindEntry(session, declaration.table));
  if (!entry.problem.empty()) return Error(ErrorCode::kUnsupported, entry.name + ": " + entry.problem);
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(entry.place));
  PL_ASSIGN_OR_RETURN(const std::shared_ptr<const table::Snapshot> snapshot, table->Load());
  Change change(declaration, snapshot->definition());
  PL_RETURN_NOT_OK(change.Make());
  if (!change.changed()) return snapshot->version();
  PL_ASSIGN_OR_RETURN(const auto transaction, table->Begin(snapshot));
  PL_RETURN_NOT_OK(transaction->SetDefinition(change.definition()));
  transaction->SetOperation({declaration.column.empty() ? "SET TBLPROPERTIES" : "CHANGE COLUMN", {}, {}});
  PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction->Commit());
  return outcome.version;
}

}  // namespace pixlake::inventory
