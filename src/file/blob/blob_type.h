// What counts as an image: bytes of any length.
#pragma once

#include <arrow/type_fwd.h>

namespace pixlake::file {

// Binary columns, however their lengths are kept. Fixed-size binaries are no blobs: they are
// hashes and keys.
bool IsBlob(const arrow::DataType& type);

}  // namespace pixlake::file
