// What the name given with --output says of what is written there.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/result/result_kinds.h"

namespace pixlake::engine {

// "-".
bool IsStandardOutput(std::string_view name);

// The format that a result has in a file of that name: .csv, .json, .parquet (.pq), .arrow
// (.arrows, .ipc), a drawn table for .txt and for names without an ending. kUsage, saying
// what to do, for endings of formats that we do not write.
Result<query::ResultFormat> FormatForName(std::string_view name);

// kUsage for a sheet that is named as another format than the PNG it is.
Status CheckSheetName(std::string_view name);

// kUsage for a destination of images that is named as a file of another kind.
Status CheckExportName(std::string_view name);

}  // namespace pixlake::engine
