// Columns with ids and names of their own in files (PROTOCOL.md, "Column Mapping").
#pragma once

#include <memory>
#include <string>

#include <arrow/type_fwd.h>

#include "delta/action/actions_internal.h"

namespace pixlake::delta {

// Keys of a field's metadata.
constexpr char kColumnId[] = "delta.columnMapping.id";
constexpr char kPhysicalName[] = "delta.columnMapping.physicalName";

// The columns as data files have them: physical names, ids as "PARQUET:field_id". `mode` is
// "none", "name" or "id".
Result<std::shared_ptr<arrow::Schema>> FileSchemaOf(const std::shared_ptr<arrow::Schema>& schema,
                                                    const std::string& mode);

// Gives every field that lacks them an id and a physical name, and notes the highest id.
// Fields of a table that had no mapping `before` keep the names that its files have.
// kUnsupported for a change of mode that the protocol does not have.
Status MapColumns(const std::string& mode_before, const std::string& mode, Metadata* metadata);

}  // namespace pixlake::delta
