#include "query/session/open_sql_session.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "query/session/table_files.h"
#include "table/row/row_gate.h"

namespace pixlake::query {
namespace {

// Each of DuckDB's threads pins blocks of its own: of too many a small share is full before a row
// is computed, and nothing can be spilled.
constexpr int64_t kMemoryOfAThread = int64_t{24} << 20;

// The rows of a table at a version, as the session's principal may see them.
Result<OpenedTable> OpenScanned(const session::Session& session, const table::TableReference& reference) {
  PL_ASSIGN_OR_RETURN(const std::unique_ptr<table::Table> table, session.OpenTable(reference));
  PL_ASSIGN_OR_RETURN(std::shared_ptr<const table::Snapshot> snapshot, table->Load(reference.version));
  PL_ASSIGN_OR_RETURN(auto gate, session.GateFor(*table));
  return OpenedTable{table::Guard(std::move(snapshot), std::move(gate)), table->location().store};
}

}  // namespace

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/pixlake-" +
         std::to_string(getpid());
}

Result<std::unique_ptr<SqlSession>> OpenSqlSession(const session::Session& session, Work work) {
  const auto open = [&session](const table::TableReference& reference) {
    return OpenScanned(session, reference);
  };
  SessionOptions options;
  options.scan_functions.push_back(
      {"table_scan", open, [&session](const std::string& name) { return session.IsTable(name); }});
  // The same for tables of one format alone: delta_scan.
  for (const std::string& format : session.FormatNames())
    options.scan_functions.push_back({format + "_scan", open, nullptr, format});
  ChangesFunction changes;
  changes.name = "table_changes";
  changes.open = [&session](const std::string& uri, const table::ChangeRange& range) -> Result<OpenedTable> {
    PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(uri));
    PL_ASSIGN_OR_RETURN(auto* const feed, table->change_feed());
    PL_ASSIGN_OR_RETURN(auto rows, feed->Changes(range));
    PL_ASSIGN_OR_RETURN(auto gate, session.GateFor(*table));
    return OpenedTable{table::Guard(std::move(rows), std::move(gate)), table->location().store};
  };
  // The scans' own batches come on top of what DuckDB counts.
  const MemoryPlan plan = session.Plan(work);
  options.memory_limit_bytes = plan.duckdb;
  options.scan_memory_bytes = plan.content;
  options.threads = static_cast<int>(
      std::clamp<int64_t>(plan.duckdb / kMemoryOfAThread, 1, std::max(1, session.threads())));
  options.temp_folder = TemporaryFolder();
  options.changes_functions.push_back(std::move(changes));
  options.may_read = [&session](const FileRead& file) {
    if (session.is_governed() && !(file.function == "from" && session.IsTable(file.place))) {
      return Error(ErrorCode::kUnauthorised,
                   fmt::format("{}: while a policy says who may read what, no files are read by their paths; "
                               "ask the table",
                               file.place.empty() ? file.function : file.place));
    }
    return MayReadFile(file, [&](const std::string& folder) { return session.IsTable(folder); });
  };
  if (session.has_lake()) {
    PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
    PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
    for (const catalog::TableName& name : names)
      options.named_tables.push_back({name.zone, name.name, "table_scan"});
  }
  return SqlSession::Open(std::move(options));
}

}  // namespace pixlake::query
