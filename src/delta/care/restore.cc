#include <map>

#include <fmt/format.h>

#include "base/clock.h"
#include "delta/commit/transaction_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

// By path and deletion vector: two of one key are the same rows.
std::map<std::string, const AddFile*> ByKey(const FileList& files) {
  std::map<std::string, const AddFile*> out;
  for (const AddFile& file : files) {
    std::string key = CanonicalPath(file.path);
    key += '\0';
    key += file.deletion_vector ? file.deletion_vector->UniqueId() : "";
    out.emplace(std::move(key), &file);
  }
  return out;
}

struct Difference {
  std::vector<const AddFile*> gone;  // in the earlier version and not now
  std::vector<const AddFile*> extra;
};

Difference Compare(const TableState& now, const TableState& then) {
  const auto now_files = ByKey(now.files);
  const auto then_files = ByKey(then.files);
  Difference out;
  for (const auto& [key, file] : then_files) {
    if (!now_files.contains(key)) {
      out.gone.push_back(file);
    }
  }
  for (const auto& [key, file] : now_files) {
    if (!then_files.contains(key)) {
      out.extra.push_back(file);
    }
  }
  return out;
}

Status CheckThere(const io::Location& table, const std::vector<const AddFile*>& files, int64_t version) {
  for (const AddFile* file : files) {
    PL_ASSIGN_OR_RETURN(const std::string path, ResolvePath(table, file->path));
    PL_ASSIGN_OR_RETURN(const bool there, table.store->Exists(path));
    if (!there) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("version {} of {} cannot be restored: its file {} is gone "
                               "(deleted by a VACUUM?)",
                               version, table.path, path));
    }
  }
  return Status::OK();
}

// The earlier definition, but for what may not go back: since when commits have their time,
// which column ids were given.
Metadata RestoredMetadata(const Metadata& now, Metadata then) {
  for (const char* key : {"delta.enableInCommitTimestamps", "delta.inCommitTimestampEnablementVersion",
                          "delta.inCommitTimestampEnablementTimestamp"}) {
    const auto found = now.configuration.find(key);
    if (found == now.configuration.end()) {
      then.configuration.erase(key);
    } else {
      then.configuration[key] = found->second;
    }
  }
  // An id that was given is never given again.
  constexpr char kMaxId[] = "delta.columnMapping.maxColumnId";
  const auto max_id = now.configuration.find(kMaxId);
  if (max_id != now.configuration.end() && then.configuration.contains(kMaxId)) {
    then.configuration[kMaxId] = max_id->second;
  }
  return then;
}

bool SameMetadata(const Metadata& a, const Metadata& b) {
  return a.schema_string == b.schema_string && a.partition_columns == b.partition_columns &&
         a.configuration == b.configuration && a.name == b.name && a.description == b.description;
}

std::map<std::string, std::string> MetricsOf(const Difference& difference, const TableState& then) {
  const auto bytes = [](const std::vector<const AddFile*>& files) {
    int64_t sum = 0;
    for (const AddFile* file : files) {
      sum += file->size;
    }
    return std::to_string(sum);
  };
  int64_t total = 0;
  for (const AddFile& file : then.files) {
    total += file.size;
  }
  return {{"tableSizeAfterRestore", std::to_string(total)},
          {"numOfFilesAfterRestore", std::to_string(then.files.size())},
          {"numRemovedFiles", std::to_string(difference.extra.size())},
          {"numRestoredFiles", std::to_string(difference.gone.size())},
          {"removedFilesSize", bytes(difference.extra)},
          {"restoredFilesSize", bytes(difference.gone)}};
}

}  // namespace

Result<table::RestoreReport> DeltaTable::Restore(const table::VersionSpec& spec) {
  if (!spec.version && !spec.as_of_ms) {
    return Error(ErrorCode::kUsage, "which version? Give a version or a time to restore");
  }
  PL_ASSIGN_OR_RETURN(const auto earlier, Load(spec));
  PL_ASSIGN_OR_RETURN(const auto latest, Load({}));
  const auto then = std::dynamic_pointer_cast<const DeltaSnapshot>(earlier);
  const auto now = std::dynamic_pointer_cast<const DeltaSnapshot>(latest);
  const Difference difference = Compare(now->state(), then->state());
  const Metadata metadata = RestoredMetadata(now->state().metadata, then->state().metadata);
  table::RestoreReport report;
  report.version = now->version();
  report.restored = then->version();
  report.metrics = MetricsOf(difference, then->state());
  const bool same_metadata = SameMetadata(metadata, now->state().metadata);
  if (difference.gone.empty() && difference.extra.empty() && same_metadata) {
    return report;
  }
  PL_RETURN_NOT_OK(CheckThere(location_, difference.gone, then->version()));
  PL_ASSIGN_OR_RETURN(auto transaction, DeltaTransaction::Begin(now));
  transaction->ReadWholeTable();
  for (const AddFile* file : difference.extra) {
    PL_RETURN_NOT_OK(transaction->RemoveAsIs(*file));
  }
  for (const AddFile* file : difference.gone) {
    transaction->Restore(*file);
  }
  if (!same_metadata) {
    // The protocol stays: what was switched on may be in use by others.
    PL_RETURN_NOT_OK(CheckWritable(now->state().protocol, metadata));
    transaction->SetMetadata(metadata);
  }
  transaction->SetOperation({"RESTORE",
                             {{"version", spec.version ? std::to_string(*spec.version) : "null"},
                              {"timestamp", spec.as_of_ms ? FormatTimestamp(*spec.as_of_ms) : "null"}},
                             report.metrics});
  PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction->Commit());
  report.version = outcome.version;
  report.committed = true;
  return report;
}

}  // namespace pixlake::delta
