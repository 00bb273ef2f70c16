// From what a Parquet file holds to what the table says.
#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/column/field_match_internal.h"

namespace pixlake::table {

// True when every value of `file` has its place in `table`: the same type, a wider
// integer, float or decimal, an integer as a decimal or (up to 32 bits) a double, a
// date as a naive timestamp, another spelling of the same (dictionary, large
// string, other unit or zone of a timestamp). Integers may also become narrower
// ones, since many writers leave out Parquet's INT_8 and INT_16; a value that does
// not fit is an error when it is met. Leaf types only.
bool CanCast(const arrow::DataType& file, const arrow::DataType& table);

// The array of the table's type; `array` is what was read for a match that was found.
Result<std::shared_ptr<arrow::Array>> CastColumn(const std::shared_ptr<arrow::Array>& array,
                                                 const FieldMatch& match);

}  // namespace pixlake::table
