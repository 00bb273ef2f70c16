#include "pipeline/run/key_set.h"

#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"

namespace pixlake::pipeline {
namespace {

std::vector<std::string> PlainColumns(const arrow::Schema& schema) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields()) {
    const arrow::Type::type type = field->type()->id();
    const bool blob = type == arrow::Type::BINARY || type == arrow::Type::LARGE_BINARY;
    if (!blob) names.push_back(SqlName(field->name()));
  }
  return names;
}

std::string ChangedRows(const OpenInput& open, int64_t watermark) {
  return fmt::format("SELECT {} FROM table_changes({}, {}, {})",
                     fmt::join(PlainColumns(*open.snapshot->definition().schema), ", "),
                     SqlLiteral(open.table->location().path), watermark + 1, open.snapshot->version());
}

// The keys that this input's changes touch.
std::string KeysQuery(const OpenInput& open, const std::vector<OpenInput>& inputs, int64_t watermark) {
  const StepInput& input = *open.input;
  const std::string changed = fmt::format("changed AS ({})", ChangedRows(open, watermark));
  if (input.keys.empty())
    return fmt::format("(WITH {} SELECT {} AS key FROM changed)", changed, SqlName(open.key));
  std::string with = changed;
  for (const OpenInput& other : inputs)
    with += fmt::format(", {} AS NOT MATERIALIZED ({})", SqlName(other.input->table.name), RowsOf(other, ""));
  return fmt::format("(WITH {} SELECT key FROM ({}) AS touched(key))", with, input.keys);
}

}  // namespace

std::string RowsOf(const OpenInput& open, const std::string& condition) {
  std::vector<std::string> conditions;
  if (!condition.empty()) conditions.push_back(condition);
  if (!open.input->stays.empty()) conditions.push_back(fmt::format("({})", open.input->stays));
  return fmt::format("SELECT {} FROM table_scan({}, version := {}){}{}",
                     fmt::join(PlainColumns(*open.snapshot->definition().schema), ", "),
                     SqlLiteral(open.table->location().path), open.snapshot->version(),
                     conditions.empty() ? "" : " WHERE ", fmt::join(conditions, " AND "));
}

std::string KeySet::Condition(std::string_view column, bool is_text) const {
  const std::string name = SqlName(column);
  const std::string text = is_text ? name : fmt::format("CAST({} AS VARCHAR)", name);
  std::string among = "false";
  if (count > kMostLiterals) {
    among = fmt::format("{} IN (SELECT key FROM {})", text, kTable);
  } else if (count > 0) {
    std::vector<std::string> literals;
    for (const std::string& key : in_memory) literals.push_back(SqlLiteral(key));
    std::sort(literals.begin(), literals.end());
    among = fmt::format("{} IN ({})", text, fmt::join(literals, ", "));
  }
  return has_null ? fmt::format("({} OR {} IS NULL)", among, name) : among;
}

Result<KeySet> ChangedKeys(query::SqlSession* session, const Step& step, const std::vector<OpenInput>& inputs,
                           const StepDecision& decision, const ChangedOutput* output) {
  std::vector<std::string> parts;
  if (output != nullptr) {
    parts.push_back(fmt::format("(SELECT {} AS key FROM table_changes({}, {}, {}) WHERE {} <> {})",
                                SqlName(step.key), SqlLiteral(output->place), output->from, output->to,
                                table::kCommitVersionColumn, output->own));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (*decision.watermarks[i] == inputs[i].snapshot->version()) continue;
    parts.push_back(KeysQuery(inputs[i], inputs, *decision.watermarks[i]));
  }
  PL_RETURN_NOT_OK(WithContext(
      session->Keep(KeySet::kTable, fmt::format("SELECT DISTINCT CAST(key AS VARCHAR) AS key FROM "
                                                "({}) AS touched",
                                                fmt::join(parts, " UNION ALL "))),
      fmt::format("step {}, what changed", step.name)));
  KeySet keys;
  {
    PL_ASSIGN_OR_RETURN(const auto counted,
                        session->Query(fmt::format("SELECT count(key), count(*) FROM {}", KeySet::kTable)));
    std::shared_ptr<arrow::RecordBatch> batch;
    PL_RETURN_NOT_OK(counted->ReadNext(&batch));
    const auto number = [&](int i) {
      return static_cast<const arrow::Int64Array&>(*batch->column(i)).Value(0);
    };
    keys.count = number(0);
    keys.has_null = number(1) > number(0);
  }
  if (keys.count > KeySet::kMostInMemory) return keys;
  PL_ASSIGN_OR_RETURN(const auto rows, session->Query(fmt::format("SELECT key FROM {} WHERE key IS NOT NULL",
                                                                  KeySet::kTable)));
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return keys;
    const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(0));
    for (int64_t row = 0; row < batch->num_rows(); ++row) keys.in_memory.emplace(texts.GetView(row));
  }
}

}  // namespace pixlake::pipeline
