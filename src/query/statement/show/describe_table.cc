// DESCRIBE DETAIL table; DESCRIBE [TABLE] EXTENDED|FORMATTED table
#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "query/result/memory_result.h"
#include "query/statement/schema/schema_text.h"
#include "query/statement/show/text_rows.h"
#include "query/statement/statement.h"
#include "table/schema_change.h"

namespace pixlake::query {
namespace {

std::string CommentOf(const arrow::Field& field) {
  return field.metadata() == nullptr ? "" : field.metadata()->Get(table::kCommentKey).ValueOr("");
}

TextRow ColumnRow(const arrow::Field& field) {
  const std::string comment = CommentOf(field);
  return {field.name(), SparkTypeName(*field.type()),
          comment.empty() ? std::nullopt : std::optional<std::string>(comment)};
}

Result<std::unique_ptr<QueryResult>> Extended(const table::Table& table, const table::Snapshot& snapshot,
                                              const std::string& name) {
  const table::TableDefinition& definition = snapshot.definition();
  std::vector<TextRow> rows;
  for (const auto& field : definition.schema->fields()) rows.push_back(ColumnRow(*field));
  const auto heading = [&](const std::string& text) { rows.push_back({text, "", ""}); };
  if (!definition.partition_columns.empty()) {
    heading("# Partition Information");
    for (const std::string& column : definition.partition_columns)
      rows.push_back(ColumnRow(*definition.schema->GetFieldByName(column)));
  }
  if (!definition.clustering_columns.empty()) {
    heading("# Clustering Information");
    for (const std::string& column : definition.clustering_columns) rows.push_back({column, "", ""});
  }
  heading("# Detailed Table Information");
  rows.push_back({"Name", name, ""});
  if (!definition.description.empty()) rows.push_back({"Comment", definition.description, ""});
  rows.push_back({"Location", table.location().path, ""});
  rows.push_back({"Provider", std::string(table.format()), ""});
  rows.push_back({"Version", std::to_string(snapshot.version()), ""});
  std::vector<std::string> properties;
  for (const auto& [key, value] : definition.properties) properties.push_back(key + "=" + value);
  rows.push_back({"Table Properties", fmt::format("[{}]", fmt::join(properties, ",")), ""});
  return TextRows({"col_name", "data_type", "comment"}, rows);
}

// One row, built column by column.
class Row {
 public:
  Status Add(const std::string& name, const std::shared_ptr<arrow::Scalar>& value) {
    PL_ASSIGN_OR_RETURN(auto column, arrow::MakeArrayFromScalar(*value, 1));
    fields_.push_back(arrow::field(name, column->type()));
    columns_.push_back(std::move(column));
    return Status::OK();
  }
  Status Text(const std::string& name, const std::string& value) {
    return Add(name, arrow::MakeScalar(value));
  }
  Status Number(const std::string& name, int64_t value) { return Add(name, arrow::MakeScalar(value)); }
  Status Texts(const std::string& name, const std::vector<std::string>& values) {
    arrow::StringBuilder builder;
    PL_RETURN_NOT_OK(builder.AppendValues(values));
    PL_ASSIGN_OR_RETURN(const auto array, builder.Finish());
    return Add(name, std::make_shared<arrow::ListScalar>(array));
  }
  Status Pairs(const std::string& name, const std::map<std::string, std::string>& values) {
    arrow::StringBuilder keys;
    arrow::StringBuilder texts;
    for (const auto& [key, text] : values) {
      PL_RETURN_NOT_OK(keys.Append(key));
      PL_RETURN_NOT_OK(texts.Append(text));
    }
    PL_ASSIGN_OR_RETURN(const auto key_array, keys.Finish());
    PL_ASSIGN_OR_RETURN(const auto text_array, texts.Finish());
    PL_ASSIGN_OR_RETURN(const auto pairs, arrow::StructArray::Make({key_array, text_array},
                                                                   {arrow::field("key", arrow::utf8(), false),
                                                                    arrow::field("value", arrow::utf8())}));
    return Add(name, std::make_shared<arrow::MapScalar>(pairs, arrow::map(arrow::utf8(), arrow::utf8())));
  }
  Result<std::unique_ptr<QueryResult>> Finish() {
    return MemoryResult(arrow::Table::Make(arrow::schema(fields_), columns_));
  }

 private:
  arrow::FieldVector fields_;
  arrow::ArrayVector columns_;
};

Result<std::unique_ptr<QueryResult>> Detail(const table::Table& table, const table::Snapshot& snapshot) {
  const table::TableDefinition& definition = snapshot.definition();
  PL_ASSIGN_OR_RETURN(const table::SnapshotTotals totals, snapshot.Totals());
  Row row;
  PL_RETURN_NOT_OK(row.Text("format", std::string(table.format())));
  PL_RETURN_NOT_OK(row.Text("id", snapshot.table_id()));
  PL_RETURN_NOT_OK(row.Text("name", definition.name));
  PL_RETURN_NOT_OK(row.Text("description", definition.description));
  PL_RETURN_NOT_OK(row.Text("location", table.location().path));
  PL_RETURN_NOT_OK(
      row.Add("lastModified", std::make_shared<arrow::TimestampScalar>(
                                  snapshot.timestamp_ms(), arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"))));
  PL_RETURN_NOT_OK(row.Texts("partitionColumns", definition.partition_columns));
  PL_RETURN_NOT_OK(row.Texts("clusteringColumns", definition.clustering_columns));
  PL_RETURN_NOT_OK(row.Number("numFiles", totals.num_files));
  PL_RETURN_NOT_OK(row.Number("sizeInBytes", totals.size_bytes));
  PL_RETURN_NOT_OK(row.Pairs("properties", definition.properties));
  PL_RETURN_NOT_OK(row.Number("version", snapshot.version()));
  std::map<std::string, std::string> facts;
  for (const auto& [key, value] : snapshot.Facts()) facts[key] = value;
  PL_RETURN_NOT_OK(row.Pairs("facts", facts));
  return row.Finish();
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunDescribeTable(const StatementContext& context,
                                                      const SqlStatement& statement) {
  SqlCursor cursor(statement);
  if (!cursor.TakeWords("DESC")) PL_RETURN_NOT_OK(cursor.Expect("DESCRIBE"));
  (void)cursor.TakeWords("TABLE");
  const bool detail = cursor.TakeWords("DETAIL");
  if (!detail && !cursor.TakeWords("EXTENDED") && !cursor.TakeWords("FORMATTED")) return nullptr;
  if (cursor.AtEnd()) return nullptr;  // a table of that name
  PL_ASSIGN_OR_RETURN(const table::TableReference reference, cursor.TakeReference());
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const auto table, context.session.OpenTable(reference.place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(reference.version));
  return detail ? Detail(*table, *snapshot) : Extended(*table, *snapshot, reference.place);
}

}  // namespace pixlake::query
