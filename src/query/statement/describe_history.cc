// DESCRIBE HISTORY table [LIMIT n]
#include <arrow/api.h>

#include "query/result/memory_result.h"
#include "query/statement/statement.h"

namespace pixlake::query {
namespace {

std::shared_ptr<arrow::DataType> TextMap() {
  return arrow::map(arrow::utf8(), arrow::utf8());
}

Status AppendMap(const std::map<std::string, std::string>& values, arrow::ArrayBuilder* builder) {
  auto* map = static_cast<arrow::MapBuilder*>(builder);
  PL_RETURN_NOT_OK(map->Append());
  for (const auto& [key, value] : values) {
    PL_RETURN_NOT_OK(static_cast<arrow::StringBuilder*>(map->key_builder())->Append(key));
    PL_RETURN_NOT_OK(static_cast<arrow::StringBuilder*>(map->item_builder())->Append(value));
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Table>> ToTable(const std::vector<table::HistoryEntry>& entries) {
  const auto schema = arrow::schema({
      arrow::field("version", arrow::int64()),
      arrow::field("timestamp", arrow::timestamp(arrow::TimeUnit::MILLI, "UTC")),
      arrow::field("operation", arrow::utf8()),
      arrow::field("operationParameters", TextMap()),
      arrow::field("operationMetrics", TextMap()),
      arrow::field("engineInfo", arrow::utf8()),
      arrow::field("userMetadata", arrow::utf8()),
  });
  PL_ASSIGN_OR_RETURN(auto rows, arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool()));
  for (const table::HistoryEntry& entry : entries) {
    PL_RETURN_NOT_OK(rows->GetFieldAs<arrow::Int64Builder>(0)->Append(entry.version));
    PL_RETURN_NOT_OK(rows->GetFieldAs<arrow::TimestampBuilder>(1)->Append(entry.timestamp_ms));
    PL_RETURN_NOT_OK(rows->GetFieldAs<arrow::StringBuilder>(2)->Append(entry.operation));
    PL_RETURN_NOT_OK(AppendMap(entry.parameters, rows->GetField(3)));
    PL_RETURN_NOT_OK(AppendMap(entry.metrics, rows->GetField(4)));
    PL_RETURN_NOT_OK(rows->GetFieldAs<arrow::StringBuilder>(5)->Append(entry.engine));
    auto* user = rows->GetFieldAs<arrow::StringBuilder>(6);
    PL_RETURN_NOT_OK(entry.user_metadata.empty() ? user->AppendNull() : user->Append(entry.user_metadata));
  }
  PL_ASSIGN_OR_RETURN(const auto batch, rows->Flush());
  return arrow::Table::FromRecordBatches(schema, {batch});
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunDescribeHistory(const StatementContext& context,
                                                        const SqlStatement& statement) {
  SqlCursor cursor(statement);
  if (!cursor.TakeWords("DESC")) PL_RETURN_NOT_OK(cursor.Expect("DESCRIBE"));
  PL_RETURN_NOT_OK(cursor.Expect("HISTORY"));
  if (cursor.AtEnd()) return nullptr;  // a table of that name
  PL_ASSIGN_OR_RETURN(const std::string name, cursor.TakeTable());
  int64_t limit = 0;
  if (cursor.TakeWords("LIMIT")) {
    PL_ASSIGN_OR_RETURN(limit, cursor.TakeInteger("a number of entries"));
  }
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(name));
  PL_ASSIGN_OR_RETURN(const auto entries, table->History(limit));
  PL_ASSIGN_OR_RETURN(auto rows, ToTable(entries));
  return MemoryResult(std::move(rows));
}

}  // namespace pixlake::query
