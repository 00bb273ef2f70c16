#include "pipeline/upkeep/maintain.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "base/memory/byte_size.h"
#include "base/near.h"
#include "base/time/duration.h"
#include "lake/lake_lock.h"
#include "query/upkeep/optimize.h"
#include "query/upkeep/vacuum.h"

#include "pipeline/upkeep/upkeep_times.h"

namespace pixlake::pipeline {
namespace {

// One rewriting makes files of about the target's size: those below three quarters of it are small.
int64_t SmallBelow(int64_t target) {
  return target / 4 * 3;
}

constexpr char kArrangedFiles[] = "zorder files";

// Files that no version has may be somebody's who has not committed yet: kept for so long.
constexpr int64_t kUncommittedMs = int64_t{7} * 24 * 3600 * 1000;

// Stands for the data files that a table has, and which of their rows are deleted.
Result<int64_t> FilesOf(const table::Snapshot& snapshot) {
  PL_ASSIGN_OR_RETURN(const auto files, snapshot.Files());
  std::vector<std::string> names;
  for (const table::DataFile& file : files)
    names.push_back(fmt::format("{} {}", file.path, file.deleted_rows));
  std::sort(names.begin(), names.end());
  const std::string all = fmt::format("{}", fmt::join(names, "\n"));
  return static_cast<int64_t>(XXH3_64bits(all.data(), all.size()) >> 1);
}

struct SmallFiles {
  int64_t files = 0;
  int64_t bytes = 0;
};

// Those that others of the same partition can be packed with, and those with deleted rows.
Result<SmallFiles> CountSmallFiles(const table::Snapshot& snapshot, int64_t target) {
  PL_ASSIGN_OR_RETURN(const auto files, snapshot.Files());
  std::map<table::PartitionText, SmallFiles> partitions;
  SmallFiles out;
  for (const table::DataFile& file : files) {
    if (file.size >= SmallBelow(target)) continue;
    SmallFiles& partition = partitions[file.partition_values];
    ++partition.files;
    partition.bytes += file.size;
  }
  for (const auto& [values, partition] : partitions) {
    if (partition.files < 2) continue;
    out.files += partition.files;
    out.bytes += partition.bytes;
  }
  return out;
}

class Maintenance {
 public:
  Maintenance(const session::Session& session, const catalog::Lake& lake, const MaintainOptions& options)
      : session_(session), lake_(lake), options_(options), times_(UpkeepTimes::Read(lake)) {}

  Result<std::vector<MaintainReport>> Run(const std::vector<std::string>& tables) {
    for (const std::string& table : tables) {
      const auto zorder = std::find_if(options_.policy.zorder.begin(), options_.policy.zorder.end(),
                                       [&](const auto& one) { return one.table == table; });
      const int64_t every = options_.policy.optimize.every_ms;
      if (zorder != options_.policy.zorder.end()) {
        PL_RETURN_NOT_OK(Do(table, "zorder", every, [&](auto* r) { return Zorder(table, *zorder, r); }));
      } else {
        PL_RETURN_NOT_OK(Do(table, "optimize", every, [&](auto* r) { return Optimize(table, r); }));
      }
      PL_RETURN_NOT_OK(Do(table, "statistics", options_.policy.statistics.every_ms,
                          [&](auto* r) { return Statistics(table, r); }));
      PL_RETURN_NOT_OK(
          Do(table, "vacuum", options_.policy.vacuum.every_ms, [&](auto* r) { return Vacuum(table, r); }));
    }
    return std::move(reports_);
  }

