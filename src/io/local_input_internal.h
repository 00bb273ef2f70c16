// A local file being read.
#pragma once

#include <memory>
#include <string>

#include <arrow/io/interfaces.h>

#include "base/result.h"

namespace pixlake::io {

// Ranged reads, and the file's version (store.h). The error names `path`.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenLocalInput(const std::string& path);

}  // namespace pixlake::io
