// The places of the values in a plain page, without reading the values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <arrow/io/type_fwd.h>

#include "base/result.h"
#include "file/blob/blob_chunk_internal.h"
#include "file/blob/blob_reader.h"

namespace pixlake::file {

struct PageLevels {
  bool dense = false;  // every row has a value
  int most = 0;        // maximum definition level of the column
};

// One place a row of the page; none when they cannot be known (a page of version 2 with
// nulls). `lengths`: what is known, -1 elsewhere; of any size when nothing is. kCorrupt
// when the page contradicts itself.
Result<std::vector<BlobPlace>> FindPlaces(arrow::io::RandomAccessFile* file, const BlobPage& page,
                                          const PageLevels& levels, std::span<const int64_t> lengths);

}  // namespace pixlake::file
