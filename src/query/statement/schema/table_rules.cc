#include "query/statement/schema/table_rules.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/change/spark_expression.h"
#include "query/session/sql_reference.h"
#include "table/schema_change.h"

namespace pixlake::query {
namespace {

std::string TextOf(const arrow::Field& field, const char* key) {
  return field.metadata() == nullptr ? "" : field.metadata()->Get(key).ValueOr("");
}

Status CheckGenerated(const arrow::Schema& plain, const std::string& expression) {
  PL_ASSIGN_OR_RETURN(const auto translated, FromSparkSql(expression, plain));
  return translated.repeats ? Status::OK()
                            : Error(ErrorCode::kUsage,
                                    fmt::format("it is generated as `{}`, which gives another value every "
                                                "time; a DEFAULT may be so",
                                                expression));
}

}  // namespace

Status CheckExpression(const arrow::Schema& schema, const std::string& expression) {
  return FromSparkSql(expression, schema).status();
}

Status CheckColumnExpressions(const arrow::Schema& schema) {
  arrow::FieldVector given;
  for (const auto& field : schema.fields()) {
    if (TextOf(*field, table::kGeneratedKey).empty()) given.push_back(field);
  }
  const arrow::Schema plain(given);
  for (const auto& field : schema.fields()) {
    const std::string generated = TextOf(*field, table::kGeneratedKey);
    const std::string by_default = TextOf(*field, table::kDefaultKey);
    const Status fits = !generated.empty()    ? CheckGenerated(plain, generated)
                        : !by_default.empty() ? FromSparkSql(by_default, arrow::Schema({})).status()
                                              : Status::OK();
    if (!fits.ok()) return WithContext(fits, "column " + field->name());
  }
  return Status::OK();
}

Status CheckNotNamed(const table::WriteRules& rules, const std::string& column, std::string_view deed) {
  for (const auto& constraint : rules.constraints) {
    if (MayName(constraint.expression, column)) {
      return Error(ErrorCode::kUsage,
                   fmt::format("column {} cannot be {}: constraint {} ({}) names it; drop the "
                               "constraint first",
                               column, deed, constraint.name, constraint.expression));
    }
  }
  for (const auto& [name, expression] : rules.generated) {
    if (MayName(expression, column)) {
      return Error(ErrorCode::kUsage,
                   fmt::format("column {} cannot be {}: column {} is generated from it ({})", column, deed,
                               name, expression));
    }
  }
  return Status::OK();
}

Result<int64_t> CountRows(const StatementContext& context, const table::Table& table,
                          const table::Snapshot& snapshot, const std::string& where) {
  PL_ASSIGN_OR_RETURN(const auto result,
                      context.sql_session.Query(fmt::format(
                          "SELECT count(*) FROM {}_scan({}, version := {}) WHERE {}", table.format(),
                          SqlLiteral(table.location().path), snapshot.version(), where)));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(result->ReadNext(&batch));
  if (batch == nullptr || batch->num_rows() != 1) return Error(ErrorCode::kInternal, "a count gave no row");
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

}  // namespace pixlake::query
