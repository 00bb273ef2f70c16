#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/stop/stop_token.h"
#include "base/work/for_each.h"
#include "delta/care/vacuum_internal.h"
#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/transaction_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kHourMs = 3'600'000;

Status CheckRetention(const table::VacuumRequest& request, int64_t retention_ms, int64_t default_ms) {
  if (retention_ms < 0) {
    return Error(ErrorCode::kUsage, "a retention cannot be negative");
  }
  if (retention_ms >= default_ms || request.allow_short_retention) {
    return Status::OK();
  }
  return Error(
      ErrorCode::kUsage,
      fmt::format("a retention of {} hours is below the table's own {}: readers of older versions and "
                  "writers at work would lose their files; allow it explicitly (--allow-short-retention) "
                  "when there are none",
                  retention_ms / kHourMs, default_ms / kHourMs));
}

// One commit that says what is about to happen or did.
Status Note(DeltaTable* table, table::Operation operation) {
  PL_ASSIGN_OR_RETURN(auto loaded, table->Load({}));
  PL_ASSIGN_OR_RETURN(auto transaction,
                      DeltaTransaction::Begin(std::dynamic_pointer_cast<const DeltaSnapshot>(loaded)));
  transaction->NoteOnly();
  transaction->SetDataChange(false);
  transaction->SetOperation(std::move(operation));
  return transaction->Commit().status();
}

Status NoteStart(DeltaTable* table, const table::VacuumRequest& request, const table::VacuumReport& report) {
  return Note(table, {"VACUUM START",
                      {{"retentionCheckEnabled", request.allow_short_retention ? "false" : "true"},
                       {"defaultRetentionMillis", std::to_string(report.default_retention_ms)},
                       {"specifiedRetentionMillis", std::to_string(report.retention_ms)}},
                      {{"numFilesToDelete", std::to_string(report.files_deleted)},
                       {"sizeOfDataToDelete", std::to_string(report.bytes_deleted)}}});
}

Status NoteEnd(DeltaTable* table, const table::VacuumReport& report) {
  return Note(table,
              {"VACUUM END",
               {{"status", report.failures.empty() ? "COMPLETED" : "FAILED"}},
               {{"numDeletedFiles", std::to_string(report.files_deleted)}, {"numVacuumedDirectories", "1"}}});
}

// Deletes with as many threads as given; what cannot be deleted is told, not an error.
Status DeleteAll(const io::Location& table, const std::vector<io::ObjectInfo>& files,
                 const table::VacuumRequest& request, table::VacuumReport* report) {
  std::mutex mutex;
  const auto at_once = static_cast<size_t>(std::max(1, request.threads));
  return ForEach(WorkKind::kIo, files.size(), at_once, [&](size_t i) -> Status {
    PL_RETURN_NOT_OK(CheckStopped());
    const Status status = table.store->Delete(files[i].path);
    const std::lock_guard lock(mutex);
    if (status.ok()) {
      ++report->files_deleted;
      report->bytes_deleted += files[i].size;
      if (request.progress) {
        request.progress(1, files[i].size);
      }
    } else {
      report->failures.push_back(files[i].path + ": " + status.message());
    }
    return Status::OK();
  });
}

}  // namespace

Result<table::VacuumReport> DeltaTable::Vacuum(const table::VacuumRequest& request) {
  // PROTOCOL.md, "VACUUM Protocol Check": always both, whether the feature asks for it or not.
  PL_ASSIGN_OR_RETURN(const TableState state, LoadState(location_, std::nullopt, true));
  const Status writable = CheckWritable(state.protocol, state.metadata);
  if (!writable.ok()) {
    return WithContext(writable, fmt::format("vacuuming {}", location_.path));
  }
  table::VacuumReport report;
  report.version = state.version;
  const std::optional<int64_t> retention = DeletedFileRetention(state.metadata);
  if (!retention && !request.retention_ms) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("vacuuming {}: its property delta.deletedFileRetentionDuration is not understood "
                    "(expected as \"interval 7 days\"); say how long deleted files are kept",
                    location_.path));
  }
  report.default_retention_ms = retention ? *retention : *request.retention_ms;
  report.retention_ms = request.retention_ms.value_or(report.default_retention_ms);
  PL_RETURN_NOT_OK(CheckRetention(request, report.retention_ms, report.default_retention_ms));
  const int64_t threshold_ms = NowMillis() - report.retention_ms;
  PL_ASSIGN_OR_RETURN(const std::set<std::string> needed, NeededFiles(location_, state, threshold_ms));
  PL_ASSIGN_OR_RETURN(const std::vector<io::ObjectInfo> files,
                      request.from_log
                          ? LoggedCandidates(location_, state, needed, threshold_ms, &report.files_seen)
                          : ListedCandidates(location_, state, needed, threshold_ms, &report.files_seen));
  for (const io::ObjectInfo& file : files) {
    report.paths.push_back(file.path);
    report.bytes_deleted += file.size;
  }
  std::sort(report.paths.begin(), report.paths.end());
  report.files_deleted = static_cast<int64_t>(files.size());
  if (request.dry_run) {
    return report;
  }
  PL_RETURN_NOT_OK(NoteStart(this, request, report));
  report.files_deleted = report.bytes_deleted = 0;
  PL_RETURN_NOT_OK(DeleteAll(location_, files, request, &report));
  PL_RETURN_NOT_OK(NoteEnd(this, report));
  // It only spares the next VACUUM from the log the asking for a full one.
  (void)WriteLastVacuum(location_, threshold_ms);
  return report;
}

Result<int64_t> DeltaTable::Checkpoint() {
  PL_ASSIGN_OR_RETURN(const auto snapshot, LoadVersion(std::nullopt));
  PL_RETURN_NOT_OK(CheckWritable(snapshot->state().protocol, snapshot->state().metadata));
  PL_RETURN_NOT_OK(WriteCheckpoint(location_, snapshot->version()));
  return snapshot->version();
}

}  // namespace pixlake::delta