 private:
  // A table that cannot be looked after does not keep others from it; a stop ends it all.
  template <typename Work>
  Status Do(const std::string& table, const std::string& what, int64_t every_ms, const Work& work) {
    PL_RETURN_NOT_OK(CheckStopped());
    MaintainReport report;
    report.table = table;
    report.what = what;
    const int64_t now_ms = NowMillis();
    report.due = times_.IsDue(table, what, every_ms, now_ms) || (options_.now && every_ms > 0);
    const auto begin = std::chrono::steady_clock::now();
    if (!report.due) {
      report.words = every_ms <= 0
                         ? "never, as the settings say"
                         : fmt::format("done {} ago, due every {}",
                                       FormatDuration((now_ms - times_.Last(table, what)) / 1000 * 1000),
                                       FormatDuration(every_ms));
    } else {
      report.problem = work(&report);
      if (CodeOf(report.problem) == ErrorCode::kCancelled) return report.problem;
      if (report.problem.ok() && !options_.plan)
        PL_RETURN_NOT_OK(WithContext(times_.Done(lake_, table, what, now_ms), "noting what was done"));
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    reports_.push_back(std::move(report));
    return Status::OK();
  }

  Status Optimize(const std::string& table, MaintainReport* report) {
    const int64_t target = options_.policy.optimize.target_file_bytes;
    PL_ASSIGN_OR_RETURN(const auto opened, session_.OpenTable(table));
    PL_ASSIGN_OR_RETURN(const auto snapshot, opened->Load());
    PL_ASSIGN_OR_RETURN(const SmallFiles small, CountSmallFiles(*snapshot, target));
    if (small.files == 0 && snapshot->definition().clustering_columns.empty()) {
      report->words = "no small files";
      return Status::OK();
    }
    if (options_.plan) {
      report->changed = small.files > 0;
      report->files = small.files;
      report->bytes = small.bytes;
      report->words = fmt::format("{} files of {} below {}", small.files, FormatByteSize(small.bytes),
                                  FormatByteSize(SmallBelow(target)));
      return Status::OK();
    }
    query::OptimizeRequest request;
    request.table = table;
    request.target_file_bytes = target;
    return Rewrite(request, report);
  }

  // Rows that came since are among the others after it only when all are arranged anew: a table that nobody
  // wrote to is left alone.
  Status Zorder(const std::string& table, const settings::Maintenance::Zorder& zorder,
                MaintainReport* report) {
    PL_ASSIGN_OR_RETURN(const auto opened, session_.OpenTable(table));
    PL_ASSIGN_OR_RETURN(const auto snapshot, opened->Load());
    PL_ASSIGN_OR_RETURN(const int64_t files, FilesOf(*snapshot));
    if (times_.Last(table, kArrangedFiles) == files) {
      report->words = "nothing was written since it was arranged";
      return Status::OK();
    }
    if (options_.plan) {
      report->changed = true;
      report->words = "rows would be arranged";
      return Status::OK();
    }
    query::OptimizeRequest request;
    request.table = table;
    request.target_file_bytes = options_.policy.optimize.target_file_bytes;
    request.zorder_by = zorder.columns;
    PL_RETURN_NOT_OK(Rewrite(request, report));
    PL_ASSIGN_OR_RETURN(const auto after, opened->Load());
    PL_ASSIGN_OR_RETURN(const int64_t arranged, FilesOf(*after));
    return times_.Done(lake_, table, kArrangedFiles, arranged);
  }

  Status Rewrite(const query::OptimizeRequest& request, MaintainReport* report) {
    PL_ASSIGN_OR_RETURN(const table::RewriteReport done, query::Optimize(session_, request));
    report->changed = done.committed;
    report->files = done.removed.files;
    report->bytes = done.removed.bytes;
    report->words = done.committed ? fmt::format("{} files of {} became {} of {}", done.removed.files,
                                                 FormatByteSize(done.removed.bytes), done.added.files,
                                                 FormatByteSize(done.added.bytes))
                                   : "nothing to do";
    return Status::OK();
  }

  Status Statistics(const std::string& table, MaintainReport* report) {
    PL_ASSIGN_OR_RETURN(const auto opened, session_.OpenTable(table));
    if (options_.plan) {
      PL_ASSIGN_OR_RETURN(const auto snapshot, opened->Load());
      PL_ASSIGN_OR_RETURN(const auto files, snapshot->Files());
      report->files =
          std::count_if(files.begin(), files.end(), [](const auto& file) { return !file.has_statistics; });
      report->changed = report->files > 0;
      report->words = fmt::format("{} of {} files have none", report->files, files.size());
      return Status::OK();
    }
    PL_ASSIGN_OR_RETURN(auto* const care, opened->file_care());
    PL_ASSIGN_OR_RETURN(const table::AnalyzeReport done, care->Analyze({}));
    report->changed = done.committed;
    report->files = done.files;
    report->words = fmt::format("{} of {} files had other ones", done.files, done.files_seen);
    return Status::OK();
  }

  Status Vacuum(const std::string& table, MaintainReport* report) {
    table::VacuumRequest request;
    if (options_.policy_retention) {
      request.retention_ms = options_.policy.vacuum.retention_ms;
      request.allow_short_retention = true;  // the settings say it
      // What others have written and not committed yet is in no log: of short retentions only what is goes.
      request.from_log = options_.policy.vacuum.retention_ms < kUncommittedMs;
    }
    // Each commit makes the steps behind the table look at it: none for nothing.
    request.dry_run = true;
    PL_ASSIGN_OR_RETURN(table::VacuumReport done, query::Vacuum(session_, table, request));
    if (!options_.plan && done.files_deleted > 0) {
      request.dry_run = false;
      PL_RETURN_NOT_OK(query::Vacuum(session_, table, request).Value(&done));
    }
    report->changed = done.files_deleted > 0;
    report->files = done.files_deleted;
    report->bytes = done.bytes_deleted;
    report->words =
        fmt::format("{} files of {} that left it more than {} ago{}", done.files_deleted,
                    FormatByteSize(done.bytes_deleted), FormatDuration(done.retention_ms),
                    done.failures.empty() ? "" : "; not all could be deleted: " + done.failures.front());
    if (!done.failures.empty()) return Error(ErrorCode::kIo, "deleting " + done.failures.front());
    return Status::OK();
  }

  const session::Session& session_;
  const catalog::Lake& lake_;
  const MaintainOptions& options_;
  UpkeepTimes times_;
  std::vector<MaintainReport> reports_;
};

Result<std::vector<std::string>> TablesOf(const catalog::Lake& lake, const std::vector<std::string>& asked) {
  PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
  std::vector<std::string> there;
  for (const catalog::TableName& name : names) there.push_back(name.text());
  if (asked.empty()) return there;
  for (const std::string& name : asked) {
    if (std::find(there.begin(), there.end(), name) != there.end()) continue;
    return Error(ErrorCode::kUsage,
                 fmt::format("{} is no table of the lake{}", name, DidYouMean(name, there)));
  }
  return asked;
}

// Who had the lease may only be paused, and what it has staged may yet be decided: not to be deleted.
Status Interrupted(const std::string& work) {
  return Error(
      ErrorCode::kCommitConflict,
      fmt::format("`pixlake {}` was interrupted in this lake and may still be at work: run it again, "
                  "which ends that, then maintain the lake",
                  work));
}

}  // namespace

Result<std::vector<MaintainReport>> Maintain(const session::Session& session,
                                             const MaintainOptions& options) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const std::vector<std::string> tables, TablesOf(lake, options.tables));
  // A settings' retention shorter than a week would delete what an ingest has staged, or a run reads: they
  // wait, and it waits for them.
  constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
  constexpr int64_t kWeekMs = 7 * kDayMs;
  const bool deletes = options.policy_retention && options.policy.vacuum.every_ms > 0;
  // A lease may run out while this is paused, and then others write: what is a day old they have committed.
  if (deletes && lake.is_remote() && options.policy.vacuum.retention_ms < kDayMs) {
    return Error(
        ErrorCode::kUsage,
        fmt::format("maintenance.vacuum.retention is {}; of a lake in a store, which others may write to "
                    "meanwhile, it is a day or more",
                    FormatDuration(options.policy.vacuum.retention_ms)));
  }
  std::vector<std::unique_ptr<lake::LakeLock>> locks;  // given back last first
  std::vector<std::string> works = {"maintain"};
  if (deletes && options.policy.vacuum.retention_ms < kWeekMs) works.insert(works.end(), {"ingest", "run"});
  Status status;
  for (const std::string& work : works) {
    if (options.plan) break;
    auto lock = lake::LakeLock::Acquire(lake, work, options.on_wait);
    status = lock.status();
    if (!status.ok()) break;
    locks.push_back(*std::move(lock));
    if (locks.back()->took_over() && work != works.front()) status = Interrupted(work);
    // What is done alone here needs nobody to be kept out.
    if (work == works.front()) locks.back()->NoteFenced();
    if (!status.ok()) break;
  }
  auto done = status.ok() ? Maintenance(session, lake, options).Run(tables)
                          : Result<std::vector<MaintainReport>>(status);
  if (!locks.empty() && !done.ok()) done = locks.front()->Explain(done.status());
  while (!locks.empty()) locks.pop_back();
  return done;
}

}  // namespace pixlake::pipeline
