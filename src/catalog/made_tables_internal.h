// The columns of the tables that steps make.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <arrow/type_fwd.h>

#include "catalog/lake.h"

namespace pixlake::catalog {

struct MadeTable {
  std::shared_ptr<arrow::Schema> schema;
  std::string what;
};

std::optional<MadeTable> FindMadeTable(const TableName& name);

}  // namespace pixlake::catalog
