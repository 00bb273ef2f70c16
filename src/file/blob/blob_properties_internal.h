// How the columns of an image-safe file are written.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/type_fwd.h>
#include <parquet/properties.h>

#include "file/blob/blob_parquet_writer.h"
#include "file/blob/blob_type.h"

namespace parquet {
class SchemaDescriptor;
}

namespace pixlake::file {

// The schema with Parquet field ids, by top-level position.
std::shared_ptr<arrow::Schema> WithFieldIds(const std::shared_ptr<arrow::Schema>& schema,
                                            const std::vector<int32_t>& ids);

// The descriptor with top-level fields that have kIntervalKey as INTERVAL.
Result<std::shared_ptr<parquet::SchemaDescriptor>> WithIntervals(
    const arrow::Schema& schema, std::shared_ptr<parquet::SchemaDescriptor> descriptor);

// ZSTD, statistics and page index for all columns, nothing of it for blobs.
std::shared_ptr<parquet::WriterProperties> PropertiesFor(const parquet::SchemaDescriptor& schema,
                                                         const BlobParquetOptions& options);

}  // namespace pixlake::file
