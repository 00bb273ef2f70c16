// Partition values as text.
#pragma once

#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::table {

// As the Delta protocol serialises them: "2026-11-21", "2026-11-21 12:00:00.000000" (UTC
// with a T and a Z), "true"; nullopt for null and for the empty text, which reads as null.
// kUnsupported for types that partition nothing.
Result<std::optional<std::string>> PartitionTextOf(const arrow::Scalar& value);

}  // namespace pixlake::table
