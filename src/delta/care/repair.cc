// Table check's repairs: what FindProblems says can be put right.
#include <fmt/format.h>

#include "delta/care/analyze_internal.h"
#include "delta/care/check_internal.h"
#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/transaction_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/stats/file_stats_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

// Live rows of files that are gone; nullopt when one does not say.
std::optional<int64_t> RowsOf(const std::vector<const AddFile*>& files) {
  int64_t rows = 0;
  for (const AddFile* file : files) {
    const int64_t records = NumRecords(file->stats);
    const int64_t deleted = file->deletion_vector ? file->deletion_vector->cardinality : 0;
    if (records < 0 || deleted < 0 || deleted > records ||
        __builtin_add_overflow(rows, records - deleted, &rows)) {
      return std::nullopt;
    }
  }
  return rows;
}

class Repairer {
 public:
  explicit Repairer(const Findings& findings) : findings_(findings), table_(findings.snapshot->location()) {
    report_.version = findings.report.version;
    for (const table::CheckProblem& problem : findings.report.problems) {
      if (problem.repair.empty()) {
        report_.left.push_back(problem.path + ": " + problem.what);
      }
    }
  }

  // The log's own files first: what follows may write a checkpoint.
  Status RepairLog() {
    for (const auto& [version, checksum] : findings_.checksums) {
      PL_RETURN_NOT_OK(WriteChecksum(table_, version, checksum));
      Done(fmt::format("the checksum of version {} is as the log is", version));
    }
    for (const std::string& path : findings_.compactions) {
      PL_RETURN_NOT_OK(table_.store->Delete(path));
      Done("deleted " + path);
    }
    if (findings_.hint) {
      PL_RETURN_NOT_OK(RewriteLastCheckpoint(table_));
      Done("_last_checkpoint is written anew");
    }
    for (const std::string& path : findings_.temporaries) {
      PL_RETURN_NOT_OK(table_.store->Delete(path));
      Done("deleted " + path);
    }
    return Status::OK();
  }

  // One commit on what was checked: whoever changed one of these files meanwhile wins.
  Status RepairFiles() {
    if (findings_.gone.empty() && findings_.misstated.empty()) {
      return Status::OK();
    }
    PL_ASSIGN_OR_RETURN(auto transaction, DeltaTransaction::Begin(findings_.snapshot));
    report_.files_lost = static_cast<int64_t>(findings_.gone.size());
    report_.rows_lost = RowsOf(findings_.gone);
    for (const AddFile* file : findings_.gone) {
      PL_RETURN_NOT_OK(transaction->RemoveAsIs(*file));
      Done(fmt::format("the log names {} no longer", file->path));
    }
    const TableState& state = findings_.snapshot->state();
    PL_ASSIGN_OR_RETURN(const StatsSelection selection, StatsSelectionFor(state.protocol, state.metadata));
    PL_ASSIGN_OR_RETURN(std::vector<AddFile> restated,
                        Restated(*findings_.snapshot, Forgetful(findings_.misstated), selection));
    for (AddFile& file : restated) {
      Done(fmt::format("the statistics of {} are collected anew", file.path));
      PL_RETURN_NOT_OK(transaction->Restate(std::move(file)));
    }
    transaction->SetDataChange(!findings_.gone.empty());
    transaction->SetOperation({"FSCK",
                               {{"dryRun", "false"}},
                               {{"numMissingFiles", std::to_string(report_.files_lost)},
                                {"numFilesRestated", std::to_string(restated.size())}}});
    return Commit(transaction.get());
  }

  table::RepairReport report() && { return std::move(report_); }

 private:
  void Done(std::string what) { report_.done.push_back(std::move(what)); }

  Status Commit(DeltaTransaction* transaction) {
    PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction->Commit());
    report_.version = outcome.version;
    report_.committed = true;
    return Status::OK();
  }

  // What the log said of them is wrong, so none of it is kept.
  std::vector<const AddFile*> Forgetful(const std::vector<const AddFile*>& files) {
    without_stats_.clear();
    without_stats_.reserve(files.size());
    std::vector<const AddFile*> out;
    for (const AddFile* file : files) {
      without_stats_.push_back(*file);
      without_stats_.back().stats.clear();
      out.push_back(&without_stats_.back());
    }
    return out;
  }

  const Findings& findings_;
  const io::Location& table_;
  std::vector<AddFile> without_stats_;
  table::RepairReport report_;
};

}  // namespace

Result<table::RepairReport> DeltaTable::Repair() {
  PL_ASSIGN_OR_RETURN(const Findings findings, FindProblems(location_));
  const TableState& state = findings.snapshot->state();
  PL_RETURN_NOT_OK(CheckWritable(state.protocol, state.metadata));
  if (!findings.gone.empty() && IsAppendOnly(state.protocol, state.metadata)) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("files of {} are gone, and delta.appendOnly forbids to name them no longer; set "
                             "it to false first",
                             location_.path));
  }
  Repairer repairer(findings);
  PL_RETURN_NOT_OK(repairer.RepairLog());
  PL_RETURN_NOT_OK(repairer.RepairFiles());
  return std::move(repairer).report();
}

}  // namespace pixlake::delta
