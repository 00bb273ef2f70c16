// What checks of tables ask for that is not there, said before anything is done.
#include <algorithm>
#include <memory>
#include <set>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/near.h"

#include "pipeline/run/run.h"

namespace pixlake::pipeline {
namespace {

constexpr char kCheckResults[] = "processed.check_results";

Status WrongCheck(const TableCheck& check, const char* key, const std::string& what) {
  return Error(ErrorCode::kUsage, fmt::format("{}.{}: {}", check.where, key, what));
}

// The columns as they are, or as the table will be made; null: that is known once its step has run.
Result<std::shared_ptr<arrow::Schema>> SchemaNow(const session::Session& session, const catalog::Lake& lake,
                                                 const TableCheck& check, bool there) {
  const auto own = catalog::OwnTable(check.table);
  if (!there) return own ? own->schema : nullptr;
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenToChange(lake.TablePlace(check.table).path));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  std::shared_ptr<arrow::Schema> schema = snapshot->row_schema();
  // A lake of an earlier version gets what it lacks when the run begins.
  if (own && own->schema->GetFieldByName(check.column) != nullptr) schema = own->schema;
  return schema;
}

// Rows are left out where SQL reads the table; a kernel reads all of its rows.
Status CheckDrop(const TableCheck& check, const std::vector<Step>& steps) {
  bool is_read = false;
  for (const Step& step : steps) {
    for (const StepInput& input : step.inputs) {
      if (input.table.text() != check.table.text()) continue;
      is_read = true;
      if (step.kernel.name.empty() || &input != &step.inputs.front()) continue;
      return WrongCheck(check, "severity",
                        fmt::format("step `{}` runs a kernel over all rows of {}, and `drop` could not leave "
                                    "any out; expected warn or stop{}",
                                    step.name, check.table.text(),
                                    check.table.text() == "raw.images" ? ", or the table `images`" : ""));
    }
  }
  if (is_read) return Status::OK();
  return WrongCheck(check, "severity",
                    fmt::format("no step reads {}, and `drop` would leave rows out of nothing; expected warn "
                                "or stop",
                                check.table.text()));
}

}  // namespace

Status CheckTables(const session::Session& session, const std::vector<Step>& steps, const Checks& checks) {
  if (checks.of_tables.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto tables, lake.TableNames());
  std::set<std::string> there, all;
  for (const catalog::TableName& table : tables) there.insert(table.text());
  all = there;
  for (const Step& step : steps) all.insert(step.output.text());
  for (const catalog::TableName& table : catalog::OwnTables()) all.insert(table.text());
  for (const TableCheck& check : checks.of_tables) {
    const std::string name = check.table.text();
    if (name == kCheckResults)
      return WrongCheck(check, "table", "what checks say is not checked itself; expected another table");
    if (!all.contains(name)) {
      const std::vector<std::string> names(all.begin(), all.end());
      return WrongCheck(
          check, "table",
          fmt::format("there is no table {} and no step makes it{}", name, DidYouMean(name, names)));
    }
    PL_ASSIGN_OR_RETURN(const auto schema, SchemaNow(session, lake, check, there.contains(name)));
    if (schema != nullptr) PL_RETURN_NOT_OK(CheckColumns(check, *schema));
    if (check.severity == "drop") PL_RETURN_NOT_OK(CheckDrop(check, steps));
  }
  return Status::OK();
}

}  // namespace pixlake::pipeline
