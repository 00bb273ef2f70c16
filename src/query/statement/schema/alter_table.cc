// ALTER TABLE table ADD|DROP|RENAME|ALTER COLUMN …, SET|UNSET TBLPROPERTIES, ADD|DROP CONSTRAINT
#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "query/change/change_table.h"
#include "query/change/spark_expression.h"
#include "query/statement/metrics_rows.h"
#include "query/statement/schema/column_definition.h"
#include "query/statement/schema/table_rules.h"
#include "query/statement/statement.h"
#include "table/schema_change.h"

namespace pixlake::query {
namespace {

using nlohmann::json;

// One statement: what it changes, and what history says of it.
class AlterTable {
 public:
  AlterTable(const StatementContext& context, SqlCursor* cursor) : context_(context), cursor_(cursor) {}

  Result<std::unique_ptr<QueryResult>> Run(const std::string& name) {
    PL_ASSIGN_OR_RETURN(table_, context_.session.OpenTable(name));
    PL_ASSIGN_OR_RETURN(snapshot_, table_->Load());
    PL_ASSIGN_OR_RETURN(transaction_, table_->Begin(snapshot_));
    PL_RETURN_NOT_OK(Parse());
    PL_RETURN_NOT_OK(cursor_->ExpectEnd());
    transaction_->SetOperation(operation_);
    PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction_->Commit());
    return MetricsRow(table_->location().path, outcome.version, {});
  }

 private:
  Status Parse() {
    if (cursor_->TakeWords("ADD CONSTRAINT")) return AddConstraint();
    if (cursor_->TakeWords("DROP CONSTRAINT")) return DropConstraint();
    if (cursor_->TakeWords("ADD COLUMNS") || cursor_->TakeWords("ADD COLUMN")) return AddColumns();
    if (cursor_->TakeWords("DROP COLUMNS") || cursor_->TakeWords("DROP COLUMN")) return DropColumns();
    if (cursor_->TakeWords("RENAME COLUMN")) return RenameColumn();
    if (cursor_->TakeWords("SET TBLPROPERTIES")) return SetProperties();
    if (cursor_->TakeWords("UNSET TBLPROPERTIES")) return UnsetProperties();
    if (cursor_->TakeWords("ALTER COLUMN") || cursor_->TakeWords("CHANGE COLUMN")) return ChangeColumn();
    if (cursor_->TakeWords("CLUSTER BY")) return ClusterBy();
    if (cursor_->TakeWords("DROP FEATURE")) {
      return cursor_->Refuse(
          "DROP FEATURE is not there: a feature stays in the table's protocol; UNSET TBLPROPERTIES or DROP "
          "CONSTRAINT ends its use, and CREATE TABLE … AS SELECT makes a table without it",
          ErrorCode::kUnsupported);
    }
    for (const std::string_view other : {"RENAME TO", "REPLACE COLUMNS"}) {
      if (cursor_->TakeWords(other)) {
        return Error(ErrorCode::kUnsupported, fmt::format("ALTER TABLE … {} is not there yet", other));
      }
    }
    return cursor_->Unexpected(
        "ADD COLUMN, DROP COLUMN, RENAME COLUMN, ALTER COLUMN, SET or UNSET TBLPROPERTIES, ADD or DROP "
        "CONSTRAINT");
  }

  Result<table::FieldPosition> TakePosition() {
    table::FieldPosition position;
    if (cursor_->TakeWords("FIRST")) {
      position.place = table::FieldPosition::Place::kFirst;
    } else if (cursor_->TakeWords("AFTER")) {
      position.place = table::FieldPosition::Place::kAfter;
      PL_ASSIGN_OR_RETURN(position.after, cursor_->TakeName("a column"));
    }
    return position;
  }

  Status AddColumns() {
    operation_ = {"ADD COLUMNS", {}, {}};
    json columns = json::array();
    const bool brackets = cursor_->TakeSymbol('(');
    do {
      table::AddColumn add;
      // a.b BIGINT: the last word of the path is the column's own.
      while (cursor_->Peek(1) != nullptr && cursor_->Peek(1)->IsSymbol('.')) {
        PL_ASSIGN_OR_RETURN(std::string part, cursor_->TakeName("a column"));
        add.parent.push_back(std::move(part));
        (void)cursor_->TakeSymbol('.');
      }
      PL_ASSIGN_OR_RETURN(add.field, TakeColumn(cursor_));
      PL_ASSIGN_OR_RETURN(add.position, TakePosition());
      columns.push_back({{"column", {{"name", add.field->name()}, {"nullable", add.field->nullable()}}}});
      PL_RETURN_NOT_OK(transaction_->Change(add));
    } while (cursor_->TakeSymbol(','));
    if (brackets && !cursor_->TakeSymbol(')')) return cursor_->Unexpected("`)`");
    operation_.parameters["columns"] = columns.dump();
    return Status::OK();
  }

