// A table's metadata with one change of its schema, rules or properties.
#pragma once

#include "delta/action/actions_internal.h"
#include "delta/snapshot/table_state_internal.h"
#include "table/schema_change.h"

namespace pixlake::delta {

struct AlterContext {
  const TableState& read;  // the snapshot the change began with
  bool mapped = false;     // columns have names of their own in files
  bool widens = false;     // feature typeWidening and its property
};

// The metadata after the change; see table::Transaction::Change for the errors.
Result<Metadata> Altered(const AlterContext& context, const Metadata& metadata,
                         const table::SchemaChange& change);

}  // namespace pixlake::delta
