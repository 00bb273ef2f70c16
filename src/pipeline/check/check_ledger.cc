#include "pipeline/check/check_ledger.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "base/uuid.h"
#include "query/change/change.h"
#include "query/session/open_sql_session.h"

namespace pixlake::pipeline {
namespace {

const catalog::TableName kResults{"processed", "check_results"};
const catalog::TableName kValidated{"processed", "validated"};

std::string NumberOrNull(const std::optional<double>& value) {
  if (!value || std::isnan(*value)) return "NULL";
  return fmt::format("CAST('{}' AS DOUBLE)", *value);
}

std::string TruthOrNull(const std::optional<bool>& value) {
  return !value ? "NULL" : *value ? "true" : "false";
}

std::string ListOf(const std::vector<std::string>& texts) {
  std::vector<std::string> literals;
  for (const std::string& text : texts) literals.push_back(SqlLiteral(text));
  return fmt::format("CAST([{}] AS VARCHAR[])", fmt::join(literals, ", "));
}

std::string RowOf(const CheckResult& result) {
  return fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})", SqlLiteral(result.check),
                     SqlLiteral(result.table), SqlLiteral(result.kind), SqlLiteral(result.severity),
                     result.rows_checked, result.rows_failed, result.rows_not_applicable,
                     NumberOrNull(result.value), SqlLiteral(result.threshold), TruthOrNull(result.passed),
                     SqlLiteral(result.message), ListOf(result.sample_ids), result.table_version,
                     result.definition);
}

std::string TextAt(const arrow::RecordBatch& batch, int column, int64_t row) {
  const auto& texts = static_cast<const arrow::StringArray&>(*batch.column(column));
  return texts.IsNull(row) ? "" : texts.GetString(row);
}

int64_t NumberAt(const arrow::RecordBatch& batch, int column, int64_t row) {
  const auto& numbers = static_cast<const arrow::Int64Array&>(*batch.column(column));
  return numbers.IsNull(row) ? 0 : numbers.Value(row);
}

CheckResult ResultAt(const arrow::RecordBatch& batch, int64_t row) {
  CheckResult result;
  result.check = TextAt(batch, 0, row);
  result.table = TextAt(batch, 1, row);
  result.kind = TextAt(batch, 2, row);
  result.severity = TextAt(batch, 3, row);
  result.threshold = TextAt(batch, 4, row);
  result.message = TextAt(batch, 5, row);
  result.rows_checked = NumberAt(batch, 6, row);
  result.rows_failed = NumberAt(batch, 7, row);
  result.rows_not_applicable = NumberAt(batch, 8, row);
  result.table_version = NumberAt(batch, 9, row);
  result.definition = NumberAt(batch, 10, row);
  const auto& value = static_cast<const arrow::DoubleArray&>(*batch.column(11));
  if (!value.IsNull(row)) result.value = value.Value(row);
  const auto& passed = static_cast<const arrow::BooleanArray&>(*batch.column(12));
  if (!passed.IsNull(row)) result.passed = passed.Value(row);
  const auto& samples = static_cast<const arrow::ListArray&>(*batch.column(13));
  const auto& ids = static_cast<const arrow::StringArray&>(*samples.values());
  for (int64_t i = samples.value_offset(row); !samples.IsNull(row) && i < samples.value_offset(row + 1); ++i)
    result.sample_ids.push_back(ids.GetString(i));
  return result;
}

}  // namespace

Result<std::unique_ptr<CheckLedger>> CheckLedger::Open(const session::Session& session,
                                                       const catalog::Lake& lake, const Checks& checks,
                                                       int64_t now_us) {
  std::unique_ptr<CheckLedger> ledger(new CheckLedger(session, lake, checks, now_us));
  if (!checks.empty()) PL_RETURN_NOT_OK(ledger->ReadLast());
  return ledger;
}

Result<query::SqlSession*> CheckLedger::Sql() {
  if (sql_ == nullptr) {
    PL_ASSIGN_OR_RETURN(sql_, query::OpenSqlSession(session_, Work::kSql));
  }
  return sql_.get();
}

Status CheckLedger::ReadLast() {
  const io::Location place = lake_.TablePlace(kResults);
  PL_ASSIGN_OR_RETURN(const bool there, session_.new_table_format()->Detect(place));
  if (!there) return Status::OK();
  PL_ASSIGN_OR_RETURN(query::SqlSession* const sql, Sql());
  {
    PL_ASSIGN_OR_RETURN(
        const auto rows,
        sql->Query(fmt::format(
            "SELECT check_name, table_name, kind, severity, threshold, message, rows_checked, rows_failed, "
            "rows_not_applicable, table_version, definition, value, passed, sample_ids FROM table_scan({}) "
            "QUALIFY row_number() OVER (PARTITION BY check_name ORDER BY run_at DESC, run_id DESC) = 1",
            SqlLiteral(place.path))));
    for (std::shared_ptr<arrow::RecordBatch> batch;;) {
      PL_RETURN_NOT_OK(rows->ReadNext(&batch));
      if (batch == nullptr) break;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        CheckResult result = ResultAt(*batch, row);
        last_[result.check] = std::move(result);
      }
    }
  }
  const bool asks_volume = std::any_of(checks_.of_tables.begin(), checks_.of_tables.end(),
                                       [](const TableCheck& check) { return check.kind == "volume"; });
  if (!asks_volume) return Status::OK();
  PL_ASSIGN_OR_RETURN(
      const auto rows,
      sql->Query(fmt::format(
          "SELECT check_name, table_name, count(*), avg(rows_checked) FROM (SELECT * FROM table_scan({}) "
          "WHERE kind = 'volume' QUALIFY row_number() OVER (PARTITION BY check_name, table_name ORDER BY "
          "run_at DESC, run_id DESC) <= {}) GROUP BY 1, 2",
          SqlLiteral(place.path), kMostEarlierRuns)));
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return Status::OK();
    const auto& means = static_cast<const arrow::DoubleArray&>(*batch->column(3));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      earlier_[TextAt(*batch, 0, row) + "\n" + TextAt(*batch, 1, row)] = {NumberAt(*batch, 2, row),
                                                                          means.Value(row)};
    }
  }
}

