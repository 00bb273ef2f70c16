#include "engine/sql.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/uuid.h"
#include "engine/descriptor_output.h"
#include "engine/image_text.h"
#include "engine/output_stream.h"
#include "engine/statements/statement.h"
#include "engine/table_files.h"
#include "table/row_gate.h"

namespace pixlake::engine {
namespace {

// Each of DuckDB's threads pins blocks of its own: of too many a small share is full before a row
// is computed, and nothing can be spilled.
constexpr int64_t kMemoryOfAThread = int64_t{24} << 20;

// Runs the statements and writes the rows to `out`.
Result<SqlReport> Run(const Session& session, const SqlRequest& request, arrow::io::OutputStream* out) {
  PL_ASSIGN_OR_RETURN(const auto sql_session, OpenSqlSession(session));
  PL_ASSIGN_OR_RETURN(const auto result, RunStatements({session, *sql_session}, request.sql));
  SqlReport report;
  query::WriteOptions write = request.write;
  write.memory_bytes = session.Plan(Work::kSql).writers;
  PL_ASSIGN_OR_RETURN(report.rows, query::WriteResult(result.get(), write, out));
  report.scans = result->scan_totals();
  return report;
}

// The rows of a table at a version, as the session's principal may see them.
Result<query::OpenedTable> OpenScanned(const Session& session, const table::TableReference& reference) {
  PL_ASSIGN_OR_RETURN(const std::unique_ptr<table::Table> table, session.OpenTable(reference));
  PL_ASSIGN_OR_RETURN(std::shared_ptr<const table::Snapshot> snapshot, table->Load(reference.version));
  PL_ASSIGN_OR_RETURN(auto gate, session.GateFor(*table));
  return query::OpenedTable{table::Guard(std::move(snapshot), std::move(gate)), table->location().store};
}

}  // namespace

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/pixlake-" +
         std::to_string(getpid());
}

Result<std::unique_ptr<query::SqlSession>> OpenSqlSession(const Session& session, Work work) {
  const auto open = [&session](const table::TableReference& reference) {
    return OpenScanned(session, reference);
  };
  query::SessionOptions options;
  options.scan_functions.push_back(
      {"table_scan", open, [&session](const std::string& name) { return session.IsTable(name); }});
  // The same for tables of one format alone: delta_scan.
  for (const std::string& format : session.FormatNames())
    options.scan_functions.push_back({format + "_scan", open, nullptr, format});
  query::ChangesFunction changes;
  changes.name = "table_changes";
  changes.open = [&session](const std::string& uri,
                            const table::ChangeRange& range) -> Result<query::OpenedTable> {
    PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(uri));
    PL_ASSIGN_OR_RETURN(auto* const feed, table->change_feed());
    PL_ASSIGN_OR_RETURN(auto rows, feed->Changes(range));
    PL_ASSIGN_OR_RETURN(auto gate, session.GateFor(*table));
    return query::OpenedTable{table::Guard(std::move(rows), std::move(gate)), table->location().store};
  };
  // The scans' own batches come on top of what DuckDB counts.
  const MemoryPlan plan = session.Plan(work);
  options.memory_limit_bytes = plan.duckdb;
  options.scan_memory_bytes = plan.content;
  options.threads = static_cast<int>(
      std::clamp<int64_t>(plan.duckdb / kMemoryOfAThread, 1, std::max(1, session.threads())));
  options.temp_folder = TemporaryFolder();
  options.changes_functions.push_back(std::move(changes));
  options.may_read = [&session](const query::FileRead& file) {
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
  return query::SqlSession::Open(std::move(options));
}

Result<SqlReport> RunSql(const Session& session, const SqlRequest& request) {
  const StopScope scope = session.Enter();
  if (request.output.empty()) {
    PL_ASSIGN_OR_RETURN(Output* const output, session.output());
    OutputStream out(output);
    return Run(session, request, &out);
  }
  PL_ASSIGN_OR_RETURN(const OutputTarget target, ResolveOutput(session, request.output));
  if (target.direct) {
    PL_ASSIGN_OR_RETURN(const auto out, DescriptorOutput::Open(target.path));
    PL_ASSIGN_OR_RETURN(const SqlReport report, Run(session, request, out.get()));
    PL_RETURN_NOT_OK(out->Close());
    return report;
  }
  // Written beside its place first: an older result goes only once the new one is complete.
  PL_ASSIGN_OR_RETURN(const io::Location place, session.Locate(target.path));
  const std::string fresh = target.path + "." + NewUuid();
  PL_ASSIGN_OR_RETURN(const auto out, place.store->Create(fresh));
  PL_ASSIGN_OR_RETURN(const SqlReport report, Run(session, request, out->stream()));
  PL_RETURN_NOT_OK(out->Close());
  PL_RETURN_NOT_OK(ReplaceOutput(fresh, target));
  return report;
}

Result<SqlReport> RunSqlAsJson(const Session& session, const SqlRequest& request) {
  const StopScope scope = session.Enter();
  SqlRequest rows = request;
  rows.write.format = query::ResultFormat::kJson;
  PL_ASSIGN_OR_RETURN(Output* const output, session.output());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> spool(std::tmpfile(), std::fclose);
  if (spool == nullptr) return ErrnoError(errno, "creating", "a temporary file");
  DescriptorOutput out(fileno(spool.get()), "a temporary file");
  PL_ASSIGN_OR_RETURN(const SqlReport report, Run(session, rows, &out));
  PL_RETURN_NOT_OK(output->Write("{\"status\":\"ok\",\"rows\":"));
  std::rewind(spool.get());
  char buffer[1 << 16];
  for (size_t got = 0; (got = std::fread(buffer, 1, sizeof(buffer), spool.get())) > 0;)
    PL_RETURN_NOT_OK(output->Write({buffer, got}));
  if (std::ferror(spool.get()) != 0) return ErrnoError(errno, "reading", "a temporary file");
  const auto tail = fmt::format(",\"row_count\":{},\"files_total\":{},\"files_skipped\":{}}}\n", report.rows,
                                report.scans.files_total, report.scans.files_skipped);
  PL_RETURN_NOT_OK(output->Write(tail));
  return report;
}

}  // namespace pixlake::engine
