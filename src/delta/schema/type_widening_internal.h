// Types that columns may change to (PROTOCOL.md, "Type Widening").
#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::delta {

// True when every value of `from` is one of `to` and readers of the feature take files of both.
bool Widens(const arrow::DataType& from, const arrow::DataType& to);

// The field with another type, the change noted in `delta.typeChanges`. kUsage when the type
// does not widen to it.
Result<std::shared_ptr<arrow::Field>> WidenField(const std::shared_ptr<arrow::Field>& field,
                                                 const std::shared_ptr<arrow::DataType>& type);

}  // namespace pixlake::delta
