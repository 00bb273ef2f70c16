// Who may see which rows and which values of which table.
#pragma once

#include <memory>

#include "base/principal.h"
#include "base/result.h"
#include "table/row/row_gate.h"
#include "table/table.h"

namespace pixlake::session {

// Asked by Session::OpenToRead, through which every row and every blob leaves a table: scans of
// SQL, `cat`, `show`, `export`, `metadata` of a lake's images, the id index. While there is one,
// SQL reads no files by their paths. Thread-safe.
class ReadPolicy {
 public:
  virtual ~ReadPolicy() = default;
  // The gate before what `principal` reads of the table; null: all of it may be seen.
  virtual Result<std::shared_ptr<const table::RowGate>> GateFor(const Principal& principal,
                                                                const table::Table& table) const = 0;
};

}  // namespace pixlake::session
