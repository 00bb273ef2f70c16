#include "pipeline/check/judge.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "base/near.h"
#include "base/sql_text.h"

namespace pixlake::pipeline {
namespace {

bool IsBlob(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY;
}

bool IsTime(const arrow::DataType& type) {
  return type.id() == arrow::Type::TIMESTAMP || type.id() == arrow::Type::DATE32;
}

std::vector<std::string> ColumnsOf(const arrow::Schema& schema) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields()) {
    if (!IsBlob(*field->type())) names.push_back(field->name());
  }
  return names;
}

// The table's rows without its blobs.
std::string RowsOfAsked(const AskedTable& table) {
  std::vector<std::string> names;
  for (const std::string& name : ColumnsOf(*table.schema)) names.push_back(SqlName(name));
  return fmt::format("SELECT {} FROM table_scan({}, version := {})", fmt::join(names, ", "),
                     SqlLiteral(table.path), table.version);
}

// The column that tells rows apart for people: the key, else the first that there is.
std::string NameColumn(const AskedTable& table) {
  const auto is_plain = [&](const std::string& name) {
    const auto field = table.schema->GetFieldByName(name);
    return field != nullptr && !IsBlob(*field->type());
  };
  for (const std::string& name :
       {table.key, std::string("image_id"), std::string("id"), std::string("uri")}) {
    if (is_plain(name)) return SqlName(name);
  }
  const auto names = ColumnsOf(*table.schema);
  return names.empty() ? "NULL" : SqlName(names.front());
}

// One row of numbers and, last, a list of texts.
struct Answer {
  std::vector<std::optional<int64_t>> numbers;
  std::vector<std::string> texts;
};

std::vector<std::string> TextsAt(const arrow::Array& column, int64_t row) {
  std::vector<std::string> out;
  if (column.IsNull(row)) return out;
  const auto& list = static_cast<const arrow::ListArray&>(column);
  const auto& values = static_cast<const arrow::StringArray&>(*list.values());
  for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i)
    out.push_back(values.IsNull(i) ? "NULL" : values.GetString(i));
  return out;
}

Result<Answer> AskOnce(query::SqlSession* session, const std::string& sql) {
  PL_ASSIGN_OR_RETURN(const auto rows, session->Query(sql));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(rows->ReadNext(&batch));
  if (batch == nullptr || batch->num_rows() != 1)
    return Error(ErrorCode::kInternal, "a check's question gave no row");
  Answer answer;
  for (const auto& column : batch->columns()) {
    if (column->type_id() != arrow::Type::INT64) {
      answer.texts = TextsAt(*column, 0);
    } else if (column->IsNull(0)) {
      answer.numbers.push_back(std::nullopt);
    } else {
      answer.numbers.push_back(static_cast<const arrow::Int64Array&>(*column).Value(0));
    }
  }
  return answer;
}

Status Wrong(const TableCheck& check, const char* key, const std::string& what) {
  return Error(ErrorCode::kUsage, fmt::format("{}.{}: {}", check.where, key, what));
}

int64_t NumberOf(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += fmt::format("{}:{}", part.size(), part);
  return static_cast<int64_t>(XXH3_64bits(text.data(), text.size()) >> 1);
}

// What rows say, as a result.
void Conclude(int64_t asked, int64_t failed, int64_t unknown, CheckResult* result) {
  result->rows_checked = asked;
  result->rows_failed = failed;
  result->rows_not_applicable = unknown;
  if (asked == 0) {
    result->message = unknown == 0 ? "no rows" : fmt::format("of none of {} rows is it known", unknown);
    return;
  }
  result->passed = failed == 0;
  result->value = static_cast<double>(failed) / static_cast<double>(asked);
  result->message = failed == 0 ? fmt::format("all of {} rows pass", asked)
                                : fmt::format("{} of {} rows fail", failed, asked);
  if (unknown > 0) result->message += fmt::format("; of {} it is not known", unknown);
}

Status AskRows(query::SqlSession* session, const TableCheck& check, const AskedTable& table,
               CheckResult* result) {
  const std::string sql = fmt::format(
      "SELECT count(*) FILTER (pixlake_ok IS NOT NULL), count(*) FILTER (NOT pixlake_ok), count(*) FILTER "
      "(pixlake_ok IS NULL), min(pixlake_name, {}) FILTER (NOT pixlake_ok) FROM (SELECT CAST(({}\n) AS "
      "BOOLEAN) AS pixlake_ok, CAST({} AS VARCHAR) AS pixlake_name FROM ({}) AS checked)",
      kMostSamples, check.condition, NameColumn(table), RowsOfAsked(table));
  const auto answer = AskOnce(session, sql);
  if (!answer.ok()) {
    return Error(CodeOf(answer.status()), fmt::format("{}: {} of {}: {}", check.where, check.kind,
                                                      check.table.text(), answer.status().message()));
  }
  Conclude(answer->numbers[0].value_or(0), answer->numbers[1].value_or(0), answer->numbers[2].value_or(0),
           result);
  result->sample_ids = answer->texts;
  return Status::OK();
}