Result<AskedTable> CheckLedger::OpenAsked(const catalog::TableName& table, const std::string& key) const {
  AskedTable asked;
  asked.path = lake_.TablePlace(table).path;
  asked.key = key;
  PL_ASSIGN_OR_RETURN(const auto opened, session_.OpenToChange(asked.path));
  PL_ASSIGN_OR_RETURN(const auto snapshot, opened->Load());
  asked.table_id = snapshot->table_id();
  asked.version = snapshot->version();
  asked.schema = snapshot->row_schema();
  return asked;
}

const CheckResult* CheckLedger::Current(const std::string& check, int64_t version, int64_t definition) const {
  const auto found = last_.find(check);
  const bool is_current = found != last_.end() && found->second.table_version == version &&
                          found->second.definition == definition;
  return is_current ? &found->second : nullptr;
}

void CheckLedger::Add(CheckResult result) {
  const CheckResult* const last = Current(result.check, result.table_version, result.definition);
  result.is_news = last == nullptr || last->passed != result.passed;
  results_.push_back(std::move(result));
}

Status CheckLedger::Ask(const catalog::TableName& table, const std::string& key) {
  std::optional<AskedTable> asked;
  for (const TableCheck& check : checks_.of_tables) {
    if (check.table.text() != table.text()) continue;
    if (!asked) {
      PL_ASSIGN_OR_RETURN(asked, OpenAsked(table, key));
    }
    const CheckResult* const last = Current(check.name, asked->version, DefinitionOf(check, *asked));
    if (last != nullptr && check.kind != "freshness") {
      results_.push_back(*last);
      continue;
    }
    PL_ASSIGN_OR_RETURN(query::SqlSession* const sql, Sql());
    const auto earlier = earlier_.find(check.name + "\n" + table.text());
    PL_ASSIGN_OR_RETURN(
        CheckResult result,
        AskTable(sql, check, *asked, earlier == earlier_.end() ? EarlierCounts() : earlier->second, now_us_));
    Add(std::move(result));
  }
  return Status::OK();
}

Status CheckLedger::AskOfImages() {
  if (checks_.of_images.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const AskedTable validated, OpenAsked(kValidated, "image_id"));
  std::vector<CheckResult> results;
  for (const ImageCheck& check : checks_.of_images) {
    const CheckResult* const last = Current(check.name, validated.version, DefinitionOf(check, validated));
    if (last == nullptr) break;
    results.push_back(*last);
  }
  if (results.size() == checks_.of_images.size()) {
    for (CheckResult& result : results) results_.push_back(std::move(result));
    return Status::OK();
  }
  PL_ASSIGN_OR_RETURN(query::SqlSession* const sql, Sql());
  PL_ASSIGN_OR_RETURN(results, AskImages(sql, checks_.of_images, validated));
  for (CheckResult& result : results) Add(std::move(result));
  return Status::OK();
}

std::string CheckLedger::WhyStop(const catalog::TableName& table) const {
  std::vector<std::string> whys;
  for (const CheckResult& result : results_) {
    if (result.table == table.text() && result.severity == "stop" && result.passed == false)
      whys.push_back(fmt::format("check {} of {} fails ({})", result.check, result.table, result.message));
  }
  return fmt::format("{}", fmt::join(whys, ", "));
}

Status CheckLedger::Write(const std::string& run_id) {
  std::vector<std::string> rows;
  for (const CheckResult& result : results_) {
    if (result.is_news) rows.push_back(RowOf(result));
  }
  if (rows.empty()) return Status::OK();
  const io::Location place = lake_.TablePlace(kResults);
  table::TableFormat* const format = session_.new_table_format();
  const auto made = format->Create(place, *catalog::OwnTable(kResults));
  if (!made.ok() && CodeOf(made.status()) != ErrorCode::kAlreadyExists) return made.status();
  PL_ASSIGN_OR_RETURN(const auto table, session_.OpenToChange(place.path));
  PL_ASSIGN_OR_RETURN(query::SqlSession* const sql, Sql());
  const std::string now = FormatTimestamp(now_us_ / 1000);
  query::InsertStatement insert;
  insert.target = {place.path, "target"};
  insert.by_name = true;
  insert.query = fmt::format(
      "SELECT {} AS run_id, CAST({} AS TIMESTAMPTZ) AS run_at, *, {} AS date_partition FROM (VALUES {}) AS "
      "r(check_name, table_name, kind, severity, rows_checked, rows_failed, rows_not_applicable, value, "
      "threshold, passed, message, sample_ids, table_version, definition)",
      SqlLiteral(run_id.empty() ? NewUuid() : run_id), SqlLiteral(now), SqlLiteral(now.substr(0, 10)),
      fmt::join(rows, ", "));
  query::ChangeOptions change;
  change.memory_bytes = session_.Plan(Work::kSql).writers;
  change.operation = "CHECK";
  const auto done =
      query::RunChange(sql, table.get(), std::string(table->format()) + "_scan", insert, change);
  if (!done.ok()) return WithContext(done.status(), "what checks said");
  return Status::OK();
}

}  // namespace pixlake::pipeline
