#include <algorithm>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/change/row_checks_internal.h"
#include "query/change/spark_expression.h"
#include "query/change/stored_values_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/result/value_format_internal.h"

namespace pixlake::query {
namespace {

constexpr size_t kMostShown = 8;  // values in a message

// SQL for "id = 7, name = NULL": what a row has in the columns.
std::string ValuesText(const arrow::Schema& schema, const std::set<int>& columns) {
  std::vector<std::string> parts;
  for (const int column : columns) {
    if (parts.size() == kMostShown) break;
    const arrow::Field& field = *schema.field(column);
    const std::string name = SqlName(field.name());
    const std::string value = field.type()->id() == arrow::Type::BINARY
                                  ? fmt::format("octet_length({}) || ' bytes'", name)
                                  : fmt::format("left(CAST({} AS VARCHAR), 100)", name);
    parts.push_back(fmt::format("{} || coalesce({}, 'NULL')",
                                SqlLiteral((parts.empty() ? "" : ", ") + field.name() + " = "), value));
  }
  return parts.empty() ? "''" : fmt::format("{}", fmt::join(parts, " || "));
}

// Rows that are deleted have no values to check.
std::string CheckColumn(const std::string& condition, const std::string& message, const std::string& values) {
  return fmt::format(
      ", CASE WHEN {} = {} THEN TRUE WHEN coalesce(({}), FALSE) THEN TRUE ELSE error({} || {}) END",
      kActionColumn, static_cast<int>(RowAction::kDelete), condition,
      SqlLiteral(kViolationMark + message + ": the row has "), values);
}

std::string PartitionHint(const ChangeTarget& target, const arrow::Field& field) {
  const auto& partitions = target.partition_columns;
  const bool empty_is_null =
      std::find(partitions.begin(), partitions.end(), field.name()) != partitions.end() &&
      (field.type()->id() == arrow::Type::STRING || IsBlob(*field.type()));
  return empty_is_null ? " (an empty value of a partition column is NULL)" : "";
}

Result<TranslatedExpression> Translated(const std::string& expression, const arrow::Schema& schema,
                                        const std::string& what) {
  auto translated = FromSparkSql(expression, schema);
  return translated.ok() ? translated : WithContext(translated.status(), what);
}

std::string GeneratedValue(const ChangeTarget& target, int column, const std::string& expression) {
  return fmt::format("CAST(({}) AS {})", expression, CastTypeName(*target.schema->field(column)->type()));
}

// NOT NULL, of the columns that the rows have values for.
std::string NullChecks(const ChangeTarget& target, const std::vector<ChangeQuery::Value>& values) {
  std::string out;
  for (const ChangeQuery::Value& value : values) {
    const arrow::Field& field = *target.schema->field(value.column);
    if (field.nullable()) continue;
    // Rows that are updated keep what they have in a column that only inserts give.
    const RowAction free = value.updated ? RowAction::kDelete : RowAction::kUpdate;
    out += fmt::format(
        ", CASE WHEN {0} IN ({1}, {2}) OR {3} IS NOT NULL THEN TRUE ELSE error({4}) END", kActionColumn,
        static_cast<int>(RowAction::kDelete), static_cast<int>(free), SqlName(field.name()),
        SqlLiteral(kViolationMark + fmt::format("a new row has NULL in column {}, which is NOT NULL{}",
                                                field.name(), PartitionHint(target, field))));
  }
  return out;
}

}  // namespace

// PROTOCOL.md, "CHECK Constraints" and "Column Invariants": what is null is not fulfilled.
Result<std::string> RowChecks(const ChangeTarget& target, const std::vector<ChangeQuery::Value>& values) {
  std::string out = NullChecks(target, values);
  for (const auto& constraint : target.rules.constraints) {
    PL_ASSIGN_OR_RETURN(const TranslatedExpression condition,
                        Translated(constraint.expression, *target.schema, "constraint " + constraint.name));
    out += CheckColumn(
        condition.sql,
        fmt::format("a new row breaks constraint {} ({})", constraint.name, constraint.expression),
        ValuesText(*target.schema, condition.columns));
  }
  for (const auto& [name, text] : target.rules.generated) {
    PL_ASSIGN_OR_RETURN(TranslatedExpression value,
                        Translated(text, *target.schema, "generated column " + name));
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, name));
    value.columns.insert(column);
    PL_ASSIGN_OR_RETURN(const std::string stored,
                        StoredValue(target, column, GeneratedValue(target, column, value.sql)));
    out += CheckColumn(
        fmt::format("{} IS NOT DISTINCT FROM {}", SqlName(name), stored),
        fmt::format("the value given for column {} is not what it is generated as ({})", name, text),
        ValuesText(*target.schema, value.columns));
  }
  return out;
}

bool HasChecks(const ChangeTarget& target) {
  return !target.rules.constraints.empty() || !target.rules.generated.empty();
}

Result<std::string> DefaultOf(const ChangeTarget& target, int column) {
  const auto found = target.rules.defaults.find(target.schema->field(column)->name());
  if (found == target.rules.defaults.end()) return std::string("NULL");
  PL_ASSIGN_OR_RETURN(TranslatedExpression value,
                      Translated(found->second, arrow::Schema({}), "the default of column " + found->first));
  return std::move(value.sql);
}

Result<std::string> WithGenerated(const ChangeTarget& target, const std::string& rows,
                                  const GivenColumns& given, std::set<int>* computed) {
  std::vector<std::string> replaced;
  for (const auto& [name, text] : target.rules.generated) {
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, name));
    const auto said = given.find(column);
    if (said != given.end() && said->second.empty()) continue;
    PL_ASSIGN_OR_RETURN(const TranslatedExpression expression,
                        Translated(text, *target.schema, "generated column " + name));
    std::string value = GeneratedValue(target, column, expression.sql);
    if (said != given.end()) {
      value = fmt::format("CASE WHEN {} THEN {} ELSE {} END", said->second, SqlName(name), value);
    }
    replaced.push_back(value + " AS " + SqlName(name));
    computed->insert(column);
  }
  if (replaced.empty()) return rows;
  return fmt::format("SELECT * REPLACE ({}) FROM ({}) AS __pixlake_given", fmt::join(replaced, ", "), rows);
}

}  // namespace pixlake::query
