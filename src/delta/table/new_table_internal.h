// A table before its first commit.
#pragma once

#include <memory>

#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

// The empty state that a table of this definition begins with: protocol as its schema and
// properties need it, columns mapped where they ask for it. Nothing is written.
Result<TableState> FirstState(const table::TableDefinition& definition);

// Its snapshot is empty, of version kBeforeFirst; a transaction on that commits version 0
// with protocol and metadata in front.
class NewDeltaTable : public DeltaTable {
 public:
  NewDeltaTable(const io::Location& location, std::shared_ptr<const DeltaSnapshot> empty,
                std::shared_ptr<SnapshotCache> cache)
      : DeltaTable(location, std::move(cache)), empty_(std::move(empty)) {}

  Result<std::shared_ptr<const table::Snapshot>> Load(const table::VersionSpec& spec) override;

 private:
  std::shared_ptr<const DeltaSnapshot> empty_;
};

}  // namespace pixlake::delta
