// What the footer of a data file says.
#pragma once

#include "file/data_statistics.h"
#include "io/location.h"
#include "table/scan.h"

namespace pixlake::delta {

struct Footer {
  int64_t num_rows = 0;
  file::DataStatistics statistics;
};

// `path` as the store takes it. Columns have their physical names: where the table's columns
// are known by field id, those of `mapping`, whatever the file calls them, and columns of other
// ids have no statistics. kCorrupt when it is no readable Parquet file.
Result<Footer> ReadFooter(const io::Location& table, const std::string& path,
                          const std::vector<table::FieldMapping>& mapping);

}  // namespace pixlake::delta
