#include "lake/batch_manifest.h"

#include <algorithm>
#include <utility>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include "file/data_statistics.h"
#include "table/codec/plan_codec.h"

namespace pixlake::lake {
namespace {

using nlohmann::json;

constexpr char kFolder[] = "batches";
constexpr int64_t kMaxManifestBytes = int64_t{64} << 20;
constexpr int kManifestVersion = 2;  // 1: without statistics, which are then read from the files
constexpr char kMoveAway[] = "Move it away to go on without that batch; ingest its sources again then";

// Those of two epochs never have one name: what is put late stands beside what was put in time.
std::string ManifestPath(const catalog::Lake& lake, const BatchManifest& manifest) {
  const std::string epoch = manifest.epoch == 0 ? "" : fmt::format("-{:020}", manifest.epoch);
  return lake.Internal(fmt::format("{}/{:020}{}.json", kFolder, manifest.number, epoch));
}

Result<std::string> TextOf(const BatchManifest& manifest) {
  json tables = json::array();
  for (const ManifestTable& table : manifest.tables) {
    json files = json::array();
    for (const table::StagedFile& file : table.files) {
      PL_ASSIGN_OR_RETURN(json encoded, table::EncodeStagedFile(file));
      files.push_back(std::move(encoded));
    }
    tables.push_back({{"table", table.name.text()}, {"files", std::move(files)}});
  }
  json whole = {
      {"pixlake_batch", kManifestVersion}, {"number", manifest.number}, {"tables", std::move(tables)}};
  if (manifest.epoch > 0) whole["epoch"] = manifest.epoch;
  return whole.dump() + "\n";
}

// What a manifest may say: it lies in a folder that others can write to, and what it names
// becomes part of a table.
bool IsStagedName(const std::string& name, const std::string& date) {
  const std::string folder = "date_partition=" + date + "/";
  return name.starts_with(folder) && name.ends_with(".parquet") &&
         name.find_first_not_of("0123456789abcdef-_", folder.size()) == name.size() - 8;
}

bool IsDate(const std::string& text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) == 8;
}

bool IsSound(const BatchManifest& manifest) {
  const auto own = catalog::OwnTables();
  for (const ManifestTable& table : manifest.tables) {
    if (std::none_of(own.begin(), own.end(),
                     [&](const auto& name) { return name.text() == table.name.text(); }))
      return false;
    for (const table::StagedFile& file : table.files) {
      const auto date = file.partition_values.find("date_partition");
      if (file.partition_values.size() != 1 || date == file.partition_values.end() || !date->second ||
          !IsDate(*date->second) || !IsStagedName(file.name, *date->second)) {
        return false;
      }
    }
  }
  return manifest.number > 0 && manifest.number < INT64_MAX && manifest.epoch >= 0 &&
         manifest.epoch < INT64_MAX;
}

// As version 1 had it.
table::StagedFile FileOfVersion1(const json& file) {
  table::StagedFile staged;
  staged.name = file.at("name").get<std::string>();
  staged.size = file.at("size").get<int64_t>();
  staged.modified_ms = file.at("modified_ms").get<int64_t>();
  for (const auto& [column, value] : file.at("partition").items())
    staged.partition_values[column] =
        value.is_null() ? std::optional<std::string>() : std::optional(value.get<std::string>());
  return staged;
}

Result<BatchManifest> FromJson(const json& parsed, int version) {
  BatchManifest manifest;
  manifest.has_statistics = version > 1;
  manifest.number = parsed.at("number").get<int64_t>();
  manifest.epoch = parsed.value("epoch", int64_t{0});
  for (const json& table : parsed.at("tables")) {
    ManifestTable entry;
    const auto name = catalog::ParseTableName(table.at("table").get<std::string>());
    if (!name) throw json::other_error::create(501, "no such table name", &table);
    entry.name = *name;
    for (const json& file : table.at("files")) {
      if (version == 1) {
        entry.files.push_back(FileOfVersion1(file));
      } else {
        PL_ASSIGN_OR_RETURN(table::StagedFile staged, table::DecodeStagedFile(file));
        entry.files.push_back(std::move(staged));
      }
    }
    manifest.tables.push_back(std::move(entry));
  }
  return manifest;
}

Result<BatchManifest> ReadManifest(const catalog::Lake& lake, const std::string& path) {
  PL_ASSIGN_OR_RETURN(const std::string text, lake.place().store->ReadAll(path, kMaxManifestBytes));
  try {
    const json parsed = json::parse(text);
    const int version = parsed.at("pixlake_batch").get<int>();
    if (version > kManifestVersion) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("{} is a batch manifest of version {}, of a newer pixlake; this one knows version "
                      "{}. Finish the batch with the pixlake that began it",
                      path, version, kManifestVersion));
    }
    auto manifest = FromJson(parsed, version);
    if (!manifest.ok() && CodeOf(manifest.status()) == ErrorCode::kUnsupported)
      return WithContext(manifest.status(), path);
    if (manifest.ok() && IsSound(*manifest) && path == ManifestPath(lake, *manifest)) return manifest;
  } catch (const json::exception&) {  // told below
  }
  return Error(ErrorCode::kCorrupt,
               fmt::format("{} is no batch manifest of ours; it decides what an interrupted ingest still has "
                           "to commit. {}",
                           path, kMoveAway));
}

