// INTERVAL columns of Parquet, for which Arrow has another layout.
#pragma once

namespace pixlake::file {

// In the metadata of a top-level field of twelve bytes each: BlobParquetWriter writes it as
// Parquet's INTERVAL.
inline constexpr char kIntervalKey[] = "pixlake:parquet_interval";

}  // namespace pixlake::file
