#include "query/statement/show/text_rows.h"

#include <arrow/api.h>

#include "query/result/memory_result.h"

namespace pixlake::query {

Result<std::unique_ptr<QueryResult>> TextRows(const std::vector<std::string>& names,
                                              const std::vector<TextRow>& rows) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (size_t i = 0; i < names.size(); ++i) {
    arrow::StringBuilder builder;
    for (const TextRow& row : rows) {
      PL_RETURN_NOT_OK(row.at(i) ? builder.Append(*row[i]) : builder.AppendNull());
    }
    fields.push_back(arrow::field(names[i], arrow::utf8()));
    PL_ASSIGN_OR_RETURN(auto column, builder.Finish());
    columns.push_back(std::move(column));
  }
  return MemoryResult(arrow::Table::Make(arrow::schema(std::move(fields)), std::move(columns),
                                         static_cast<int64_t>(rows.size())));
}

}  // namespace pixlake::query