// The file is there as it was written; what the writer knew when it closed it is taken from
// the file's own footer where the manifest does not say it.
Status Restore(const io::Location& place, bool has_statistics, table::StagedFile* file) {
  const std::string path = place.Child(file->name);
  const auto info = place.store->Stat(path);
  if (!info.ok() || info->size != file->size) {
    return Error(ErrorCode::kCorrupt, fmt::format("{}: expected {} bytes, found {}", path, file->size,
                                                  info.ok() ? std::to_string(info->size) : "no such file"));
  }
  if (has_statistics) return Status::OK();
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
                                         const BatchManifest& manifest, const ManifestTable& staged,
                                         const LeaseOfWork& lease, bool restore) {
  const io::Location place = lake.TablePlace(staged.name);
  PL_ASSIGN_OR_RETURN(const auto table, format->Open(place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  const bool done = snapshot->TxnVersion(kBatchTxn).value_or(-1) >= manifest.number;
  PL_ASSIGN_OR_RETURN(const auto transaction, table->BeginAppend(snapshot));
  transaction->KeepStagedFiles();
  transaction->SetTxn(kBatchTxn, manifest.number);
  if (lease) PL_RETURN_NOT_OK(transaction->CommitUnder(*lease));
  if (manifest.epoch > 0) PL_RETURN_NOT_OK(transaction->NoteTxn(kBatchEpochTxn, manifest.epoch));
  // Committed by the run that was interrupted: Commit() sees to it that it is durable, for the
  // manifest goes next.
  if (done) return transaction->Commit();
  for (table::StagedFile file : staged.files) {
    if (restore) PL_RETURN_NOT_OK(Restore(place, manifest.has_statistics, &file));
    transaction->Append(std::move(file));
  }
  return transaction->Commit();
}

Result<std::vector<TableCommit>> Commit(const catalog::Lake& lake, table::TableFormat* format,
                                        const BatchManifest& manifest, const LeaseOfWork& lease,
                                        bool restore) {
  std::vector<TableCommit> commits;
  for (const ManifestTable& staged : manifest.tables) {
    PL_ASSIGN_OR_RETURN(const auto outcome, CommitTable(lake, format, manifest, staged, lease, restore));
    commits.push_back({staged.name, outcome});
  }
  PL_RETURN_NOT_OK(lake.place().store->Delete(ManifestPath(lake, manifest)));
  return commits;
}

}  // namespace

Status PutManifest(const catalog::Lake& lake, const BatchManifest& manifest) {
  const std::string path = ManifestPath(lake, manifest);
  const auto& store = lake.place().store;
  PL_ASSIGN_OR_RETURN(const std::string text, TextOf(manifest));
  const Status put = store->PutIfAbsent(path, text);
  if (put.ok()) return put;
  // Under a lease "not there" may mean that it was there, and committed by who took the lease over.
  if (manifest.epoch == 0) {
    const auto there = store->Exists(path);
    if (there.ok() && !*there) RemoveStaged(lake, manifest);
  }
  return WithContext(put, "writing the batch manifest");
}

void RemoveStaged(const catalog::Lake& lake, const BatchManifest& manifest) {
  for (const ManifestTable& table : manifest.tables) {
    const io::Location place = lake.TablePlace(table.name);
    for (const table::StagedFile& file : table.files) {
      const Status ignored = place.store->Delete(place.Child(file.name));
    }
  }
}

Result<std::vector<TableCommit>> CommitManifest(const catalog::Lake& lake, table::TableFormat* format,
                                                const BatchManifest& manifest, const LeaseOfWork& lease) {
  return Commit(lake, format, manifest, lease, /*restore=*/false);
}

Result<int64_t> BatchesWaiting(const catalog::Lake& lake) {
  PL_ASSIGN_OR_RETURN(const auto manifests, lake.place().store->List(lake.Internal(kFolder)));
  return std::count_if(manifests.begin(), manifests.end(),
                       [](const io::ObjectInfo& object) { return object.path.ends_with(".json"); });
}

Result<int64_t> ReplayManifests(const catalog::Lake& lake, table::TableFormat* format,
                                const LeaseOfWork& lease, int64_t last_epoch) {
  PL_ASSIGN_OR_RETURN(const auto objects, lake.place().store->List(lake.Internal(kFolder)));
  std::vector<std::pair<std::string, BatchManifest>> manifests;
  for (const io::ObjectInfo& object : objects) {
    if (!object.path.ends_with(".json")) continue;
    PL_ASSIGN_OR_RETURN(BatchManifest manifest, ReadManifest(lake, object.path));
    last_epoch = std::max(last_epoch, manifest.epoch);
    manifests.emplace_back(object.path, std::move(manifest));
  }
  int64_t replayed = 0;
  for (const auto& [path, manifest] : manifests) {
    if (manifest.epoch > 0 && manifest.epoch < last_epoch) {
      PL_RETURN_NOT_OK(lake.place().store->Delete(path));
      continue;
    }
    const auto commits = Commit(lake, format, manifest, lease, /*restore=*/true);
    if (!commits.ok()) {
      const std::string advice = CodeOf(commits.status()) == ErrorCode::kCorrupt
                                     ? fmt::format(" as {} says. {}", path, kMoveAway)
                                     : "";
      return WithContext(commits.status(), "finishing the batch of an interrupted run" + advice);
    }
    ++replayed;
  }
  return replayed;
}

}  // namespace pixlake::lake