// As SQL has it, NULL is no value: rows without one are told, and none is another's twin. NaN is.
Status AskUnique(query::SqlSession* session, const TableCheck& check, const AskedTable& table,
                 CheckResult* result) {
  PL_ASSIGN_OR_RETURN(
      const Answer answer,
      AskOnce(session,
              fmt::format("SELECT CAST(coalesce(sum(n) FILTER (v IS NOT NULL), 0) AS BIGINT), "
                          "CAST(coalesce(sum(n) FILTER (v IS NOT NULL AND n > 1), 0) AS BIGINT), "
                          "count(*) FILTER (v IS NOT NULL AND n > 1), "
                          "CAST(coalesce(sum(n) FILTER (v IS NULL), 0) AS BIGINT), "
                          "min(CAST(v AS VARCHAR), {}) FILTER (n > 1) FROM (SELECT {} AS v, count(*) AS n "
                          "FROM ({}) AS checked GROUP BY 1)",
                          kMostSamples, SqlName(check.column), RowsOfAsked(table))));
  const int64_t values = answer.numbers[2].value_or(0);
  const int64_t nulls = answer.numbers[3].value_or(0);
  Conclude(answer.numbers[0].value_or(0), answer.numbers[1].value_or(0), nulls, result);
  result->sample_ids = answer.texts;
  if (result->passed) result->value = static_cast<double>(values);
  if (values > 0) result->message = fmt::format("{} rows share {} values", result->rows_failed, values);
  if (values == 0 && result->passed)
    result->message = fmt::format("{} values, each once", result->rows_checked);
  if (nulls > 0) result->message += fmt::format("; {} rows have none", nulls);
  return Status::OK();
}

std::string AgeWords(double seconds) {
  if (seconds < 0) return fmt::format("{:.0f} s in the future", -seconds);
  if (seconds < 120) return fmt::format("{:.1f} s old", seconds);
  if (seconds < 2 * 3600) return fmt::format("{:.0f} minutes old", seconds / 60);
  if (seconds < 48 * 3600.0) return fmt::format("{:.1f} hours old", seconds / 3600);
  return fmt::format("{:.1f} days old", seconds / 86400);
}

Status AskFreshness(query::SqlSession* session, const TableCheck& check, const AskedTable& table,
                    int64_t now_us, CheckResult* result) {
  PL_ASSIGN_OR_RETURN(const Answer answer,
                      AskOnce(session, fmt::format("SELECT epoch_us(max({0})), count({0}), count(*) - "
                                                   "count({0}) FROM ({1}) AS checked",
                                                   SqlName(check.column), RowsOfAsked(table))));
  result->rows_checked = answer.numbers[1].value_or(0);
  result->rows_not_applicable = answer.numbers[2].value_or(0);
  if (!answer.numbers[0]) {
    result->passed = false;
    result->message = result->rows_not_applicable == 0 ? "no rows" : "no row has a time";
    return Status::OK();
  }
  const int64_t newest = *answer.numbers[0];
  const double age = static_cast<double>(now_us - newest) / 1e6;
  result->value = age;
  result->passed = age * 1000 <= static_cast<double>(check.max_age_ms.value_or(0));
  const int64_t millis = newest >= 0 ? newest / 1000 : -((-newest + 999) / 1000);
  result->message = fmt::format("the newest is of {}, {}", FormatTimestamp(millis), AgeWords(age));
  return Status::OK();
}

Status AskVolume(query::SqlSession* session, const TableCheck& check, const AskedTable& table,
                 const EarlierCounts& earlier, CheckResult* result) {
  PL_ASSIGN_OR_RETURN(const Answer answer,
                      AskOnce(session, fmt::format("SELECT count(*) FROM table_scan({}, version := {})",
                                                   SqlLiteral(table.path), table.version)));
  const int64_t rows = answer.numbers[0].value_or(0);
  result->rows_checked = rows;
  result->message = fmt::format("{} rows", rows);
  if (check.min_rows || check.max_rows) {
    result->value = static_cast<double>(rows);
    result->passed =
        (!check.min_rows || rows >= *check.min_rows) && (!check.max_rows || rows <= *check.max_rows);
  }
  if (!check.min_share && !check.max_share) return Status::OK();
  if (earlier.runs == 0 || earlier.mean <= 0) {
    result->message +=
        earlier.runs == 0 ? "; no earlier run to compare with" : "; earlier runs had none to compare with";
    return Status::OK();
  }
  const double share = static_cast<double>(rows) / earlier.mean;
  const bool fits =
      (!check.min_share || share >= *check.min_share) && (!check.max_share || share <= *check.max_share);
  result->value = share;
  result->passed = result->passed.value_or(true) && fits;
  result->message +=
      fmt::format("; {:.4g} of the mean of {} earlier runs, {:.6g}", share, earlier.runs, earlier.mean);
  return Status::OK();
}

}  // namespace

