#include "ingest/lake/batch_manifest.h"

#include <utility>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include "file/data_statistics.h"

namespace pixlake::ingest {
namespace {

using nlohmann::json;

constexpr char kFolder[] = "batches";

std::string ManifestPath(const catalog::Lake& lake, int64_t number) {
  return lake.Internal(fmt::format("{}/{:020}.json", kFolder, number));
}

json ToJson(const BatchManifest& manifest) {
  json tables = json::array();
  for (const ManifestTable& table : manifest.tables) {
    json files = json::array();
    for (const table::StagedFile& file : table.files) {
      json values = json::object();
      for (const auto& [column, value] : file.partition_values)
        values[column] = value ? json(*value) : json();
      files.push_back({{"name", file.name},
                       {"size", file.size},
                       {"modified_ms", file.modified_ms},
                       {"partition", values}});
    }
    tables.push_back({{"table", table.name.text()}, {"files", files}});
  }
  return {{"pixlake_batch", 1}, {"number", manifest.number}, {"tables", tables}};
}

BatchManifest FromJson(const json& parsed) {
  BatchManifest manifest;
  manifest.number = parsed.at("number").get<int64_t>();
  for (const json& table : parsed.at("tables")) {
    ManifestTable entry;
    const auto name = catalog::ParseTableName(table.at("table").get<std::string>());
    if (!name) throw json::other_error::create(501, "no such table name", &table);
    entry.name = *name;
    for (const json& file : table.at("files")) {
      table::StagedFile staged;
      staged.name = file.at("name").get<std::string>();
      staged.size = file.at("size").get<int64_t>();
      staged.modified_ms = file.at("modified_ms").get<int64_t>();
      for (const auto& [column, value] : file.at("partition").items())
        staged.partition_values[column] =
            value.is_null() ? std::optional<std::string>() : std::optional(value.get<std::string>());
      entry.files.push_back(std::move(staged));
    }
    manifest.tables.push_back(std::move(entry));
  }
  return manifest;
}

Result<BatchManifest> ReadManifest(const catalog::Lake& lake, const std::string& path) {
  PL_ASSIGN_OR_RETURN(const std::string text, lake.place().store->ReadAll(path));
  try {
    return FromJson(json::parse(text));
  } catch (const json::exception&) {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format(
            "{} is no batch manifest; it decides what an interrupted ingest still has to commit. Move "
            "it away to go on without that batch",
            path));
  }
}

// What the writer knew when it closed the file, from the file's own footer.
Status RestoreStatistics(const io::Location& place, table::StagedFile* file) {
  const std::string path = place.Child(file->name);
  const auto info = place.store->Stat(path);
  if (!info.ok() || info->size != file->size) {
    return Error(ErrorCode::kCorrupt, fmt::format("{}: expected {} bytes, found {}", path, file->size,
                                                  info.ok() ? std::to_string(info->size) : "no such file"));
  }
  try {
    PL_ASSIGN_OR_RETURN(const auto input, place.store->OpenInput(path));
    const auto metadata = parquet::ReadMetaData(input);
    std::shared_ptr<arrow::Schema> schema;
    PL_RETURN_NOT_OK(parquet::arrow::FromParquetSchema(metadata->schema(), &schema));
    return file::CollectStatistics(*metadata, *schema).Value(&file->statistics);
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorrupt, fmt::format("{}: {}", path, e.what()));
  }
}

Result<table::CommitOutcome> CommitTable(const catalog::Lake& lake, table::TableFormat* format,
                                         int64_t number, const ManifestTable& staged, bool restore) {
  const io::Location place = lake.TablePlace(staged.name);
  PL_ASSIGN_OR_RETURN(const auto table, format->Open(place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  if (snapshot->TxnVersion(kBatchTxn).value_or(-1) >= number)
    return table::CommitOutcome{snapshot->version(), 0, true};
  PL_ASSIGN_OR_RETURN(const auto transaction, table->BeginAppend(snapshot));
  transaction->KeepStagedFiles();
  transaction->SetTxn(kBatchTxn, number);
  for (table::StagedFile file : staged.files) {
    if (restore) PL_RETURN_NOT_OK(RestoreStatistics(place, &file));
    transaction->Append(std::move(file));
  }
  return transaction->Commit();
}

Result<std::vector<TableCommit>> Commit(const catalog::Lake& lake, table::TableFormat* format,
                                        const BatchManifest& manifest, bool restore) {
  std::vector<TableCommit> commits;
  for (const ManifestTable& staged : manifest.tables) {
    PL_ASSIGN_OR_RETURN(const auto outcome, CommitTable(lake, format, manifest.number, staged, restore));
    commits.push_back({staged.name, outcome});
  }
  PL_RETURN_NOT_OK(lake.place().store->Delete(ManifestPath(lake, manifest.number)));
  return commits;
}

}  // namespace

Status PutManifest(const catalog::Lake& lake, const BatchManifest& manifest) {
  return WithContext(
      lake.place().store->PutIfAbsent(ManifestPath(lake, manifest.number), ToJson(manifest).dump() + "\n"),
      "writing the batch manifest");
}

Result<std::vector<TableCommit>> CommitManifest(const catalog::Lake& lake, table::TableFormat* format,
                                                const BatchManifest& manifest) {
  return Commit(lake, format, manifest, /*restore=*/false);
}

Result<int64_t> ReplayManifests(const catalog::Lake& lake, table::TableFormat* format) {
  PL_ASSIGN_OR_RETURN(const auto manifests, lake.place().store->List(lake.Internal(kFolder)));
  int64_t replayed = 0;
  for (const io::ObjectInfo& object : manifests) {
    if (!object.path.ends_with(".json")) continue;
    PL_ASSIGN_OR_RETURN(const BatchManifest manifest, ReadManifest(lake, object.path));
    const auto commits = Commit(lake, format, manifest, /*restore=*/true);
    if (!commits.ok()) return WithContext(commits.status(), "finishing the batch of an interrupted run");
    ++replayed;
  }
  return replayed;
}

}  // namespace pixlake::ingest
