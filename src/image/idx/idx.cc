#include "image/idx/idx.h"

#include <bit>
#include <limits>

#include <fmt/format.h>

namespace pixlake::image {
namespace {

uint64_t BigEndian(const uint8_t* at, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | at[i];
  return value;
}

Status Corrupt(std::string_view file, int64_t offset, std::string what) {
  return Error(ErrorCode::kCorrupt, fmt::format("{}: offset {}: {}", file, offset, what));
}

bool KnownType(uint8_t type) {
  switch (static_cast<IdxType>(type)) {
    case IdxType::kUint8:
    case IdxType::kInt8:
    case IdxType::kInt16:
    case IdxType::kInt32:
    case IdxType::kFloat32:
    case IdxType::kFloat64:
      return true;
  }
  return false;
}

// What the first bytes look like when they are not IDX, for the message.
std::string_view LooksLike(std::span<const uint8_t> magic) {
  const uint64_t head = BigEndian(magic.data(), 4);
  if (head >> 16 == 0x1F8B) return "a gzip file";
  if (head == 0x89504E47) return "a PNG image";
  if (head >> 8 == 0xFFD8FF) return "a JPEG image";
  if (head == 0x504B0304) return "a zip archive";
  if (magic[0] == '<') return "an HTML or XML page";
  return "something else";
}

}  // namespace

int IdxTypeSize(IdxType type) {
  switch (type) {
    case IdxType::kUint8:
    case IdxType::kInt8:
      return 1;
    case IdxType::kInt16:
      return 2;
    case IdxType::kInt32:
    case IdxType::kFloat32:
      return 4;
    case IdxType::kFloat64:
      return 8;
  }
  return 1;
}

std::string_view IdxTypeName(IdxType type) {
  switch (type) {
    case IdxType::kUint8:
      return "uint8";
    case IdxType::kInt8:
      return "int8";
    case IdxType::kInt16:
      return "int16";
    case IdxType::kInt32:
      return "int32";
    case IdxType::kFloat32:
      return "float32";
    case IdxType::kFloat64:
      return "float64";
  }
  return "unknown";
}

Result<size_t> IdxHeaderBytes(std::span<const uint8_t> magic, std::string_view file) {
  if (magic.size() < kIdxMagicBytes) {
    return Corrupt(
        file, static_cast<int64_t>(magic.size()),
        fmt::format("the file ends; expected the 4 bytes an IDX file starts with, found {}", magic.size()));
  }
  if (magic[0] != 0 || magic[1] != 0) {
    return Corrupt(
        file, 0,
        fmt::format("expected two zero bytes as in every IDX file, found {:02x} {:02x}, which looks like {}",
                    magic[0], magic[1], LooksLike(magic)));
  }
  if (!KnownType(magic[2])) {
    return Corrupt(file, 2,
                   fmt::format("expected an IDX element type (08 09 0b 0c 0d 0e), found {:02x}", magic[2]));
  }
  return kIdxMagicBytes + size_t{magic[3]} * 4;
}

Result<IdxHeader> ParseIdxHeader(std::span<const uint8_t> bytes, std::string_view file) {
  PL_ASSIGN_OR_RETURN(const size_t header_bytes,
                      IdxHeaderBytes(bytes.first(std::min(bytes.size(), kIdxMagicBytes)), file));
  if (bytes.size() < header_bytes) {
    return Corrupt(file, static_cast<int64_t>(bytes.size()),
                   fmt::format("the file ends inside its header; expected {} bytes for {} dimensions",
                               header_bytes, bytes[3]));
  }
  IdxHeader header;
  header.type = static_cast<IdxType>(bytes[2]);
  header.header_bytes = static_cast<int64_t>(header_bytes);
  // Elements times size, kept within 63 bits whatever the header claims. A zero
  // among the dimensions makes everything zero, so it is looked for first.
  bool empty = false;
  for (size_t i = 0; i < bytes[3]; ++i) {
    header.dimensions.push_back(static_cast<uint32_t>(BigEndian(bytes.data() + 4 + 4 * i, 4)));
    empty = empty || header.dimensions.back() == 0;
  }
  header.item_count = header.dimensions.empty() ? 1 : header.dimensions[0];
  int64_t item_bytes = IdxTypeSize(header.type);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 2;
  for (size_t i = 1; i < header.dimensions.size() && !empty; ++i) {
    if (item_bytes > kMost / header.dimensions[i]) {
      return Corrupt(file, static_cast<int64_t>(4 + 4 * i),
                     "the dimensions multiply to more bytes than any file can have");
    }
    item_bytes *= header.dimensions[i];
  }
  if (!empty && item_bytes > kMost / header.item_count) {
    return Corrupt(file, 4, "the dimensions multiply to more bytes than any file can have");
  }
  header.item_bytes = empty ? 0 : item_bytes;
  header.data_bytes = empty ? 0 : item_bytes * header.item_count;
  return header;
}

Status IdxSizeError(const IdxHeader& header, int64_t have, std::string_view file) {
  std::string shape;
  for (const uint32_t size : header.dimensions) shape += (shape.empty() ? "" : "x") + std::to_string(size);
  const std::string expected =
      fmt::format("{} bytes for {} elements of {}", header.file_bytes(), shape, IdxTypeName(header.type));
  if (have < header.file_bytes()) return Corrupt(file, have, "the file ends; expected " + expected);
  return Corrupt(file, header.file_bytes(), "more bytes follow; expected " + expected);
}

Result<IdxView> ParseIdx(std::span<const uint8_t> bytes, std::string_view file) {
  IdxView view;
  PL_ASSIGN_OR_RETURN(view.header, ParseIdxHeader(bytes, file));
  const auto have = static_cast<int64_t>(bytes.size());
  if (have != view.header.file_bytes()) return IdxSizeError(view.header, have, file);
  view.data = bytes.subspan(static_cast<size_t>(view.header.header_bytes));
  return view;
}

double IdxElement(IdxType type, std::span<const uint8_t> data, int64_t index) {
  const int size = IdxTypeSize(type);
  const uint64_t raw = BigEndian(data.data() + index * size, size);
  switch (type) {
    case IdxType::kUint8:
      return static_cast<double>(raw);
    case IdxType::kInt8:
      return static_cast<int8_t>(raw);
    case IdxType::kInt16:
      return static_cast<int16_t>(raw);
    case IdxType::kInt32:
      return static_cast<int32_t>(raw);
    case IdxType::kFloat32:
      return std::bit_cast<float>(static_cast<uint32_t>(raw));
    case IdxType::kFloat64:
      return std::bit_cast<double>(raw);
  }
  return 0;
}

}  // namespace pixlake::image
