// Text in whatever encoding and compression as a stream of UTF-8.
#pragma once

#include <memory>
#include <string>

#include <arrow/io/interfaces.h>

#include "base/result.h"

namespace pixlake::file {

// Gzip and zstd are known by their magic. A byte-order mark is taken away; UTF-16 is known
// by its mark or by zeros in every other of the first bytes; what is not UTF-8 within the
// first 64 KiB is read as Windows-1252. Unpaired surrogates become U+FFFD.
Result<std::shared_ptr<arrow::io::InputStream>> OpenText(std::shared_ptr<arrow::io::InputStream> bytes,
                                                         const std::string& name);

// Bytes that were taken from a stream to look at them, and then the rest of it.
std::shared_ptr<arrow::io::InputStream> Rejoin(std::string head,
                                               std::shared_ptr<arrow::io::InputStream> rest);

}  // namespace pixlake::file