int64_t DefinitionOf(const TableCheck& check, const AskedTable& table) {
  return NumberOf(
      {check.kind, check.severity, check.condition, check.column, check.expected, table.table_id});
}

int64_t DefinitionOf(const ImageCheck& check, const AskedTable& validated) {
  return NumberOf(
      {check.kind, check.severity, check.condition, check.value, check.expected, validated.table_id});
}

Status CheckColumns(const TableCheck& check, const arrow::Schema& schema) {
  if (check.column.empty()) return Status::OK();
  const auto field = schema.GetFieldByName(check.column);
  if (field == nullptr) {
    return Wrong(check, "column",
                 fmt::format("{} has no column `{}`{}", check.table.text(), check.column,
                             DidYouMean(check.column, ColumnsOf(schema))));
  }
  if (IsBlob(*field->type())) {
    return Wrong(check, "column",
                 fmt::format("`{}` of {} are blobs, which checks do not read; expected "
                             "another column, such as the hash of them",
                             check.column, check.table.text()));
  }
  if (check.kind != "freshness" || IsTime(*field->type())) return Status::OK();
  std::vector<std::string> times;
  for (const auto& one : schema.fields()) {
    if (IsTime(*one->type())) times.push_back(one->name());
  }
  return Wrong(
      check, "column",
      fmt::format("`{}` of {} is of type {}; expected a column of times{}", check.column, check.table.text(),
                  field->type()->ToString(),
                  times.empty() ? ", and it has none" : fmt::format(": {}", fmt::join(times, ", "))));
}

Result<CheckResult> AskTable(query::SqlSession* session, const TableCheck& check, const AskedTable& table,
                             const EarlierCounts& earlier, int64_t now_us) {
  CheckResult result;
  result.check = check.name;
  result.table = check.table.text();
  result.kind = check.kind;
  result.severity = check.severity;
  result.threshold = check.expected;
  result.table_version = table.version;
  result.definition = DefinitionOf(check, table);
  PL_RETURN_NOT_OK(CheckColumns(check, *table.schema));
  if (!check.condition.empty()) {
    PL_RETURN_NOT_OK(AskRows(session, check, table, &result));
  } else if (check.kind == "unique") {
    PL_RETURN_NOT_OK(AskUnique(session, check, table, &result));
  } else if (check.kind == "freshness") {
    PL_RETURN_NOT_OK(AskFreshness(session, check, table, now_us, &result));
  } else if (check.kind == "volume") {
    PL_RETURN_NOT_OK(AskVolume(session, check, table, earlier, &result));
  } else {
    return Wrong(check, "kind", fmt::format("`{}` is not known of tables", check.kind));
  }
  return result;
}

Result<std::vector<CheckResult>> AskImages(query::SqlSession* session, const std::vector<ImageCheck>& checks,
                                           const AskedTable& validated) {
  std::vector<CheckResult> results;
  std::map<std::string, size_t> by_name;
  for (const ImageCheck& check : checks) {
    CheckResult result;
    result.check = check.name;
    result.table = "images";
    result.kind = check.kind;
    result.severity = check.severity;
    result.threshold = check.expected;
    result.table_version = validated.version;
    result.definition = DefinitionOf(check, validated);
    Conclude(0, 0, 0, &result);
    by_name[check.name] = results.size();
    results.push_back(std::move(result));
  }
  PL_ASSIGN_OR_RETURN(
      const auto rows,
      session->Query(fmt::format(
          "SELECT c.name, count(*) FILTER (c.outcome <> 'not_applicable'), count(*) FILTER (c.outcome = "
          "'failed'), count(*) FILTER (c.outcome = 'not_applicable'), min(image_id, {}) FILTER (c.outcome = "
          "'failed') FROM (SELECT image_id, unnest(checks) AS c FROM table_scan({}, version := {})) GROUP BY "
          "1",
          kMostSamples, SqlLiteral(validated.path), validated.version)));
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return results;
    const auto& names = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto number = [&](int column, int64_t row) {
      return static_cast<const arrow::Int64Array&>(*batch->column(column)).Value(row);
    };
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const auto found = by_name.find(names.GetString(row));
      if (found == by_name.end()) continue;
      CheckResult& result = results[found->second];
      Conclude(number(1, row), number(2, row), number(3, row), &result);
      result.sample_ids = TextsAt(*batch->column(4), row);
    }
  }
}

}  // namespace pixlake::pipeline
