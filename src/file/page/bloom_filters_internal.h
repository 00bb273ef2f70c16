// The bloom filters of a file being written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>
#include <parquet/bloom_filter.h>
#include <parquet/index_location.h>

#include "base/result.h"

namespace pixlake::file {

// Gathers the hashes of a row group's texts, so that each filter has the size its own
// distinct values need (1 % false positives, rounded up to a power of two).
class BloomFilters {
 public:
  // kUsage unless all of `columns` are top-level texts of the schema.
  static Result<BloomFilters> Make(const arrow::Schema& schema, const std::vector<std::string>& columns);

  // Rows [offset, offset + length) of a field; nothing happens for other fields.
  void Add(int field, const arrow::Array& values, int64_t offset, int64_t length);
  void CloseRowGroup();
  // After the last row group. `leaves`: the Parquet ordinal of each field.
  Result<parquet::IndexLocations> WriteTo(arrow::io::OutputStream* file,
                                          const std::vector<int>& leaves) const;

 private:
  struct Filter {
    int row_group = 0;
    int field = 0;
    std::unique_ptr<parquet::BlockSplitBloomFilter> filter;
  };

  int row_groups_ = 0;
  std::map<int, std::vector<uint64_t>> hashes_;  // of the open row group, by field
  std::vector<Filter> filters_;
};

}  // namespace pixlake::file
