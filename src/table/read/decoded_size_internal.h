// How large a row becomes when it is decoded.
#pragma once

#include <cstdint>
#include <vector>

namespace parquet {
class ParquetFileReader;
}

namespace pixlake::table {

// Bytes of the leaves in a row of the row group, at least 1: on average where the file
// tells. A dictionary hides sizes (one large image, a thousand rows that name it), so
// where the file does not tell what it stands for, its largest value counts for every
// row. Throws what parquet throws.
int64_t DecodedRowBytes(parquet::ParquetFileReader* file, int row_group, const std::vector<int>& leaves);

}  // namespace pixlake::table
