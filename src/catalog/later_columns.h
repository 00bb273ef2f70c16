// Columns of the lake's own tables that came with later versions.
#pragma once

#include <memory>
#include <string_view>

#include <arrow/type_fwd.h>

#include "catalog/lake.h"

namespace pixlake::catalog {

// A column that lakes of earlier versions do not have yet: added by who writes next, null in
// the rows there were; readers go without.
bool IsLaterColumn(const TableName& name, std::string_view column);

// The column of raw.sources that says which table a content is in: `table_name`, or `table` in lakes of
// earlier versions, a word that SQL wants in quotes.
std::string_view SourcesTableColumn(const arrow::Schema& sources);

// The schema of one of the lake's own tables as `found` names its columns.
std::shared_ptr<arrow::Schema> NamedAsFound(const TableName& name, const std::shared_ptr<arrow::Schema>& own,
                                            const arrow::Schema& found);

}  // namespace pixlake::catalog
