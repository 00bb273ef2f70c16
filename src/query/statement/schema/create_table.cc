// CREATE [OR REPLACE] TABLE [IF NOT EXISTS] table [(columns)] [USING DELTA] [PARTITIONED BY (…)]
// [CLUSTER BY (…)] [LOCATION '…'] [COMMENT '…'] [TBLPROPERTIES (…)] [AS query]
#include <algorithm>

#include <arrow/type.h>
#include <arrow/util/string.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "query/change/change_table.h"
#include "query/result/result_kinds.h"
#include "query/statement/metrics_rows.h"
#include "query/statement/schema/column_definition.h"
#include "query/statement/schema/table_rules.h"
#include "query/statement/statement.h"

namespace pixlake::query {
namespace {

struct CreateStatement {
  std::string name;
  bool by_place = false;  // delta.`uri` or 'uri'
  bool if_not_exists = false;
  bool replaces = false;
  bool says_delta = false;
  std::string location;
  std::string query;  // empty: none
  table::TableDefinition definition;
  arrow::FieldVector columns;
};

Status TakeColumns(SqlCursor* cursor, CreateStatement* out) {
  do {
    PL_ASSIGN_OR_RETURN(auto column, TakeColumn(cursor));
    out->columns.push_back(std::move(column));
  } while (cursor->TakeSymbol(','));
  return cursor->TakeSymbol(')') ? Status::OK() : cursor->Unexpected("`,` or `)`");
}

// (a, b), or (a STRING, b INT) as Hive has it, which adds the columns.
Status TakePartitions(SqlCursor* cursor, CreateStatement* out) {
  if (!cursor->TakeSymbol('(')) return cursor->Unexpected("`(`");
  do {
    const SqlToken* next = cursor->Peek(1);
    const bool typed = next != nullptr && !next->IsSymbol(',') && !next->IsSymbol(')');
    if (typed) {
      PL_ASSIGN_OR_RETURN(auto column, TakeColumn(cursor));
      out->definition.partition_columns.push_back(column->name());
      out->columns.push_back(std::move(column));
    } else {
      PL_ASSIGN_OR_RETURN(std::string name, cursor->TakeName("a column"));
      out->definition.partition_columns.push_back(std::move(name));
    }
  } while (cursor->TakeSymbol(','));
  return cursor->TakeSymbol(')') ? Status::OK() : cursor->Unexpected("`,` or `)`");
}

// One clause behind the columns; false: none stands there.
Result<bool> TakeClause(SqlCursor* cursor, CreateStatement* out) {
  if (cursor->TakeWords("USING")) {
    const auto* names = cursor->statement().names.get();
    const SqlCursor at = *cursor;
    PL_ASSIGN_OR_RETURN(const std::string format, cursor->TakeName("a table format"));
    const std::string lower = arrow::internal::AsciiToLower(format);
    const bool known = names != nullptr &&
                       std::find(names->formats.begin(), names->formats.end(), lower) != names->formats.end();
    if (!known) {
      return at.Unexpected(fmt::format(
          "a table format: {}", names == nullptr ? "" : fmt::to_string(fmt::join(names->formats, ", "))));
    }
    out->says_delta = true;
  } else if (cursor->TakeWords("PARTITIONED BY")) {
    PL_RETURN_NOT_OK(TakePartitions(cursor, out));
    out->says_delta = true;
  } else if (cursor->TakeWords("LOCATION")) {
    PL_ASSIGN_OR_RETURN(out->location, cursor->TakeText("a place in quotes"));
    out->says_delta = true;
  } else if (cursor->TakeWords("COMMENT")) {
    PL_ASSIGN_OR_RETURN(out->definition.description, cursor->TakeText("a comment in quotes"));
  } else if (cursor->TakeWords("TBLPROPERTIES")) {
    PL_ASSIGN_OR_RETURN(out->definition.properties, TakeProperties(cursor));
    out->says_delta = true;
  } else if (cursor->TakeWords("CLUSTER BY")) {
    PL_ASSIGN_OR_RETURN(out->definition.clustering_columns, cursor->TakeNames());
    out->says_delta = true;
  } else {
    return false;
  }
  return true;
}

Status Parse(SqlCursor* cursor, CreateStatement* out) {
  if (cursor->TakeWords("CREATE OR REPLACE") || cursor->TakeWords("REPLACE")) {
    out->replaces = true;
  } else {
    PL_RETURN_NOT_OK(cursor->Expect("CREATE"));
  }
  PL_RETURN_NOT_OK(cursor->Expect("TABLE"));
  out->if_not_exists = cursor->TakeWords("IF NOT EXISTS");
  if (out->if_not_exists && out->replaces) return cursor->Refuse("say OR REPLACE or IF NOT EXISTS, not both");
  out->by_place = cursor->IsPlace();
  PL_ASSIGN_OR_RETURN(out->name, cursor->TakeTable());
  return Status::OK();
}

Status ParseRest(SqlCursor* cursor, CreateStatement* out) {
  if (cursor->TakeSymbol('(')) PL_RETURN_NOT_OK(TakeColumns(cursor, out));
  while (true) {
    PL_ASSIGN_OR_RETURN(const bool more, TakeClause(cursor, out));
    if (!more) break;
  }
  if (cursor->TakeWords("AS")) {
    out->query = cursor->TakeUntil({});
    if (out->query.empty()) return cursor->Unexpected("a query");
  }
  return cursor->ExpectEnd();
}

// Where the table will be.
Result<io::Location> PlaceOf(const session::Session& session, const CreateStatement& create) {
  const bool named = !create.by_place && session.has_lake() && catalog::ParseTableName(create.name);
  if (!create.location.empty()) {
    if (named || create.by_place) {
      return Error(ErrorCode::kUsage,
                   fmt::format("{} has a place of its own; leave LOCATION out", create.name));
    }
    return session.Locate(create.location);
  }
  if (!named && !create.by_place) {
    return Error(ErrorCode::kUsage,
                 fmt::format("where shall {} be? Name it zone.name of a lake (--lake), give LOCATION '…', or "
                             "create delta.`path`",
                             create.name));
  }
  return session.Locate(create.name);
}

// The columns of a query, as a table has them.
Result<arrow::FieldVector> QueryColumns(const StatementContext& context, const std::string& query) {
  PL_ASSIGN_OR_RETURN(const auto result,
                      context.sql_session.Query(fmt::format("SELECT * FROM ({}) LIMIT 0", query)));
  arrow::FieldVector out;
  for (const auto& field : result->schema()->fields()) {
    auto type = TableType(field->type());
    if (!type.ok()) return WithContext(type.status(), "column " + field->name());
    if (IsVariant(*field)) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("column {} is a VARIANT, which tables do not hold yet; CAST it to VARCHAR, JSON or "
                      "a STRUCT",
                      field->name()));
    }
    out.push_back(arrow::field(field->name(), *std::move(type)));
  }
  return out;
}