  Status DropColumns() {
    operation_ = {"DROP COLUMNS", {}, {}};
    PL_ASSIGN_OR_RETURN(const table::WriteRules rules, snapshot_->Rules());
    const bool if_exists = cursor_->TakeWords("IF EXISTS");
    const bool brackets = cursor_->TakeSymbol('(');
    json columns = json::array();
    do {
      PL_ASSIGN_OR_RETURN(const table::FieldPath path, TakePath(cursor_));
      PL_RETURN_NOT_OK(CheckNotNamed(rules, path.front(), "dropped"));
      columns.push_back(fmt::format("{}", fmt::join(path, ".")));
      PL_RETURN_NOT_OK(transaction_->Change(table::DropColumn{path, if_exists}));
    } while (cursor_->TakeSymbol(','));
    if (brackets && !cursor_->TakeSymbol(')')) return cursor_->Unexpected("`)`");
    operation_.parameters["columns"] = columns.dump();
    return Status::OK();
  }

  Status RenameColumn() {
    PL_ASSIGN_OR_RETURN(const table::FieldPath path, TakePath(cursor_));
    PL_RETURN_NOT_OK(cursor_->Expect("TO"));
    PL_ASSIGN_OR_RETURN(const std::string name, cursor_->TakeName("the new name"));
    PL_ASSIGN_OR_RETURN(const table::WriteRules rules, snapshot_->Rules());
    PL_RETURN_NOT_OK(CheckNotNamed(rules, path.front(), "renamed"));
    operation_ = {"RENAME COLUMN",
                  {{"oldColumnPath", fmt::format("{}", fmt::join(path, "."))}, {"newColumnPath", name}},
                  {}};
    return transaction_->Change(table::RenameColumn{path, name});
  }

  Status ChangeColumn() {
    table::ChangeColumn change;
    PL_ASSIGN_OR_RETURN(change.path, TakePath(cursor_));
    const std::string column = fmt::format("{}", fmt::join(change.path, "."));
    operation_ = {"CHANGE COLUMN", {{"column", json({{"name", column}}).dump()}}, {}};
    if (cursor_->TakeWords("TYPE")) {
      PL_ASSIGN_OR_RETURN(change.type, TakeType(cursor_));
      PL_ASSIGN_OR_RETURN(const table::WriteRules rules, snapshot_->Rules());
      PL_RETURN_NOT_OK(CheckNotNamed(rules, change.path.front(), "given another type"));
    } else if (cursor_->TakeWords("SET NOT NULL")) {
      change.nullable = false;
      PL_RETURN_NOT_OK(CheckNoNulls(change.path));
    } else if (cursor_->TakeWords("DROP NOT NULL")) {
      change.nullable = true;
    } else if (cursor_->TakeWords("COMMENT")) {
      PL_ASSIGN_OR_RETURN(change.comment, cursor_->TakeText("a comment in quotes"));
    } else if (cursor_->TakeWords("SET DEFAULT")) {
      change.default_value = cursor_->TakeUntil({});
      if (change.default_value->empty()) return cursor_->Unexpected("an expression");
      const Status fits = CheckExpression(arrow::Schema({}), *change.default_value);
      if (!fits.ok()) return WithContext(fits, "the default of column " + column);
    } else if (cursor_->TakeWords("DROP DEFAULT")) {
      change.default_value = "";
    } else {
      PL_ASSIGN_OR_RETURN(change.position, TakePosition());
      if (change.position->place == table::FieldPosition::Place::kLast) {
        return cursor_->Unexpected(
            "TYPE, SET NOT NULL, DROP NOT NULL, COMMENT, SET DEFAULT, DROP DEFAULT, FIRST or AFTER");
      }
    }
    return transaction_->Change(change);
  }

  Status CheckNoNulls(const table::FieldPath& path) {
    if (path.size() > 1) {
      return Error(ErrorCode::kUnsupported, "only columns become NOT NULL, not the fields of structs");
    }
    transaction_->ReadWholeTable();
    PL_ASSIGN_OR_RETURN(const auto column,
                        FromSparkSql("`" + path[0] + "` IS NULL", *snapshot_->row_schema()));
    PL_ASSIGN_OR_RETURN(const int64_t nulls, CountRows(context_, *table_, *snapshot_, column.sql));
    if (nulls == 0) return Status::OK();
    return Error(ErrorCode::kSchemaMismatch,
                 fmt::format("column {} cannot be NOT NULL: {} rows of the table are", path[0], nulls));
  }

