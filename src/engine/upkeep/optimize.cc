#include "engine/upkeep/optimize.h"

#include <nlohmann/json.hpp>

#include "engine/sql.h"
#include "engine/upkeep/partition_filter.h"

namespace pixlake::engine {
namespace {

table::RewriteOptions OptionsFor(const Engine& engine, const OptimizeRequest& request) {
  table::RewriteOptions options;
  options.memory_bytes = engine.memory_bytes();
  options.threads = engine.threads();
  options.temp_folder = TemporaryFolder();
  options.progress = request.progress;
  return options;
}

// "[]" or '["date >= …"]', as Delta Spark's history has it.
std::string PredicateText(const std::string& where) {
  return where.empty() ? "[]" : nlohmann::json::array({where}).dump();
}

}  // namespace

Result<table::RewriteReport> Optimize(const Engine& engine, const OptimizeRequest& request) {
  PL_ASSIGN_OR_RETURN(const auto table, engine.OpenTable(request.table));
  if (request.purge && !request.zorder_by.empty())
    return Error(ErrorCode::kUsage, "purging and ordering rows are two things: do one after the other");
  if (!request.zorder_by.empty()) {
    table::ZOrderRequest zorder;
    zorder.columns = request.zorder_by;
    zorder.target_file_bytes = request.target_file_bytes;
    zorder.predicate_text = PredicateText(request.where);
    zorder.select = [&](const table::Snapshot& snapshot) {
      return FilesOfPartitions(engine, snapshot, request.where);
    };
    return table::ZOrder(table.get(), zorder, OptionsFor(engine, request));
  }
  table::CompactRequest compact;
  compact.target_file_bytes = request.target_file_bytes;
  compact.predicate_text = PredicateText(request.where);
  compact.select = [&](const table::Snapshot& snapshot) -> Result<std::vector<table::DataFile>> {
    PL_ASSIGN_OR_RETURN(auto files, FilesOfPartitions(engine, snapshot, request.where));
    std::erase_if(files,
                  [&](const table::DataFile& file) { return request.purge && file.deleted_rows == 0; });
    return files;
  };
  return table::Compact(table.get(), compact, OptionsFor(engine, request));
}

}  // namespace pixlake::engine
