#include "lake/lake_tables.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <fmt/format.h>

#include "catalog/later_columns.h"
#include "lake/batch_manifest.h"
#include "lake/lease/fence.h"
#include "table/schema_change.h"

namespace pixlake::lake {
namespace {

// Schemas may have grown by columns of others; those rows get null there. What ingest
// fills must be there and of its type.
Status CheckSchema(const OpenedLakeTable& opened, const table::TableDefinition& own) {
  const table::TableDefinition& found = opened.snapshot->definition();
  if (found.partition_columns != own.partition_columns) {
    return Error(ErrorCode::kSchemaMismatch,
                 fmt::format("{} is not partitioned by date_partition", opened.place.path));
  }
  for (const auto& field : own.schema->fields()) {
    const auto there = found.schema->GetFieldByName(field->name());
    if (there == nullptr || !there->type()->Equals(*field->type())) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("{}: expected a column `{}` of type {}, found {}", opened.place.path,
                               field->name(), field->type()->ToString(),
                               there == nullptr ? std::string("none") : there->type()->ToString()));
    }
  }
  return Status::OK();
}

}  // namespace

namespace {

// A table of an earlier version gets the columns it lacks, and keeps its changes from now on. One that
// somebody else gave them meanwhile has them when it is loaded again.
Status BringUpToDate(const table::TableDefinition& own, const std::optional<table::LeaseEpoch>& lease,
                     OpenedLakeTable* opened) {
  const auto lacks = [&](const arrow::Field& field) {
    return catalog::IsLaterColumn(opened->name, field.name()) &&
           opened->snapshot->definition().schema->GetFieldByName(field.name()) == nullptr;
  };
  const arrow::FieldVector& fields = own.schema->fields();
  const bool lacks_some =
      std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return lacks(*field); });
  PL_ASSIGN_OR_RETURN(const table::WriteRules rules, opened->snapshot->Rules());
  const bool lacks_feed = own.change_feed && !rules.change_feed && opened->table->change_feed().ok();
  if (!lacks_some && !lacks_feed) return Status::OK();
  PL_ASSIGN_OR_RETURN(const auto transaction, opened->table->Begin(opened->snapshot));
  for (const auto& field : fields) {
    if (lacks(*field)) PL_RETURN_NOT_OK(transaction->Change(table::AddColumn{{}, field, {}}));
  }
  if (lacks_feed) PL_RETURN_NOT_OK(transaction->Change(table::KeepChanges{}));
  if (lease) PL_RETURN_NOT_OK(transaction->CommitUnder(*lease));
  transaction->SetOperation({lacks_some ? "ADD COLUMNS" : "SET TBLPROPERTIES", {}, {}});
  const auto committed = transaction->Commit();
  if (!committed.ok() && CodeOf(committed.status()) != ErrorCode::kCommitConflict)
    return WithContext(committed.status(), "bringing " + opened->name.text() + " up to this version");
  return opened->table->Load().Value(&opened->snapshot);
}

}  // namespace

Result<OpenedLakeTable> OpenLakeTable(const catalog::Lake& lake, table::TableFormat* format,
                                      const catalog::TableName& name,
                                      const std::optional<table::LeaseEpoch>& lease) {
  OpenedLakeTable opened;
  opened.name = name;
  opened.place = lake.TablePlace(name);
  auto own = catalog::OwnTable(name);
  PL_ASSIGN_OR_RETURN(const bool there, format->Detect(opened.place));
  if (!there) {
    auto made = format->Create(opened.place, *own);
    if (!made.ok() && CodeOf(made.status()) != ErrorCode::kAlreadyExists) return made.status();
  }
  PL_ASSIGN_OR_RETURN(opened.table, format->Open(opened.place));
  PL_ASSIGN_OR_RETURN(opened.snapshot, opened.table->Load());
  PL_RETURN_NOT_OK(catalog::CheckOwnTableVersion(opened.snapshot->definition(), opened.place.path));
  own->schema = catalog::NamedAsFound(name, own->schema, *opened.snapshot->definition().schema);
  PL_RETURN_NOT_OK(BringUpToDate(*own, lease, &opened));
  PL_RETURN_NOT_OK(CheckSchema(opened, *own));
  arrow::FieldVector fields;
  for (const auto& field : own->schema->fields()) {
    if (field->name() != "date_partition") fields.push_back(field);
  }
  opened.file_schema = arrow::schema(std::move(fields));
  return opened;
}

Status LakeTables::Refresh() {
  for (OpenedLakeTable* opened : All()) {
    PL_ASSIGN_OR_RETURN(opened->snapshot, opened->table->Load());
  }
  return Status::OK();
}

Result<int64_t> LakeTables::NextBatch() {
  int64_t last = 0;
  for (const OpenedLakeTable* opened : All())
    last = std::max(last, opened->snapshot->TxnVersion(kBatchTxn).value_or(0));
  if (last == INT64_MAX) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("somebody has committed the largest number there is as {} in a table of the "
                             "lake; no batch can come behind it",
                             kBatchTxn));
  }
  return last + 1;
}

int64_t LakeTables::LastBatchEpoch() {
  int64_t last = 0;
  for (const OpenedLakeTable* opened : All())
    last = std::max(last, opened->snapshot->TxnVersion(kBatchEpochTxn).value_or(0));
  return last;
}

Status LakeTables::Fence(const table::LeaseEpoch& lease) {
  for (OpenedLakeTable* opened : All()) PL_RETURN_NOT_OK(FenceTable(opened->table.get(), lease));
  return Refresh();
}

Result<LakeTables> OpenLakeTables(const catalog::Lake& lake, table::TableFormat* format,
                                  const std::optional<table::LeaseEpoch>& lease) {
  LakeTables tables;
  for (const auto& [opened, name] :
       {std::pair(&tables.images, "images"), std::pair(&tables.metadata, "metadata"),
        std::pair(&tables.binary, "binary"), std::pair(&tables.sources, "sources"),
        std::pair(&tables.quarantine, "quarantine")}) {
    PL_ASSIGN_OR_RETURN(*opened, OpenLakeTable(lake, format, {"raw", name}, lease));
  }
  return tables;
}

}  // namespace pixlake::lake
