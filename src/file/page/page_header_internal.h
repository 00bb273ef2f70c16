// Parquet's page headers (parquet.thrift, PageHeader) and the checksum in them.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"

namespace pixlake::file {

// CRC-32 as gzip has it, which is what PageHeader.crc holds. Of the bytes behind those
// that gave `before`.
uint32_t Crc32(uint32_t before, const void* bytes, int64_t size);

// The header of a version 1 data page: PLAIN, uncompressed, levels as RLE.
std::string EncodeBlobPageHeader(int32_t num_values, int32_t page_size, uint32_t crc);

// A length as pages and levels write it.
inline uint32_t LittleEndian32(const uint8_t* at) {
  uint32_t value = 0;
  std::memcpy(&value, at, 4);
  return value;
}

// What is needed to step over a page and check it.
struct PageHeader {
  int64_t type = -1;        // 0: a version 1 data page
  int64_t header_size = 0;  // bytes of the header itself
  int64_t page_size = 0;    // bytes behind it, compressed
  std::optional<uint32_t> crc;
};

// Reads the header that `bytes` start with. kCorrupt when there is none, or it is cut off.
Result<PageHeader> ParsePageHeader(std::span<const uint8_t> bytes);

}  // namespace pixlake::file