void UseColumnNames(const arrow::FieldVector& columns, std::vector<std::string>* names) {
  const arrow::Schema schema(columns);
  for (std::string& name : *names) name = ColumnNamed(schema, name);
}

Result<int64_t> Create(const StatementContext& context, CreateStatement* create, const io::Location& place) {
  if (!create->query.empty()) {
    if (!create->columns.empty()) {
      return Error(ErrorCode::kUsage, "CREATE TABLE … AS takes its columns from the query; leave them out");
    }
    PL_ASSIGN_OR_RETURN(create->columns, QueryColumns(context, create->query));
  }
  UseColumnNames(create->columns, &create->definition.partition_columns);
  UseColumnNames(create->columns, &create->definition.clustering_columns);
  create->definition.schema = arrow::schema(create->columns);
  if (!create->by_place) create->definition.name = create->name;
  PL_RETURN_NOT_OK(CheckColumnExpressions(*create->definition.schema));
  if (create->replaces && context.session.IsTable(place.path)) {
    PL_ASSIGN_OR_RETURN(const bool own, IsOwnOfLake(context, place));
    if (own) return Error(ErrorCode::kUsage, create->name + " is the lake's own table and is not replaced");
    PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenToChange(place.path));
    PL_ASSIGN_OR_RETURN(
        const ChangeReport report,
        ReplaceTable(context.session, &context.sql_session, table.get(), create->definition, create->query));
    return report.version;
  }
  table::TableFormat* const format = context.session.new_table_format();
  if (create->query.empty()) {
    PL_RETURN_NOT_OK(format->Create(place, create->definition).status());
    return 0;
  }
  PL_ASSIGN_OR_RETURN(const auto table, format->Prepare(place, create->definition));
  PL_ASSIGN_OR_RETURN(const ChangeReport report,
                      FillNewTable(context.session, &context.sql_session, table.get(), create->query));
  return report.version;
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunCreateTable(const StatementContext& context,
                                                    const SqlStatement& statement) {
  SqlCursor cursor(statement);
  CreateStatement create;
  PL_RETURN_NOT_OK(Parse(&cursor, &create));
  // A bare name is a table of the session, unless the statement speaks of a Delta table.
  const bool ours = create.by_place || (context.session.has_lake() && catalog::ParseTableName(create.name));
  const Status parsed = ParseRest(&cursor, &create);
  if (!ours && !create.says_delta) return nullptr;
  PL_RETURN_NOT_OK(parsed);
  PL_ASSIGN_OR_RETURN(const io::Location place, PlaceOf(context.session, create));
  const Result<int64_t> version = Create(context, &create, place);
  if (!version.ok() && create.if_not_exists && CodeOf(version.status()) == ErrorCode::kAlreadyExists) {
    PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(place.path));
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
    return MetricsRow(place.path, snapshot->version(), {});
  }
  PL_RETURN_NOT_OK(version.status());
  PL_RETURN_NOT_OK(Refresh(context, create.name));
  return MetricsRow(place.path, *version, {});
}

}  // namespace pixlake::query
