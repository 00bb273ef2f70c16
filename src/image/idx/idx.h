// The IDX file format: vectors and matrices of numbers, as MNIST comes in.
// Source: the format description on the MNIST page by LeCun, Cortes and Burges:
// two zero bytes, a type byte, the number of dimensions, the size of each
// dimension as a big-endian 32-bit number, then the elements, big-endian, with
// the last dimension varying fastest.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pixlake::image {

enum class IdxType : uint8_t {
  kUint8 = 0x08,
  kInt8 = 0x09,
  kInt16 = 0x0B,
  kInt32 = 0x0C,
  kFloat32 = 0x0D,
  kFloat64 = 0x0E,
};

// Bytes of one element.
int IdxTypeSize(IdxType type);
std::string_view IdxTypeName(IdxType type);

struct IdxHeader {
  IdxType type = IdxType::kUint8;
  std::vector<uint32_t> dimensions;  // 0 to 255 of them
  int64_t header_bytes = 0;          // where the elements start
  int64_t item_bytes = 0;            // of one item along the first dimension
  int64_t item_count = 0;            // size of the first dimension; 1 for a scalar
  int64_t data_bytes = 0;            // item_bytes * item_count

  int64_t file_bytes() const { return header_bytes + data_bytes; }
};

// Bytes needed to know how long the header is.
inline constexpr size_t kIdxMagicBytes = 4;

// The length of the header that starts with these four bytes. kCorrupt, naming
// `file`, the offset and what was expected, when they start no IDX file (a gzip
// stream, a PNG and the like are named as such).
Result<size_t> IdxHeaderBytes(std::span<const uint8_t> magic, std::string_view file);

// Parses a whole header. kCorrupt when it is cut short or the element count
// does not fit 63 bits.
Result<IdxHeader> ParseIdxHeader(std::span<const uint8_t> bytes, std::string_view file);

// A whole file in memory: the header and a view of its elements. The size must
// be exactly what the header says.
struct IdxView {
  IdxHeader header;
  std::span<const uint8_t> data;  // big-endian elements
};
Result<IdxView> ParseIdx(std::span<const uint8_t> bytes, std::string_view file);

// Element `index` of the data as a double, exact for every type. `index` must be in range.
double IdxElement(IdxType type, std::span<const uint8_t> data, int64_t index);

// The error for data that ends after `have` of `header.file_bytes()` bytes, or goes on.
Status IdxSizeError(const IdxHeader& header, int64_t have, std::string_view file);

}  // namespace pixlake::image
