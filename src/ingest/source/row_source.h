// Contents that a table holds, as a source: what was quarantined, to be judged again.
#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

// Rows of (uri string, etag string, label string, filename string, mtime_ns int64, size
// int64, content binary, path string, attributes string): one place each. Where `content` is null
// the bytes are read from the local file `path`; where that is null too, the row is left out and
// counted as skipped. `remote`: they are fetched by `uri` as `options` say, whatever the other
// columns have. kUsage for rows of another shape. Takes any string or binary width.
Result<std::unique_ptr<Source>> SourceOfRows(std::unique_ptr<arrow::RecordBatchReader> rows, bool remote,
                                             const SourceOptions& options);

}  // namespace pixlake::ingest
