// One image out of a table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "session/session.h"
#include "table/table.h"

namespace pixlake::lake {

struct LookupRequest {
  std::string table;  // path or URI
  table::VersionSpec version;
  std::string column;             // the blob column; empty: `content`, `image_binary`, or the only binary one
  std::optional<std::string> id;  // value of the column `id`, else the content's SHA-256
  std::optional<int64_t> row;     // position in the snapshot, 0-based
};

struct FoundImage {
  std::shared_ptr<arrow::Buffer> bytes;
  std::string file;  // the data file it is in
  int64_t row = 0;   // physical position in that file; -1: unknown
};

// By row: one ranged read after the metadata. By id: the `id` column is scanned
// (with pruning), then one ranged read; in a table without such a column the
// contents are hashed until one fits. kNotFound when there is no such image.
Result<FoundImage> FindImage(const session::Session& session, const LookupRequest& request);

// The blob column of a schema as LookupRequest::column says; kUsage, naming the
// candidates, when there is not exactly one.
Result<std::string> BlobColumnOf(const arrow::Schema& schema, const std::string& wanted);

}  // namespace pixlake::lake
