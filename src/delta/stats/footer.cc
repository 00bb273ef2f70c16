#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include "delta/stats/footer_internal.h"
#include "table/file_schema.h"

namespace pixlake::delta {

namespace {

// Of a column that no id of the table is.
constexpr char kNobody[] = "";

arrow::FieldVector WithPhysicalNames(const arrow::FieldVector& fields,
                                     const std::vector<table::FieldMapping>& mapping) {
  arrow::FieldVector out;
  for (const auto& field : fields) {
    const auto found = std::find_if(mapping.begin(), mapping.end(), [&](const table::FieldMapping& column) {
      return column.field_id == table::FieldId(*field);
    });
    if (found == mapping.end()) {
      out.push_back(field->WithName(kNobody));
    } else if (field->type()->id() == arrow::Type::STRUCT) {
      out.push_back(
          field->WithName(found->physical_name)
              ->WithType(arrow::struct_(WithPhysicalNames(field->type()->fields(), found->children))));
    } else {
      out.push_back(field->WithName(found->physical_name));
    }
  }
  return out;
}

}  // namespace

Result<Footer> ReadFooter(const io::Location& table, const std::string& path,
                          const std::vector<table::FieldMapping>& mapping) {
  PL_ASSIGN_OR_RETURN(auto input, table.store->OpenInput(path));
  try {
    const auto reader = parquet::ParquetFileReader::Open(input);
    const auto metadata = reader->metadata();
    std::shared_ptr<arrow::Schema> schema;
    PL_RETURN_NOT_OK(parquet::arrow::FromParquetSchema(metadata->schema(),
                                                       parquet::default_arrow_reader_properties(),
                                                       metadata->key_value_metadata(), &schema));
    const bool by_id = std::any_of(mapping.begin(), mapping.end(),
                                   [](const table::FieldMapping& column) { return column.field_id >= 0; });
    if (by_id) {
      schema = arrow::schema(WithPhysicalNames(schema->fields(), mapping));
    }
    Footer footer;
    footer.num_rows = metadata->num_rows();
    // Statistics that cannot be typed are no fault of the file.
    footer.statistics = file::CollectStatistics(*metadata, *schema).ValueOr({});
    footer.statistics.num_rows = footer.num_rows;
    std::erase_if(footer.statistics.columns, [&](const file::ColumnStatistics& column) {
      return by_id && std::find(column.path.begin(), column.path.end(), kNobody) != column.path.end();
    });
    return footer;
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, fmt::format("{} is no readable Parquet file: {}", path, error.what()));
  }
}

}  // namespace pixlake::delta
