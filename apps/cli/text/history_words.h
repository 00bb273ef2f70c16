// What a commit did, in words.
#pragma once

#include <string>

#include "engine/tables.h"

namespace pixlake::cli {

// "deleted 3 rows where label = '7'", "added 8 rows in 1 file".
std::string HistoryWords(const table::HistoryEntry& entry);

}  // namespace pixlake::cli
