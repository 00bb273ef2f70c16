// What the footer of a data file says.
#pragma once

#include "file/data_statistics.h"
#include "io/location.h"

namespace pixlake::delta {

struct Footer {
  int64_t num_rows = 0;
  file::DataStatistics statistics;
};

// `path` as the store takes it. kCorrupt when it is no readable Parquet file.
Result<Footer> ReadFooter(const io::Location& table, const std::string& path);

}  // namespace pixlake::delta
