// Contents as rows of the lake's raw tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "ingest/lake/content_internal.h"

namespace pixlake::ingest {

// What the rows of one batch share.
struct RowContext {
  int64_t now_us = 0;  // ingestion time, microseconds since the epoch
  // content_uri of what is kept by reference, by content; empty: the bytes are in the row.
  std::string content_uri;
};

// The rows of one table, without its partition column. Contents whose bytes lie one
// after another in memory are taken without a copy.
// `contents` all have the same destination. With `by_reference` the content column is
// null and content_uri is the context's.
Result<std::shared_ptr<arrow::RecordBatch>> BuildRows(const std::shared_ptr<arrow::Schema>& schema,
                                                      const std::vector<const Content*>& contents,
                                                      const RowContext& context);

// A row of `raw.sources`.
struct PlaceRow {
  std::string_view uri;
  std::string_view etag;
  int64_t size = -1;
  int64_t mtime_ns = 0;
  std::string_view id;     // empty: null
  std::string_view table;  // empty: null
  std::string_view label;  // with has_label
  bool has_label = false;
  std::string_view attributes;  // empty: null
  int64_t first_seen_us = 0;
  int64_t last_seen_us = 0;
  bool gone = false;
  int32_t attempts = 0;      // 0: null
  std::string_view problem;  // empty: null
};

Result<std::shared_ptr<arrow::RecordBatch>> BuildPlaceRows(const std::shared_ptr<arrow::Schema>& schema,
                                                           const std::vector<PlaceRow>& rows);

// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string ValidUtf8(std::string_view text);

}  // namespace pixlake::ingest
