#include "engine/sql.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/uuid.h"
#include "engine/descriptor_output.h"
#include "engine/image_text.h"
#include "engine/statements/statement.h"
#include "engine/table_files.h"

namespace pixlake::engine {
namespace {

// Runs the statements and writes the rows to `out`.
Result<SqlReport> Run(const Engine& engine, const SqlRequest& request, arrow::io::OutputStream* out) {
  PL_ASSIGN_OR_RETURN(const auto session, OpenSqlSession(engine));
  PL_ASSIGN_OR_RETURN(const auto result, RunStatements({engine, *session}, request.sql));
  SqlReport report;
  PL_ASSIGN_OR_RETURN(report.rows, query::WriteResult(result.get(), request.write, out));
  report.scans = result->scan_totals();
  return report;
}

// The rows of a table at a version.
template <typename Open>
Result<query::OpenedTable> OpenScanned(const table::VersionSpec& version, Open open) {
  PL_ASSIGN_OR_RETURN(const std::unique_ptr<table::Table> table, open());
  PL_ASSIGN_OR_RETURN(auto snapshot, table->Load(version));
  return query::OpenedTable{std::move(snapshot), table->location().store};
}

}  // namespace

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") + "/pixlake-" +
         std::to_string(getpid());
}

Result<std::unique_ptr<query::SqlSession>> OpenSqlSession(const Engine& engine) {
  query::ScanFunction scan;
  scan.name = "table_scan";
  scan.open = [&engine](const std::string& uri, const table::VersionSpec& version) {
    return OpenScanned(version, [&] { return engine.OpenTable(uri); });
  };
  scan.recognises = [&engine](const std::string& name) { return engine.IsTable(name); };
  // The same for tables of one format alone.
  query::ScanFunction delta;
  delta.name = "delta_scan";
  delta.open = [&engine](const std::string& uri, const table::VersionSpec& version) {
    return OpenScanned(version, [&]() -> Result<std::unique_ptr<table::Table>> {
      PL_ASSIGN_OR_RETURN(const io::Location location, engine.Locate(uri));
      PL_ASSIGN_OR_RETURN(table::TableFormat* const format, engine.Format("delta"));
      return format->Open(location);
    });
  };
  query::ChangesFunction changes;
  changes.name = "table_changes";
  changes.open = [&engine](const std::string& uri,
                           const table::ChangeRange& range) -> Result<query::OpenedTable> {
    PL_ASSIGN_OR_RETURN(const auto table, engine.OpenTable(uri));
    PL_ASSIGN_OR_RETURN(auto* const feed, table->change_feed());
    PL_ASSIGN_OR_RETURN(auto rows, feed->Changes(range));
    return query::OpenedTable{std::move(rows), table->location().store};
  };
  query::SessionOptions options;
  // The scans' own batches come on top of what DuckDB counts.
  options.memory_limit_bytes = engine.memory_bytes() / 4 * 3;
  options.threads = engine.threads();
  options.temp_folder = TemporaryFolder();
  options.scan_functions.push_back(std::move(scan));
  options.scan_functions.push_back(std::move(delta));
  options.changes_functions.push_back(std::move(changes));
  options.may_read = [&engine](const query::FileRead& file) {
    return MayReadFile(file, [&](const std::string& folder) { return engine.IsTable(folder); });
  };
  if (engine.has_lake()) {
    PL_ASSIGN_OR_RETURN(const catalog::Lake lake, engine.OpenLake());
    PL_ASSIGN_OR_RETURN(const auto names, lake.TableNames());
    for (const catalog::TableName& name : names)
      options.named_tables.push_back({name.zone, name.name, "table_scan"});
  }
  return query::SqlSession::Open(std::move(options));
}

Result<SqlReport> RunSql(const Engine& engine, const SqlRequest& request) {
  if (request.output.empty()) {
    const auto out = DescriptorOutput::StandardOutput();
    return Run(engine, request, out.get());
  }
  PL_ASSIGN_OR_RETURN(const OutputTarget target, ResolveOutput(engine, request.output));
  if (target.direct) {
    PL_ASSIGN_OR_RETURN(const auto out, DescriptorOutput::Open(target.path));
    PL_ASSIGN_OR_RETURN(const SqlReport report, Run(engine, request, out.get()));
    PL_RETURN_NOT_OK(out->Close());
    return report;
  }
  // Written beside its place first: an older result goes only once the new one is complete.
  PL_ASSIGN_OR_RETURN(const io::Location place, engine.Locate(target.path));
  const std::string fresh = target.path + "." + NewUuid();
  PL_ASSIGN_OR_RETURN(const auto out, place.store->Create(fresh));
  PL_ASSIGN_OR_RETURN(const SqlReport report, Run(engine, request, out->stream()));
  PL_RETURN_NOT_OK(out->Close());
  PL_RETURN_NOT_OK(ReplaceOutput(fresh, target));
  return report;
}

Result<SqlReport> RunSqlAsJson(const Engine& engine, const SqlRequest& request) {
  SqlRequest rows = request;
  rows.write.format = query::ResultFormat::kJson;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> spool(std::tmpfile(), std::fclose);
  if (spool == nullptr) return ErrnoError(errno, "creating", "a temporary file");
  DescriptorOutput out(fileno(spool.get()), "a temporary file");
  PL_ASSIGN_OR_RETURN(const SqlReport report, Run(engine, rows, &out));
  std::fputs("{\"status\":\"ok\",\"rows\":", stdout);
  std::rewind(spool.get());
  char buffer[1 << 16];
  for (size_t got = 0; (got = std::fread(buffer, 1, sizeof(buffer), spool.get())) > 0;)
    std::fwrite(buffer, 1, got, stdout);
  if (std::ferror(spool.get()) != 0) return ErrnoError(errno, "reading", "a temporary file");
  const auto tail = fmt::format(",\"row_count\":{},\"files_total\":{},\"files_skipped\":{}}}\n", report.rows,
                                report.scans.files_total, report.scans.files_skipped);
  std::fputs(tail.c_str(), stdout);
  return report;
}

}  // namespace pixlake::engine
