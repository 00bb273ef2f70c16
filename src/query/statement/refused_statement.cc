// Statements of Spark's and Databricks' that are not there, with what does the same.
#include "query/statement/statement.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> RefuseCopyInto(const StatementContext&, const SqlStatement& statement) {
  return SqlCursor(statement).Refuse(
      "COPY INTO is not there; say INSERT INTO table BY NAME SELECT * FROM 'files/*.parquet' (read_csv, "
      "read_json), which takes the files again when it is run again",
      ErrorCode::kUnsupported);
}

Result<std::unique_ptr<QueryResult>> RefuseConvert(const StatementContext&, const SqlStatement& statement) {
  return SqlCursor(statement).Refuse(
      "CONVERT TO is not there: files stay whose they are; say CREATE TABLE … AS SELECT * FROM "
      "'folder/*.parquet', which writes them anew",
      ErrorCode::kUnsupported);
}

}  // namespace pixlake::query
