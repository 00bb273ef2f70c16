// Whether the pages of a Parquet file are the ones that were written.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/io/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

struct CheckedPages {
  int64_t pages = 0;
  int64_t without_checksum = 0;  // their writer gave them none
  int64_t bytes = 0;             // of all pages, as they stand in the file
};

// Reads every page of every column, a mebibyte at a time, and compares its bytes with
// the CRC-32 in its header. Nothing is decoded. kChecksum names the first page that
// differs; kCorrupt when the pages do not follow one another as the footer says.
Result<CheckedPages> CheckPages(arrow::io::RandomAccessFile* file, const std::string& path);

}  // namespace pixlake::file
