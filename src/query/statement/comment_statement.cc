// COMMENT ON TABLE table IS '…'|NULL; COMMENT ON COLUMN table.column IS '…'|NULL
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "query/statement/metrics_rows.h"
#include "query/statement/statement.h"

namespace pixlake::query {
namespace {

Result<std::string> TakeComment(SqlCursor* cursor) {
  PL_RETURN_NOT_OK(cursor->Expect("IS"));
  std::string text;
  if (!cursor->TakeWords("NULL")) {
    PL_ASSIGN_OR_RETURN(text, cursor->TakeText("a comment in quotes, or NULL"));
  }
  PL_RETURN_NOT_OK(cursor->ExpectEnd());
  return text;
}

// zone.name.column, format.`place`.column, 'place'.column, name.column: the table, then the column.
Result<std::string> TakeTableOfColumn(SqlCursor* cursor, table::FieldPath* column) {
  std::string table;
  if (cursor->Peek() != nullptr && cursor->Peek()->kind == TokenKind::kText) {
    PL_ASSIGN_OR_RETURN(table, cursor->TakeTable());
  } else {
    // The mention of two parts, with one more behind it.
    SqlStatement two;
    two.text = cursor->statement().text;
    two.names = cursor->statement().names;
    for (size_t i = 0; i < 3 && cursor->Peek(i) != nullptr; ++i) two.tokens.push_back(*cursor->Peek(i));
    SqlCursor inner(two);
    PL_ASSIGN_OR_RETURN(table, inner.TakeTable());
    if (cursor->Is(".", inner.position())) {
      cursor->Return(cursor->position() + inner.position());
    } else {
      PL_ASSIGN_OR_RETURN(table, cursor->TakeName("a table"));  // of one part
    }
  }
  do {
    PL_RETURN_NOT_OK(cursor->ExpectSymbol('.'));
    PL_ASSIGN_OR_RETURN(std::string part, cursor->TakeName("a column"));
    column->push_back(std::move(part));
  } while (cursor->Is("."));
  return table;
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunComment(const StatementContext& context,
                                                const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("COMMENT ON"));
  const bool of_column = cursor.TakeWords("COLUMN");
  if (!of_column && !cursor.TakeWords("TABLE")) return nullptr;
  table::FieldPath column;
  std::string name;
  if (of_column) {
    PL_ASSIGN_OR_RETURN(name, TakeTableOfColumn(&cursor, &column));
  } else {
    PL_ASSIGN_OR_RETURN(name, cursor.TakeTable());
  }
  PL_ASSIGN_OR_RETURN(const bool own, IsSessionTable(context, name));
  if (own) return nullptr;
  PL_ASSIGN_OR_RETURN(const std::string comment, TakeComment(&cursor));
  PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(name));
  PL_ASSIGN_OR_RETURN(const std::shared_ptr<const table::Snapshot> snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const auto transaction, table->Begin(snapshot));
  if (of_column) {
    table::ChangeColumn change;
    change.path = column;
    change.comment = comment;
    PL_RETURN_NOT_OK(transaction->Change(change));
    transaction->SetOperation({"CHANGE COLUMN", {{"column", fmt::format("{}", fmt::join(column, "."))}}, {}});
  } else {
    table::TableDefinition definition = snapshot->definition();
    definition.description = comment;
    PL_RETURN_NOT_OK(transaction->SetDefinition(definition));
    transaction->SetOperation({"SET TBLPROPERTIES", {{"comment", comment}}, {}});
  }
  PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction->Commit());
  return MetricsRow(table->location().path, outcome.version, {});
}

}  // namespace pixlake::query
