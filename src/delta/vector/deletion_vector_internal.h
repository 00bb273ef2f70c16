// Deletion vectors: which rows of a data file are no longer in the table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/action/actions_internal.h"
#include "io/location.h"

namespace pixlake::delta {

// Z85 (ZeroMQ RFC 32): five characters to four bytes. kCorrupt for another length or
// a character outside the alphabet.
Result<std::string> DecodeZ85(std::string_view text);

// PROTOCOL.md, "Deletion Vector Format": the sorted positions in a serialised
// RoaringBitmapArray. kCorrupt when damaged, or when there are not exactly
// `cardinality` of them, checked before any is unpacked.
Result<std::vector<uint64_t>> DecodeRoaringArray(std::string_view bytes, int64_t cardinality);

// CRC-32 (ISO 3309), as java.util.zip.CRC32.
uint32_t Crc32(std::string_view bytes);

// Reads and decodes one vector. `num_rows` is the data file's physical row count, -1
// when the log does not say; a position beyond it is kCorrupt. kChecksum when the
// stored CRC differs.
Result<std::vector<uint64_t>> ReadDeletionVector(const io::Location& table,
                                                 const DeletionVectorDescriptor& vector, int64_t num_rows);

// Where a vector on disk is; kCorrupt for an inline one.
Result<std::string> DeletionVectorPath(const io::Location& table, const DeletionVectorDescriptor& vector);

}  // namespace pixlake::delta
