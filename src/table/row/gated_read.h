// One value of a table as a gate lets it out.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/table.h"

namespace pixlake::table {

struct GatedValue {
  std::shared_ptr<arrow::Buffer> bytes;  // null: the value is null
};

// The value of the binary `column` at a physical row of one of the snapshot's files; nullopt: the
// gate (table/row/row_gate.h) does not let the row out, or the row is deleted. `snapshot` is guarded.
Result<std::optional<GatedValue>> ReadThroughGate(const table::Snapshot& snapshot,
                                                  const std::shared_ptr<io::Store>& store,
                                                  const std::string& file, int64_t row,
                                                  const std::string& column);

}  // namespace pixlake::table
