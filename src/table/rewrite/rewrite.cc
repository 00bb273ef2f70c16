#include "table/rewrite/rewrite.h"

#include <algorithm>
#include <utility>

#include "table/rewrite/rewrite_commit_internal.h"

namespace pixlake::table {
namespace {

constexpr int64_t kDefaultTarget = int64_t{512} << 20;

int64_t Quantile(std::vector<int64_t> sizes, double share) {
  if (sizes.empty()) return 0;
  std::sort(sizes.begin(), sizes.end());
  return sizes[static_cast<size_t>(share * static_cast<double>(sizes.size() - 1))];
}

}  // namespace

void FileTotals::Add(int64_t size) {
  ++files;
  bytes += size;
  sizes.push_back(size);
}

std::map<std::string, std::string> RewriteReport::Metrics() const {
  return {{"numRemovedFiles", std::to_string(removed.files)},
          {"numRemovedBytes", std::to_string(removed.bytes)},
          {"numAddedFiles", std::to_string(added.files)},
          {"numAddedBytes", std::to_string(added.bytes)},
          {"numDeletionVectorsRemoved", std::to_string(vectors_removed)},
          {"minFileSize", std::to_string(Quantile(added.sizes, 0))},
          {"p25FileSize", std::to_string(Quantile(added.sizes, 0.25))},
          {"p50FileSize", std::to_string(Quantile(added.sizes, 0.5))},
          {"p75FileSize", std::to_string(Quantile(added.sizes, 0.75))},
          {"maxFileSize", std::to_string(Quantile(added.sizes, 1))}};
}

int64_t TargetFileBytes(const TableDefinition& definition) {
  return definition.target_file_bytes.value_or(kDefaultTarget);
}

Result<RewriteReport> Compact(Table* table, const CompactRequest& request, const RewriteOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  const int64_t target = request.target_file_bytes.value_or(TargetFileBytes(snapshot->definition()));
  PL_ASSIGN_OR_RETURN(std::vector<DataFile> files,
                      request.select ? request.select(*snapshot) : snapshot->Files());
  std::vector<FileGroup> groups = PlanCompaction(files, target);
  if (groups.empty()) {
    RewriteReport report;
    report.version = snapshot->version();
    return report;
  }
  RewriteOptions used = options;
  used.threads =
      static_cast<int>(std::min<size_t>(groups.size(), static_cast<size_t>(std::max(1, options.threads))));
  PL_ASSIGN_OR_RETURN(const RewriteContext context, RewriteContext::Make(*table, snapshot, target, used));
  PL_ASSIGN_OR_RETURN(std::vector<RewrittenGroup> done,
                      RewriteGroups(context, std::move(groups), used.threads, CopyGroup));
  return CommitRewrite(
      table, context, std::move(done),
      {{"predicate", request.predicate_text}, {"auto", "false"}, {"clusterBy", "[]"}, {"zOrderBy", "[]"}});
}

}  // namespace pixlake::table
