// Opening Parquet files, whose footers are read and parsed once.
#pragma once

#include <memory>

#include <arrow/io/type_fwd.h>

#include "base/memory/cache_loan.h"

namespace parquet {
class ParquetFileReader;
class ReaderProperties;
}  // namespace parquet

namespace pixlake::file {

// As parquet::ParquetFileReader::Open, with the footer kept from last time where these very
// bytes (io::VersionOf) were opened before in this process. Not for
// who wants to know whether the file is sound. Throws what parquet throws.
std::unique_ptr<parquet::ParquetFileReader> OpenParquet(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                        const parquet::ReaderProperties& properties);

// Room for `bytes` more of footers while the loan lives; without any loan there are 32 MiB.
CacheLoan LendToFooters(int64_t bytes);

}  // namespace pixlake::file
