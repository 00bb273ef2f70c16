#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include <arrow/type.h>

#include "base/work/for_each.h"
#include "table/rewrite/rewrite_commit_internal.h"

namespace pixlake::table {
namespace {

constexpr int kMaxAttempts = 20;

// By path; a file whose deleted rows became more is another one.
std::map<std::string, DataFile> LiveFiles(std::vector<DataFile> files) {
  std::map<std::string, DataFile> out;
  for (DataFile& file : files) {
    const std::string path = file.path;
    out.emplace(path, std::move(file));
  }
  return out;
}

bool SameDefinition(const TableDefinition& a, const TableDefinition& b) {
  return a.schema->Equals(*b.schema, true) && a.partition_columns == b.partition_columns;
}

// Keeps the groups whose files are still there, as files of `snapshot`.
Status KeepUntouched(const Snapshot& snapshot, const RewriteContext& context,
                     std::vector<RewrittenGroup>* groups, RewriteReport* report) {
  PL_ASSIGN_OR_RETURN(std::vector<DataFile> files, snapshot.Files());
  const std::map<std::string, DataFile> live = LiveFiles(std::move(files));
  std::vector<RewrittenGroup> kept;
  for (RewrittenGroup& group : *groups) {
    bool untouched = true;
    for (DataFile& file : group.group.files) {
      const auto found = live.find(file.path);
      untouched = untouched && found != live.end() && found->second.deleted_rows == file.deleted_rows;
      if (untouched) file = found->second;
    }
    if (untouched) {
      kept.push_back(std::move(group));
    } else {
      DeleteStaged(context.location, group.staged);
      ++report->groups_lost;
    }
  }
  *groups = std::move(kept);
  return Status::OK();
}

void Count(const std::vector<RewrittenGroup>& groups, RewriteReport* report) {
  report->removed = report->added = {};
  report->rows = report->vectors_removed = 0;
  for (const RewrittenGroup& group : groups) {
    report->rows += group.rows;
    for (const DataFile& file : group.group.files) {
      report->removed.Add(file.size);
      report->vectors_removed += file.deleted_rows > 0 ? 1 : 0;
    }
    for (const StagedFile& file : group.staged) report->added.Add(file.size);
  }
}

Result<CommitOutcome> TryCommit(Table* table, const std::shared_ptr<const Snapshot>& snapshot,
                                const std::vector<RewrittenGroup>& groups, Operation operation) {
  PL_ASSIGN_OR_RETURN(const auto transaction, table->Begin(snapshot));
  transaction->SetDataChange(false);
  transaction->KeepStagedFiles();
  transaction->SetOperation(std::move(operation));
  for (const RewrittenGroup& group : groups) {
    for (const DataFile& file : group.group.files) PL_RETURN_NOT_OK(transaction->Remove(file));
    for (const StagedFile& file : group.staged) transaction->Append(file);
  }
  return transaction->Commit();
}

void DeleteAll(const RewriteContext& context, const std::vector<RewrittenGroup>& groups) {
  for (const RewrittenGroup& group : groups) DeleteStaged(context.location, group.staged);
}

}  // namespace

Result<std::vector<RewrittenGroup>> RewriteGroups(
    const RewriteContext& context, std::vector<FileGroup> groups, int threads,
    const std::function<Result<RewrittenGroup>(const RewriteContext&, FileGroup)>& rewrite) {
  std::vector<RewrittenGroup> done;
  std::mutex mutex;
  const auto at_once = static_cast<size_t>(std::max(1, threads));
  const Status failure = ForEach(WorkKind::kCpu, groups.size(), at_once, [&](size_t i) -> Status {
    PL_ASSIGN_OR_RETURN(RewrittenGroup rewritten, rewrite(context, std::move(groups[i])));
    const std::lock_guard lock(mutex);
    done.push_back(std::move(rewritten));
    return Status::OK();
  });
  if (!failure.ok()) {
    DeleteAll(context, done);
    return failure;
  }
  return done;
}

Result<RewriteReport> CommitRewrite(Table* table, const RewriteContext& context,
                                    std::vector<RewrittenGroup> groups,
                                    const std::map<std::string, std::string>& parameters) {
  RewriteReport report;
  std::shared_ptr<const Snapshot> snapshot = context.snapshot;
  for (int attempt = 1; attempt <= kMaxAttempts && !groups.empty(); ++attempt) {
    Count(groups, &report);
    const Result<CommitOutcome> outcome =
        TryCommit(table, snapshot, groups, {"OPTIMIZE", parameters, report.Metrics()});
    if (outcome.ok()) {
      report.version = outcome->version;
      report.attempts = attempt - 1 + outcome->attempts;
      report.committed = true;
      return report;
    }
    if (CodeOf(outcome.status()) == ErrorCode::kCommitStateUnknown) return outcome.status();  // may be there
    Status failure = outcome.status();
    if (CodeOf(failure) == ErrorCode::kCommitConflict) {
      Result<std::shared_ptr<const Snapshot>> newer = table->Load();
      if (newer.ok() && SameDefinition((*newer)->definition(), snapshot->definition())) {
        snapshot = *std::move(newer);
        failure = KeepUntouched(*snapshot, context, &groups, &report);
      }
    }
    if (!failure.ok()) {
      DeleteAll(context, groups);
      return failure;
    }
  }
  if (!groups.empty()) {
    DeleteAll(context, groups);
    return Error(ErrorCode::kCommitConflict,
                 "lost every race for a commit to " + context.location.path + "; try again later");
  }
  Count(groups, &report);
  report.version = snapshot->version();
  return report;
}

}  // namespace pixlake::table
