// Columns as CREATE TABLE and ALTER TABLE give them, in Spark's words.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "query/text/sql_cursor.h"

namespace pixlake::query {

// BIGINT, DECIMAL(10,2), ARRAY<…>, MAP<…, …>, STRUCT<name[:] type [NOT NULL] [COMMENT '…'], …>.
// CHAR(n) and VARCHAR(n) are strings; TakeColumn keeps how wide. VOID has no value but NULL.
// kUsage for a type that tables do not have, or nesting without end.
Result<std::shared_ptr<arrow::DataType>> TakeType(SqlCursor* cursor);

// name type [NOT NULL] [DEFAULT expression] [GENERATED ALWAYS AS (expression)] [COMMENT '…'],
// the last ones in any order; they become the field's metadata (table/schema_change.h).
Result<std::shared_ptr<arrow::Field>> TakeColumn(SqlCursor* cursor);

// What a table has for the type of a query's column: a wider one, or another spelling of the
// same. kUnsupported for what tables cannot hold.
Result<std::shared_ptr<arrow::DataType>> TableType(const std::shared_ptr<arrow::DataType>& type);

// The column's name as the schema has it, for one in any case; unknown ones stay, for others to refuse.
std::string ColumnNamed(const arrow::Schema& schema, const std::string& name);

// a.b.c
Result<std::vector<std::string>> TakePath(SqlCursor* cursor);

// ('key' = 'value', key.of.words = 3, …)
Result<std::map<std::string, std::string>> TakeProperties(SqlCursor* cursor);

// ('key', key.of.words, …)
Result<std::vector<std::string>> TakePropertyKeys(SqlCursor* cursor);

}  // namespace pixlake::query
