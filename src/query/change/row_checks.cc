#include <algorithm>

#include <arrow/type.h>
#include <fmt/format.h>

#include "query/change/row_checks_internal.h"
#include "query/change/spark_expression_internal.h"
#include "query/duckdb_handles_internal.h"

namespace pixlake::query {
namespace {

std::string CheckColumn(const std::string& condition, const std::string& message) {
  return fmt::format(", CASE WHEN {} = {} OR coalesce(({}), FALSE) THEN TRUE ELSE error({}) END",
                     kActionColumn, static_cast<int>(RowAction::kDelete), condition,
                     QuoteLiteral(kViolationMark + message));
}

}  // namespace

// PROTOCOL.md, "CHECK Constraints" and "Column Invariants": what is null is not fulfilled.
Result<std::string> RowChecks(const ChangeTarget& target) {
  std::string out;
  for (const auto& constraint : target.rules.constraints) {
    auto expression = FromSparkSql(constraint.expression);
    if (!expression.ok()) return WithContext(expression.status(), "constraint " + constraint.name);
    out += CheckColumn(*expression, fmt::format("a new row breaks constraint {} ({})", constraint.name,
                                                constraint.expression));
  }
  for (const auto& [column, text] : target.rules.generated) {
    auto expression = FromSparkSql(text);
    if (!expression.ok()) return WithContext(expression.status(), "generated column " + column);
    PL_ASSIGN_OR_RETURN(const int position, FindColumn(*target.schema, column));
    out += CheckColumn(
        fmt::format("{} IS NOT DISTINCT FROM CAST(({}) AS {})", QuoteName(column), *expression,
                    CastTypeName(*target.schema->field(position)->type())),
        fmt::format("the value given for column {} is not what it is generated as ({})", column, text));
  }
  return out;
}

bool HasChecks(const ChangeTarget& target) {
  return !target.rules.constraints.empty() || !target.rules.generated.empty();
}

Result<std::string> DefaultOf(const ChangeTarget& target, int column) {
  const auto found = target.rules.defaults.find(target.schema->field(column)->name());
  if (found == target.rules.defaults.end()) return std::string("NULL");
  auto expression = FromSparkSql(found->second);
  return expression.ok() ? expression
                         : WithContext(expression.status(), "the default of column " + found->first);
}

Result<std::string> WithGenerated(const ChangeTarget& target, const std::string& rows,
                                  const std::set<int>& given, std::set<int>* computed) {
  std::string replaced;
  for (const auto& [column, text] : target.rules.generated) {
    PL_ASSIGN_OR_RETURN(const int position, FindColumn(*target.schema, column));
    if (given.contains(position)) continue;
    auto expression = FromSparkSql(text);
    if (!expression.ok()) return WithContext(expression.status(), "generated column " + column);
    replaced += fmt::format("{}CAST(({}) AS {}) AS {}", replaced.empty() ? "" : ", ", *expression,
                            CastTypeName(*target.schema->field(position)->type()), QuoteName(column));
    computed->insert(position);
  }
  if (replaced.empty()) return rows;
  return fmt::format("SELECT * REPLACE ({}) FROM ({}) AS __pixlake_given", replaced, rows);
}

}  // namespace pixlake::query
