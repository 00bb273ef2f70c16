#include "engine/sql.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/near.h"
#include "base/uuid.h"
#include "catalog/lake.h"
#include "engine/output/descriptor_output.h"
#include "engine/output/image_text.h"
#include "engine/output/output_stream.h"
#include "query/session/open_sql_session.h"
#include "query/statement/statement.h"

#include "pipeline/metrics/query_log.h"

namespace pixlake::engine {
namespace {

// DuckDB names the schema that is missing; a person wants to know which table there is, or that a
// lake was not named.
Status WithWhatToDo(const Session& session, const Status& status) {
  constexpr std::string_view kMissing = "Table with name \"";
  const std::string& message = status.message();
  const size_t at = message.find(kMissing);
  if (at == std::string::npos) return status;
  const size_t begin = at + kMissing.size();
  const std::string name = message.substr(begin, message.find('"', begin) - begin);
  if (!catalog::ParseTableName(name)) return status;
  if (!session.has_lake()) {
    return Error(
        ErrorCode::kUsage,
        fmt::format("{} is a table of a lake, and none was named: give --lake LAKE or set PIXLAKE_LAKE",
                    name));
  }
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  std::vector<std::string> names;
  PL_ASSIGN_OR_RETURN(const auto tables, lake.TableNames());
  for (const catalog::TableName& table : tables) names.push_back(table.text());
  return Error(CodeOf(status),
               fmt::format("there is no table {} in the lake{}", name, DidYouMean(name, names)));
}

// Notes how long it took, when it ends.
class QueryWatch {
 public:
  QueryWatch(const Session& session, const std::string& sql) : session_(session) {
    record_.at_ms = NowMillis();
    record_.kind = pipeline::StatementKind(sql);
    record_.failed = true;
  }
  QueryWatch(const QueryWatch&) = delete;
  QueryWatch& operator=(const QueryWatch&) = delete;
  ~QueryWatch() {
    record_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    pipeline::RecordQuery(session_, record_);
  }

  void Ended(const SqlReport& report) {
    record_.failed = false;
    record_.rows = report.rows;
    record_.files = report.scans.files_total;
    record_.files_skipped = report.scans.files_skipped;
  }

 private:
  const Session& session_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  pipeline::QueryRecord record_;
};

// Runs the statements and writes the rows to `out`: of all of them, unless they make one object or
// one file of a format that has a schema.
Result<SqlReport> Run(const Session& session, const SqlRequest& request, arrow::io::OutputStream* out,
                      bool last_alone = false) {
  QueryWatch watch(session, request.sql);
  PL_ASSIGN_OR_RETURN(const auto sql_session, query::OpenSqlSession(session));
  query::WriteOptions write = request.write;
  write.memory_bytes = session.Plan(Work::kSql).writers;
  query::ResultSink earlier;
  const bool is_file =
      write.format == query::ResultFormat::kParquet || write.format == query::ResultFormat::kArrow;
  if (!last_alone && !is_file) {
    earlier = [&](query::QueryResult* result) -> Status {
      PL_RETURN_NOT_OK(query::WriteResult(result, write, out).status());
      // JSON and boxes show where they end.
      return write.format == query::ResultFormat::kCsv ? Status(out->Write("\n", 1)) : Status::OK();
    };
  }
  const auto ran = query::RunStatements({session, *sql_session}, request.sql, earlier);
  if (!ran.ok()) return WithWhatToDo(session, ran.status());
  const auto& result = *ran;
  SqlReport report;
  PL_ASSIGN_OR_RETURN(report.rows, query::WriteResult(result.get(), write, out));
  report.scans = result->scan_totals();
  watch.Ended(report);
  return report;
}

}  // namespace

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
  PL_ASSIGN_OR_RETURN(const SqlReport report, Run(session, rows, &out, /*last_alone=*/true));
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
