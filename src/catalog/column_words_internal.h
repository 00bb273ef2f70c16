// What the columns of the lake's own tables mean, in words that every engine shows beside them.
#pragma once

#include <memory>
#include <string_view>

#include <arrow/type_fwd.h>

#include "catalog/lake.h"

namespace pixlake::catalog {

// Empty for a column that nobody described.
std::string_view WordsFor(const TableName& table, std::string_view column);

// The schema with each column's words as its comment.
std::shared_ptr<arrow::Schema> WithWords(const TableName& table, const arrow::Schema& schema);

}  // namespace pixlake::catalog
