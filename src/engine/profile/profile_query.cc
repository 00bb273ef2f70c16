#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "engine/profile/profile_query_internal.h"

namespace pixlake::engine {
namespace {

constexpr char kProbabilities[] = "[0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95]";
constexpr size_t kQuantiles[] = {0, 3, 6, 9, 12};            // 5, 25, 50, 75, 95 %
constexpr size_t kTenths[] = {1, 2, 4, 5, 6, 7, 8, 10, 11};  // 10 … 90 %
constexpr size_t kMostShown = 200;                           // bytes of a value

// Reads the one row of aggregates, column by column.
class RowReader {
 public:
  explicit RowReader(const arrow::RecordBatch& batch) : batch_(batch) {}

  std::optional<int64_t> Integer() {
    const auto& column = Next();
    if (column.IsNull(0)) return std::nullopt;
    return static_cast<const arrow::Int64Array&>(column).Value(0);
  }
  std::optional<double> Number() {
    const auto& column = Next();
    if (column.IsNull(0)) return std::nullopt;
    return static_cast<const arrow::DoubleArray&>(column).Value(0);
  }
  std::string Text() {
    const auto& column = Next();
    return column.IsNull(0) ? "" : static_cast<const arrow::StringArray&>(column).GetString(0);
  }
  std::vector<double> Numbers() {
    const auto& column = Next();
    if (column.IsNull(0)) return {};
    const auto& list = static_cast<const arrow::ListArray&>(column);
    const auto& values = static_cast<const arrow::DoubleArray&>(*list.values());
    std::vector<double> out;
    for (int64_t i = list.value_offset(0); i < list.value_offset(1); ++i) out.push_back(values.Value(i));
    return out;
  }

