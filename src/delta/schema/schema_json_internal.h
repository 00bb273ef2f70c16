// Schemas to and from the log's JSON (PROTOCOL.md, "Schema Serialization Format").
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::delta {

// What the log calls table::kGeneratedKey.
inline constexpr char kGenerationExpression[] = "delta.generationExpression";

// Field metadata is kept as Arrow field metadata: text as it is, anything else as
// JSON text. kCorrupt for what is no schema, kUnsupported for a type we do not have
// (named). Nesting deeper than 64 is kCorrupt.
Result<std::shared_ptr<arrow::Schema>> SchemaFromJson(std::string_view text);

// kUnsupported for an Arrow type Delta does not have.
Result<std::string> SchemaToJson(const arrow::Schema& schema);

// A primitive type by its Delta name: "long", "decimal(10,2)".
Result<std::shared_ptr<arrow::DataType>> PrimitiveFromName(std::string_view name);

// And back; kUnsupported for a type that is no primitive.
Result<std::string> NameOfPrimitive(const arrow::DataType& type);

}  // namespace pixlake::delta
