#include <algorithm>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "query/change/insert_columns_internal.h"
#include "query/change/row_checks_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"

namespace pixlake::query {
namespace {

// The partition columns that have one value for all rows.
Result<std::vector<Assignment>> FixedPartitions(const ChangeTarget& target,
                                                const InsertStatement& statement) {
  std::vector<Assignment> out;
  for (const Assignment& one : statement.partition) {
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, one.column[0]));
    const std::string& name = target.schema->field(column)->name();
    const auto& partitions = target.partition_columns;
    if (std::find(partitions.begin(), partitions.end(), name) == partitions.end()) {
      return Error(
          ErrorCode::kUsage,
          fmt::format("PARTITION ({}): the table is {}", name,
                      partitions.empty() ? std::string("not partitioned")
                                         : fmt::format("partitioned by {}", fmt::join(partitions, ", "))));
    }
    if (!one.expression.empty()) out.push_back({{name}, one.expression});
  }
  return out;
}

// The columns that the query's are for, in their order.
std::vector<std::string> ColumnsGiven(const ChangeTarget& target, const InsertStatement& statement,
                                      const std::vector<Assignment>& fixed) {
  if (!statement.columns.empty()) return statement.columns;
  std::vector<std::string> out;
  for (const std::string& name : target.schema->field_names()) {
    const bool is_fixed =
        std::any_of(fixed.begin(), fixed.end(), [&](const Assignment& one) { return one.column[0] == name; });
    if (!is_fixed) out.push_back(name);
  }
  return out;
}

Result<std::string> WithDefaults(const ChangeTarget& target, const InsertStatement& statement,
                                 const std::vector<std::string>& columns) {
  std::string out = "VALUES ";
  for (size_t row = 0; row < statement.value_rows.size(); ++row) {
    const auto& values = statement.value_rows[row];
    if (values.size() != columns.size()) {
      return Error(ErrorCode::kUsage,
                   fmt::format("row {} of VALUES has {} values for {} columns ({})", row + 1, values.size(),
                               columns.size(), fmt::join(columns, ", ")));
    }
    out += row > 0 ? ", (" : "(";
    for (size_t i = 0; i < values.size(); ++i) {
      std::string value = values[i];
      if (IsDefault(value)) {
        PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, columns[i]));
        PL_ASSIGN_OR_RETURN(value, DefaultOf(target, column));
      }
      out += (i > 0 ? ", " : "") + value;
    }
    out += ")";
  }
  return out;
}

}  // namespace

Result<InsertStatement> SpelledOut(const ChangeTarget& target, const InsertStatement& statement) {
  InsertStatement out = statement;
  if (statement.partition.empty() && statement.value_rows.empty()) return out;
  PL_ASSIGN_OR_RETURN(const auto fixed, FixedPartitions(target, statement));
  std::vector<std::string> columns = ColumnsGiven(target, statement, fixed);
  if (!statement.value_rows.empty()) {
    PL_ASSIGN_OR_RETURN(out.query, WithDefaults(target, statement, columns));
  }
  out.partition.clear();
  out.value_rows.clear();
  if (fixed.empty()) return out;
  std::string values;
  std::string same;
  for (const Assignment& one : fixed) {
    PL_ASSIGN_OR_RETURN(const int column, FindColumn(*target.schema, one.column[0]));
    const std::string value =
        fmt::format("CAST(({}) AS {})", one.expression, CastTypeName(*target.schema->field(column)->type()));
    const std::string name = SqlName(one.column[0]);
    values += fmt::format(", {} AS {}", value, name);
    same += fmt::format("{}{} IS NOT DISTINCT FROM {}", same.empty() ? "" : " AND ", name, value);
    columns.push_back(one.column[0]);
  }
  out.query = fmt::format("SELECT *{} FROM ({})", values, out.query);
  if (!out.by_name) out.columns = std::move(columns);
  if (out.mode == InsertStatement::Mode::kOverwrite) {
    out.mode = InsertStatement::Mode::kReplaceWhere;
    out.replace_where = same;
  }
  return out;
}

}  // namespace pixlake::query
