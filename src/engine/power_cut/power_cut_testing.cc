#include <arrow/api.h>
#include <fmt/format.h>

#include "engine/power_cut/power_cut_testing_internal.h"
#include "query/session/open_sql_session.h"
#include "query/statement/statement.h"

#include "testing/disk_recorder.h"
#include "testing/matchers.h"

namespace pixlake::engine {

Workbench::Workbench() {
  SessionOptions options;
  options.memory_bytes = int64_t{128} << 20;
  options.threads = 2;
  session_ = test::Must(MakeSession(options));
  sql_ = test::Must(query::OpenSqlSession(*session_));
}

Result<std::string> Workbench::Rows(const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto result, query::RunStatements({*session_, *sql_}, sql));
  std::string text;
  if (!result->has_rows()) return text;
  PL_ASSIGN_OR_RETURN(const auto table, result->ToTable());
  for (int64_t row = 0; row < table->num_rows(); ++row) {
    for (const auto& column : table->columns()) {
      PL_ASSIGN_OR_RETURN(const auto value, column->GetScalar(row));
      text += value->ToString() + "|";
    }
    text += "\n";
  }
  return text;
}

void Workbench::ExpectSound(const std::string& table) {
  const auto opened = session_->OpenTable(table);
  ASSERT_THAT(opened, test::IsOk());
  const auto report = (*opened)->Check();
  ASSERT_THAT(report, test::IsOk());
  for (const auto& problem : report->problems) {
    if (!problem.path.ends_with(".crc"))
      ADD_FAILURE() << table << ", " << problem.path << ": " << problem.what;
  }
}

void CheckAfter(const test::PowerCut& cut, const std::function<void(const std::string& root)>& check) {
  SCOPED_TRACE(fmt::format("after {} operations, of which {} were acknowledgements; {}", cut.operations,
                           cut.marks.size(), cut.loss));
  const test::TemporaryFolder folder;
  const std::string root = folder / "state";
  test::WriteTree(cut.tree, root);
  check(root);
}

}  // namespace pixlake::engine
