// What a statement does to which rows, as one query.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "query/change/change_statement.h"
#include "table/table.h"

namespace pixlake::query {

inline constexpr char kActionColumn[] = "__pixlake_action";

// Values of kActionColumn.
enum class RowAction : int8_t { kDelete = 1, kUpdate = 2, kInsert = 3 };

// The table that is changed, as queries see it.
struct ChangeTarget {
  std::string uri;   // as the scan takes it
  std::string scan;  // a table function call that gives kFileColumn and kPositionColumn too
  std::string alias;
  // The table's columns after the statement; those from `old_columns` on are new.
  std::shared_ptr<arrow::Schema> schema;
  int old_columns = 0;
  std::vector<std::string> partition_columns;
  table::WriteRules rules;
};

// What a statement assigns to columns, to learn of which types it is.
struct GivenValues {
  std::vector<int> columns;  // of the target's schema; one may come several times
  std::string select;        // a value each; empty: there are none
};

// Of UPDATE and MERGE, where the column is a struct or has one in it.
Result<GivenValues> NestedValuesOf(const ChangeTarget& target, const UpdateStatement& statement);
Result<GivenValues> NestedValuesOf(const ChangeTarget& target, const MergeStatement& statement,
                                   const arrow::Schema& source);

// Which columns of the table INSERT's query gives, in its order.
Result<std::vector<int>> InsertedColumns(const ChangeTarget& target, const InsertStatement& statement,
                                         const std::vector<std::string>& query_columns);

// The query gives file, position (null for inserts), action, then a column for each of
// `values` and one for each check, which fails the query instead of being false.
struct ChangeQuery {
  struct Value {
    int column = 0;        // of the target's schema
    bool updated = false;  // also by updates; else a row that is updated keeps its own
  };
  std::string select;
  std::vector<Value> values;
  // The same row may come twice and then goes once.
  bool deletes_may_repeat = false;
};

// kUsage for columns that are not there or assigned twice, kUnsupported for fields of
// structs.
Result<ChangeQuery> QueryOf(const ChangeTarget& target, const DeleteStatement& statement);
Result<ChangeQuery> QueryOf(const ChangeTarget& target, const UpdateStatement& statement);
// `source`: what SELECT * of the source gives.
Result<ChangeQuery> QueryOf(const ChangeTarget& target, const MergeStatement& statement,
                            const arrow::Schema& source);
// Only inserts. Ordered by partition, since then one file is open at a time.
Result<ChangeQuery> QueryOf(const ChangeTarget& target, const InsertStatement& statement,
                            const std::vector<std::string>& query_columns);

// "STRUCT(""a"" INTEGER)": a type as CAST takes it.
std::string CastTypeName(const arrow::DataType& type);

// The column of that name, in any case; kUsage when there is none.
Result<int> FindColumn(const arrow::Schema& schema, const std::string& name);

}  // namespace pixlake::query