 private:
  const arrow::Array& Next() { return *batch_.column(next_++); }
  const arrow::RecordBatch& batch_;
  int next_ = 0;
};

Result<std::shared_ptr<arrow::RecordBatch>> OneRow(query::SqlSession* sql, const std::string& text) {
  PL_ASSIGN_OR_RETURN(const auto rows, sql->Query(text));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(rows->ReadNext(&batch));
  if (batch == nullptr || batch->num_rows() != 1)
    return Error(ErrorCode::kInternal, "aggregates gave no row");
  return batch;
}

// A value as it is shown, whole characters of it.
std::string Shown(std::string text) {
  if (text.size() <= kMostShown) return text;
  size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string TimeText(std::optional<int64_t> micros) {
  if (!micros) return "";
  return FormatTimestamp(*micros >= 0 ? *micros / 1000 : -((999 - *micros) / 1000));
}

std::vector<std::string> AggregatesOf(const ColumnProfile& column) {
  const std::string name = SqlName(column.name);
  const std::string value = AskedValue(column);
  std::vector<std::string> out{fmt::format("count({})", name)};
  switch (column.kind) {
    case ColumnKind::kNumber:
      out.push_back(fmt::format("count({})", value));
      out.push_back(fmt::format("CAST(approx_count_distinct({}) AS BIGINT)", value));
      out.push_back(fmt::format("min({})", value));
      out.push_back(fmt::format("max({})", value));
      // Numbers that DOUBLE does not hold are shown as they are.
      out.push_back(fmt::format("CAST(min({0}) FILTER ({1} IS NOT NULL) AS VARCHAR)", name, value));
      out.push_back(fmt::format("CAST(max({0}) FILTER ({1} IS NOT NULL) AS VARCHAR)", name, value));
      out.push_back(fmt::format("avg({})", value));
      out.push_back(fmt::format("CAST(approx_quantile({}, {}) AS DOUBLE[])", value, kProbabilities));
      break;
    case ColumnKind::kText:
      out.push_back(fmt::format("CAST(approx_count_distinct({}) AS BIGINT)", name));
      out.push_back(fmt::format("min({})", value));
      out.push_back(fmt::format("max({})", value));
      out.push_back(fmt::format("min(length({}))", value));
      out.push_back(fmt::format("max(length({}))", value));
      out.push_back(fmt::format("avg(length({}))", value));
      out.push_back(fmt::format("avg(strlen({}))", value));
      break;
    case ColumnKind::kTime:
      out.push_back(fmt::format("CAST(approx_count_distinct({}) AS BIGINT)", name));
      out.push_back(fmt::format("epoch_us(min({}))", name));
      out.push_back(fmt::format("epoch_us(max({}))", name));
      break;
    default:
      break;
  }
  return out;
}

void ReadAggregates(int64_t rows, RowReader* reader, ColumnProfile* column, ColumnFacts* facts) {
  const int64_t there = reader->Integer().value_or(0);
  column->nulls = rows - there;
  facts->values = there;
  // What is approximate is no more than there is.
  const auto distinct = [&] { return std::min(reader->Integer().value_or(0), facts->values); };
  switch (column->kind) {
    case ColumnKind::kNumber: {
      facts->values = reader->Integer().value_or(0);
      column->not_finite = there - facts->values;
      column->distinct = distinct();
      facts->least = reader->Number().value_or(0);
      facts->most = reader->Number().value_or(0);
      column->min = reader->Text();
      column->max = reader->Text();
      column->mean = reader->Number();
      const std::vector<double> quantiles = reader->Numbers();
      if (quantiles.empty()) return;
      for (const size_t i : kQuantiles) column->quantiles.push_back(quantiles[i]);
      for (const size_t i : kTenths) facts->tenths.push_back(quantiles[i]);
      return;
    }
    case ColumnKind::kText:
      column->distinct = distinct();
      column->min = Shown(reader->Text());
      column->max = Shown(reader->Text());
      column->min_length = reader->Integer();
      column->max_length = reader->Integer();
      column->mean_length = reader->Number();
      facts->mean_bytes = reader->Number().value_or(0);
      return;
    case ColumnKind::kTime:
      column->distinct = distinct();
      column->min = TimeText(reader->Integer());
      column->max = TimeText(reader->Integer());
      return;
    default:
      return;
  }
}

// Which bin: how many edges are not above the value.
std::string BinOf(const BinQuestion& question) {
  const std::string value = AskedValue(*question.column);
  std::string sum = "0";
  for (const double edge : question.edges)
    sum += fmt::format(" + CAST({} >= {} AS INTEGER)", value, DoubleLiteral(edge));
  return fmt::format("CASE WHEN {} IS NOT NULL THEN {} END", value, sum);
}

}  // namespace

std::string DoubleLiteral(double value) {
  return fmt::format("CAST('{}' AS DOUBLE)", value);
}

std::string AskedValue(const ColumnProfile& column) {
  const std::string name = SqlName(column.name);
  if (column.kind == ColumnKind::kText) return fmt::format("CAST({} AS VARCHAR)", name);
  if (column.kind != ColumnKind::kNumber) return name;
  return fmt::format("CASE WHEN isfinite(CAST({0} AS DOUBLE)) THEN CAST({0} AS DOUBLE) END", name);
}

Result<std::vector<ColumnFacts>> AskAggregates(query::SqlSession* sql, const std::string& from,
                                               std::vector<ColumnProfile>* columns, int64_t* rows) {
  std::vector<std::string> asked{"count(*)"};
  for (const ColumnProfile& column : *columns) {
    if (column.kind == ColumnKind::kBlob) continue;
    for (std::string& one : AggregatesOf(column)) asked.push_back(std::move(one));
  }
  PL_ASSIGN_OR_RETURN(const auto batch,
                      OneRow(sql, fmt::format("SELECT {} FROM {}", fmt::join(asked, ", "), from)));
  RowReader reader(*batch);
  *rows = reader.Integer().value_or(0);
  std::vector<ColumnFacts> facts;
  for (ColumnProfile& column : *columns) {
    ColumnFacts& one = facts.emplace_back();
    if (column.kind != ColumnKind::kBlob) ReadAggregates(*rows, &reader, &column, &one);
  }
  return facts;
}

Result<std::vector<BinAnswer>> AskBins(query::SqlSession* sql, const std::string& from,
                                       const std::vector<BinQuestion>& questions) {
  std::vector<BinAnswer> answers;
  if (questions.empty()) return answers;
  std::vector<std::string> bins, asked;
  for (size_t i = 0; i < questions.size(); ++i) {
    const std::string distance =
        fmt::format("({} - {})", AskedValue(*questions[i].column), DoubleLiteral(questions[i].mean));
    bins.push_back(fmt::format("{0} AS b{1}, {2} * {2} AS s{1}", BinOf(questions[i]), i, distance));
    for (size_t k = 0; k <= questions[i].edges.size(); ++k)
      asked.push_back(fmt::format("count(*) FILTER (b{} = {})", i, k));
    asked.push_back(fmt::format("sum(s{})", i));
  }
  PL_ASSIGN_OR_RETURN(const auto batch,
                      OneRow(sql, fmt::format("SELECT {} FROM (SELECT {} FROM {})", fmt::join(asked, ", "),
                                              fmt::join(bins, ", "), from)));
  RowReader reader(*batch);
  for (const BinQuestion& question : questions) {
    BinAnswer& answer = answers.emplace_back();
    for (size_t k = 0; k <= question.edges.size(); ++k) answer.counts.push_back(reader.Integer().value_or(0));
    answer.squares = reader.Number().value_or(0);
  }
  return answers;
}

Result<int64_t> AskDistinct(query::SqlSession* sql, const std::string& from, const ColumnProfile& column) {
  const std::string value = AskedValue(column);
  PL_ASSIGN_OR_RETURN(
      const auto batch,
      OneRow(sql, fmt::format("SELECT count(*) FROM (SELECT {0} AS v FROM {1} WHERE {0} IS NOT "
                              "NULL GROUP BY 1)",
                              value, from)));
  return RowReader(*batch).Integer().value_or(0);
}

Result<std::vector<ValueCount>> AskTop(query::SqlSession* sql, const std::string& from,
                                       const ColumnProfile& column, int most) {
  PL_ASSIGN_OR_RETURN(
      const auto rows,
      sql->Query(fmt::format("SELECT CAST({0} AS VARCHAR) AS v, count(*) AS n FROM {1} WHERE {0} IS NOT NULL "
                             "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {2}",
                             AskedValue(column), from, most)));
  std::vector<ValueCount> out;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return out;
    const auto& values = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& counts = static_cast<const arrow::Int64Array&>(*batch->column(1));
    for (int64_t row = 0; row < batch->num_rows(); ++row)
      out.push_back({Shown(values.GetString(row)), counts.Value(row)});
  }
}

}  // namespace pixlake::engine
