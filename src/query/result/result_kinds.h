// What is asked of results besides their rows.
#pragma once

#include <string_view>

#include <arrow/type_fwd.h>

#include "query/result/result_writer.h"

namespace pixlake::query {

// "csv", as ParseResultFormat takes it.
std::string_view ResultFormatName(ResultFormat format);

// Whether a result's column was a VARIANT, which leaves as text.
bool IsVariant(const arrow::Field& field);

}  // namespace pixlake::query
