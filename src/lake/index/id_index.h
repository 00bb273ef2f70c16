// Where each id of a table is: file, row, and the exact bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "io/location.h"
#include "table/table.h"

namespace pixlake::lake {

struct IdPlace {
  std::string file;     // absolute, as the store takes it
  int64_t row = 0;      // physical, in that file
  int64_t offset = -1;  // of the content's first byte in the file; -1: only a reader of pages can tell
  int64_t length = -1;  // bytes; -1: null content; -2: not known, the offset neither
};

struct IdIndexOptions {
  std::string id_column = "id";  // SHA-256 in hex; rows with another text are found through the scan
  std::string content_column = "content";
  int64_t memory_bytes = int64_t{64} << 20;  // for building
};

// An index over the ids of a table with image-safe data files. It lies in
// `<table>/_pixlake/ids/` (a folder every engine's VACUUM leaves alone), follows the log
// and can be deleted at any time: Open brings it up to `snapshot`, reading the id and
// length columns and page indexes of the data files it does not know, and drops files
// that are gone. Runs are immutable, sorted by the first 16 bytes of the id, read
// through mmap and merged as they become many. Thread-safe once open; two processes may
// build at the same time.
class IdIndex {
 public:
  static Result<std::unique_ptr<IdIndex>> Open(const io::Location& table,
                                               std::shared_ptr<const table::Snapshot> snapshot,
                                               const IdIndexOptions& options = {});
  virtual ~IdIndex() = default;

  // Rows deleted by a deletion vector are not there. nullopt: no such id. Of several
  // rows with the id any one. kCorrupt: a run was damaged; it is gone, open again.
  virtual Result<std::optional<IdPlace>> Find(std::span<const uint8_t, 32> id) const = 0;

  // The content at a place: one ranged read, its length checked against the length that
  // stands before it in the page. Null for null content. Open files are kept.
  virtual Result<std::shared_ptr<arrow::Buffer>> Read(const IdPlace& place) const = 0;

  // Of the snapshot's files, rows deleted by a deletion vector included.
  virtual int64_t num_ids() const = 0;
};

}  // namespace pixlake::lake
