// The columns of checkpoint files (PROTOCOL.md, "Checkpoint Schema").
#pragma once

#include <memory>
#include <vector>

#include <arrow/type_fwd.h>

namespace pixlake::delta {

enum class Column { kTxn, kAdd, kRemove, kMetadata, kProtocol, kDomain, kCheckpointMetadata, kSidecar };

// Of a checkpoint that has all of it, of a sidecar, and of what names sidecars. The last has
// the file columns too, empty: readers look for them.
extern const std::vector<Column> kFlatColumns;
extern const std::vector<Column> kFileColumns;
extern const std::vector<Column> kTopColumns;

// Each a struct, null but in its action's rows.
std::shared_ptr<arrow::Schema> SchemaOf(const std::vector<Column>& columns);

}  // namespace pixlake::delta
