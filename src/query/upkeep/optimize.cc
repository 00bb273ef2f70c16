#include "query/upkeep/optimize.h"

#include <algorithm>

#include <arrow/type.h>
#include <arrow/util/string.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "query/session/open_sql_session.h"
#include "query/upkeep/partition_filter.h"

namespace pixlake::query {
namespace {

table::RewriteOptions OptionsFor(const session::Session& session) {
  table::RewriteOptions options;
  const MemoryPlan plan = session.Plan(Work::kRewrite);
  options.memory_bytes = plan.content + plan.writers;
  options.threads = session.threads();
  options.temp_folder = TemporaryFolder();
  options.progress = session.Watch("Rewriting rows");
  return options;
}

// "[]" or '["date >= …"]', as Delta Spark's history has it.
std::string PredicateText(const std::string& where) {
  return where.empty() ? "[]" : nlohmann::json::array({where}).dump();
}

// As Delta Spark names it in the files' add actions.
constexpr char kClusteringProvider[] = "liquid";

// The files that are not clustered, and with them clustered ones of less than half the target;
// none when all are.
std::vector<table::DataFile> ToCluster(std::vector<table::DataFile> files, int64_t target) {
  const auto clustered = [](const table::DataFile& file) {
    return file.clustering_provider == kClusteringProvider && file.deleted_rows == 0;
  };
  if (std::all_of(files.begin(), files.end(), clustered)) return {};
  std::erase_if(files,
                [&](const table::DataFile& file) { return clustered(file) && file.size >= target / 2; });
  return files;
}

}  // namespace

Result<table::RewriteReport> Optimize(const session::Session& session, const OptimizeRequest& request) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(request.table));
  if (request.purge && !request.zorder_by.empty())
    return Error(ErrorCode::kUsage, "purging and ordering rows are two things: do one after the other");
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  const std::vector<std::string>& clustering = snapshot->definition().clustering_columns;
  // By fields of structs we cannot arrange: such a table is packed as any other.
  const bool arrangeable = std::all_of(clustering.begin(), clustering.end(), [&](const std::string& name) {
    return snapshot->row_schema()->GetFieldByName(name) != nullptr;
  });
  const bool clusters = !clustering.empty() && arrangeable && !request.purge;
  if (!clustering.empty() && !request.zorder_by.empty()) {
    return Error(ErrorCode::kUsage,
                 fmt::format("{} is clustered by {}; OPTIMIZE without ZORDER BY arranges it", request.table,
                             fmt::join(clustering, ", ")));
  }
  if (request.full && !clusters)
    return Error(ErrorCode::kUsage, "FULL is for tables that are clustered; this one is not");
  if (clusters || !request.zorder_by.empty()) {
    table::ZOrderRequest zorder;
    zorder.columns = clusters ? clustering : request.zorder_by;
    for (std::string& name : zorder.columns) {
      for (const auto& field : snapshot->row_schema()->fields()) {
        if (arrow::internal::AsciiEqualsCaseInsensitive(field->name(), name)) name = field->name();
      }
    }
    if (clusters) zorder.clustering_provider = kClusteringProvider;
    zorder.target_file_bytes = request.target_file_bytes;
    zorder.predicate_text = PredicateText(request.where);
    zorder.select = [&](const table::Snapshot& now) -> Result<std::vector<table::DataFile>> {
      PL_ASSIGN_OR_RETURN(auto files, FilesOfPartitions(session, now, request.where));
      if (!clusters || request.full) return files;
      const int64_t target = zorder.target_file_bytes.value_or(table::TargetFileBytes(now.definition()));
      return ToCluster(std::move(files), target);
    };
    return table::ZOrder(table.get(), zorder, OptionsFor(session));
  }
  table::CompactRequest compact;
  compact.target_file_bytes = request.target_file_bytes;
  compact.predicate_text = PredicateText(request.where);
  compact.select = [&](const table::Snapshot& now) -> Result<std::vector<table::DataFile>> {
    PL_ASSIGN_OR_RETURN(auto files, FilesOfPartitions(session, now, request.where));
    std::erase_if(files,
                  [&](const table::DataFile& file) { return request.purge && file.deleted_rows == 0; });
    return files;
  };
  return table::Compact(table.get(), compact, OptionsFor(session));
}

}  // namespace pixlake::query
