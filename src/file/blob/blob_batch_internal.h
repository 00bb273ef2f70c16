// The bytes of the blobs in a record batch.
#pragma once

#include <cstdint>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

// Of rows [first, last), all blob columns together, without looking at each row.
int64_t BlobBytes(const arrow::RecordBatch& batch, int64_t first, int64_t last);

// kUsage when a value does not fit into a Parquet page.
Status CheckValueSizes(const arrow::RecordBatch& batch);

}  // namespace pixlake::file