  // CLUSTER BY (a, b), CLUSTER BY NONE
  Status ClusterBy() {
    table::TableDefinition definition = snapshot_->definition();
    const std::string before = nlohmann::json(definition.clustering_columns).dump();
    definition.clustering_columns.clear();
    if (!cursor_->TakeWords("NONE")) {
      PL_ASSIGN_OR_RETURN(definition.clustering_columns, cursor_->TakeNames());
    }
    const std::string after = nlohmann::json(definition.clustering_columns).dump();
    operation_ = {"CLUSTER BY", {{"oldClusteringColumns", before}, {"newClusteringColumns", after}}, {}};
    return SetClustering(*table_, definition, transaction_.get());
  }

  Status SetProperties() {
    table::SetProperties change;
    PL_ASSIGN_OR_RETURN(change.set, TakeProperties(cursor_));
    operation_ = {"SET TBLPROPERTIES", {{"properties", json(change.set).dump()}}, {}};
    return transaction_->Change(change);
  }

  Status UnsetProperties() {
    const bool if_exists = cursor_->TakeWords("IF EXISTS");
    table::SetProperties change;
    PL_ASSIGN_OR_RETURN(change.unset, TakePropertyKeys(cursor_));
    const auto& there = snapshot_->definition().properties;
    for (const std::string& key : change.unset) {
      if (!if_exists && !there.contains(key)) {
        return Error(ErrorCode::kUsage, fmt::format("the table has no property {}", key));
      }
    }
    operation_ = {"UNSET TBLPROPERTIES",
                  {{"properties", json(change.unset).dump()}, {"ifExists", if_exists ? "true" : "false"}},
                  {}};
    return transaction_->Change(change);
  }

  Status AddConstraint() {
    table::AddConstraint change;
    PL_ASSIGN_OR_RETURN(change.name, cursor_->TakeName("the constraint's name"));
    PL_RETURN_NOT_OK(cursor_->Expect("CHECK"));
    PL_ASSIGN_OR_RETURN(change.expression, cursor_->TakeBracketed("a condition in brackets"));
    operation_ = {"ADD CONSTRAINT", {{"name", change.name}, {"expr", change.expression}}, {}};
    transaction_->ReadWholeTable();
    auto condition = FromSparkSql(change.expression, *snapshot_->row_schema());
    if (!condition.ok()) return WithContext(condition.status(), "constraint " + change.name);
    PL_ASSIGN_OR_RETURN(const int64_t broken, CountRows(context_, *table_, *snapshot_,
                                                        "NOT coalesce((" + condition->sql + "), FALSE)"));
    if (broken > 0) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("constraint {} ({}) cannot be added: {} rows of the "
                               "table break it",
                               change.name, change.expression, broken));
    }
    return transaction_->Change(change);
  }

  Status DropConstraint() {
    table::DropConstraint change;
    change.if_exists = cursor_->TakeWords("IF EXISTS");
    PL_ASSIGN_OR_RETURN(change.name, cursor_->TakeName("the constraint's name"));
    operation_ = {"DROP CONSTRAINT", {{"name", change.name}}, {}};
    return transaction_->Change(change);
  }

  const StatementContext& context_;
  SqlCursor* const cursor_;
  std::unique_ptr<table::Table> table_;
  std::shared_ptr<const table::Snapshot> snapshot_;
  std::unique_ptr<table::Transaction> transaction_;
  table::Operation operation_;
};

}  // namespace

Result<std::unique_ptr<QueryResult>> RunAlterTable(const StatementContext& context,
                                                   const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("ALTER TABLE"));
  PL_ASSIGN_OR_RETURN(const std::string name, cursor.TakeTable());
  PL_ASSIGN_OR_RETURN(const bool own, IsSessionTable(context, name));
  if (own) return nullptr;
  // What no format knows is DuckDB's to say.
  const auto opened = context.session.OpenTable(name);
  if (!opened.ok() && CodeOf(opened.status()) == ErrorCode::kNotFound &&
      name.find('/') == std::string::npos) {
    return nullptr;
  }
  PL_ASSIGN_OR_RETURN(auto result, AlterTable(context, &cursor).Run(name));
  PL_RETURN_NOT_OK(Refresh(context, name));
  return result;
}

}  // namespace pixlake::query
