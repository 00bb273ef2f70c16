// Local files that others may change, move or cut while they are read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

// Reads a file of room.size() bytes; gives how many. kOverBudget when it is not, or no
// longer, what `item` says of its size and time: try SpillFile.
Result<int64_t> ReadWholeFile(const std::string& path, std::span<uint8_t> room, const SourceItem& item);

// Copies a file of any size into `folder` (made when missing), bytes that belong
// together: a file that changes meanwhile is copied again, three times at most, then
// kIo. A temporary item's file is taken as it is. Gives the copy's path and SHA-256.
Status SpillFile(const std::string& folder, SourceItem* item, std::string* copy, std::string* sha256);

// The bytes of a file of our own, mapped. Empty files give an empty buffer.
Result<std::shared_ptr<arrow::Buffer>> MapFile(const std::string& path);

}  // namespace pixlake::ingest
