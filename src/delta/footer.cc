#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include "delta/footer_internal.h"

namespace pixlake::delta {

Result<Footer> ReadFooter(const io::Location& table, const std::string& path) {
  PL_ASSIGN_OR_RETURN(auto input, table.store->OpenInput(path));
  try {
    const auto reader = parquet::ParquetFileReader::Open(input);
    const auto metadata = reader->metadata();
    std::shared_ptr<arrow::Schema> schema;
    PL_RETURN_NOT_OK(parquet::arrow::FromParquetSchema(metadata->schema(),
                                                       parquet::default_arrow_reader_properties(),
                                                       metadata->key_value_metadata(), &schema));
    Footer footer;
    footer.num_rows = metadata->num_rows();
    // Statistics that cannot be typed are no fault of the file.
    footer.statistics = file::CollectStatistics(*metadata, *schema).ValueOr({});
    footer.statistics.num_rows = footer.num_rows;
    return footer;
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, fmt::format("{} is no readable Parquet file: {}", path, error.what()));
  }
}

}  // namespace pixlake::delta
