// Any single content of a table by its id, in a fraction of a millisecond.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "lake/index/id_index.h"
#include "session/session.h"
#include "table/table.h"

namespace pixlake::lake {

// A table's latest state with its id index, opened once for many questions. Thread-safe.
class ImageFinder {
 public:
  // kUnsupported for a table without the columns `id` (string) and `content` (binary).
  // The index is brought up to date, which writes into the table's `_pixlake` folder.
  static Result<std::unique_ptr<ImageFinder>> Open(const session::Session& session, const std::string& table);

  struct Found {
    std::shared_ptr<arrow::Buffer> bytes;
    std::string file;  // the file it is in
    int64_t row = -1;  // physical, in that file; -1: it is a file of its own
  };
  // `id` is a SHA-256 in 64 lower-case hex digits. nullopt: the table has no such id.
  // kNotFound when the row is there and its content is null.
  Result<std::optional<Found>> Find(std::string_view id) const;

 private:
  ImageFinder(io::Location place, std::unique_ptr<IdIndex> index, std::shared_ptr<const table::Snapshot> rows)
      : place_(std::move(place)), index_(std::move(index)), rows_(std::move(rows)) {}

  const io::Location place_;
  const std::unique_ptr<IdIndex> index_;
  const std::shared_ptr<const table::Snapshot> rows_;  // as they may be seen
};

// True for 64 lower-case hex digits.
bool IsContentId(std::string_view text);

}  // namespace pixlake::lake
