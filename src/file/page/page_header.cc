#include <limits>

#include <isa-l/crc.h>

#include "file/page/page_header_internal.h"

namespace pixlake::file {
namespace {

// Type nibbles of Thrift's compact protocol (thrift-compact-protocol.md).
enum Type : uint8_t {
  kStop = 0,
  kTrue,
  kFalse,
  kByte,
  kI16,
  kI32,
  kI64,
  kDouble,
  kBinary,
  kList,
  kSet,
  kMap,
  kStruct
};

constexpr int kMaxDepth = 8;

void AppendVarint(uint32_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// The next field of a struct, ids one apart.
void AppendI32(int32_t value, std::string* out) {
  out->push_back(static_cast<char>(1 << 4 | kI32));
  AppendVarint(static_cast<uint32_t>(value) << 1 ^ static_cast<uint32_t>(value >> 31), out);
}

// Steps through one struct. Every read is checked; after the first that fails, `failed`.
class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  int64_t position() const { return static_cast<int64_t>(at_); }

  uint8_t Byte() {
    if (at_ >= bytes_.size()) {
      failed_ = true;
      return 0;
    }
    return bytes_[at_++];
  }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    failed_ = true;
    return 0;
  }

  int64_t ZigZag() {
    const uint64_t value = Varint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

  // The next field's type and id; kStop at the struct's end.
  uint8_t Field(int64_t* id) {
    const uint8_t head = Byte();
    if (failed_ || head == kStop) return kStop;
    *id = head >> 4 != 0 ? *id + (head >> 4) : ZigZag();
    return head & 0x0f;
  }

  void SkipBytes(uint64_t count) {
    if (count > bytes_.size() - at_) {
      failed_ = true;
    } else {
      at_ += count;
    }
  }

  void Skip(uint8_t type, int depth) {
    if (depth > kMaxDepth) failed_ = true;
    if (failed_) return;
    switch (type) {
      case kTrue:
      case kFalse:
        return;
      case kByte:
        return SkipBytes(1);
      case kI16:
      case kI32:
      case kI64:
        Varint();
        return;
      case kDouble:
        return SkipBytes(8);
      case kBinary:
        return SkipBytes(Varint());
      case kList:
      case kSet:
        return SkipList(depth);
      case kStruct: {
        int64_t id = 0;
        for (uint8_t field = Field(&id); field != kStop && !failed_; field = Field(&id))
          Skip(field, depth + 1);
        return;
      }
      default:  // page headers have no maps
        failed_ = true;
    }
  }

 private:
  void SkipList(int depth) {
    const uint8_t head = Byte();
    const uint64_t count = head >> 4 == 15 ? Varint() : head >> 4;
    const uint8_t type = head & 0x0f;
    for (uint64_t i = 0; i < count && !failed_; ++i) {
      if (type == kTrue || type == kFalse) {
        SkipBytes(1);  // in a list a bool is a byte
      } else {
        Skip(type, depth + 1);
      }
    }
  }

  const std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

uint32_t Crc32(uint32_t before, const void* bytes, int64_t size) {
  if (size == 0) return before;
  return ::crc32_gzip_refl(before, static_cast<const unsigned char*>(bytes), static_cast<uint64_t>(size));
}

std::string EncodeBlobPageHeader(int32_t num_values, int32_t page_size, uint32_t crc) {
  constexpr int32_t kDataPage = 0, kPlain = 0, kRle = 3;
  std::string out;
  AppendI32(kDataPage, &out);
  AppendI32(page_size, &out);  // uncompressed
  AppendI32(page_size, &out);  // compressed
  AppendI32(static_cast<int32_t>(crc), &out);
  out.push_back(static_cast<char>(1 << 4 | kStruct));
  AppendI32(num_values, &out);
  AppendI32(kPlain, &out);
  AppendI32(kRle, &out);  // definition levels
  AppendI32(kRle, &out);  // repetition levels
  out.push_back(kStop);
  out.push_back(kStop);
  return out;
}

Result<PageHeader> ParsePageHeader(std::span<const uint8_t> bytes) {
  Cursor cursor(bytes);
  PageHeader header;
  int64_t size = -1, id = 0;
  for (uint8_t type = cursor.Field(&id); type != kStop && !cursor.failed(); type = cursor.Field(&id)) {
    if (id == 1 && type == kI32) {
      header.type = cursor.ZigZag();
    } else if (id == 3 && type == kI32) {
      size = cursor.ZigZag();
    } else if (id == 4 && type == kI32) {
      header.crc = static_cast<uint32_t>(cursor.ZigZag());
    } else {
      cursor.Skip(type, 0);
    }
  }
  if (cursor.failed() || size < 0 || size > std::numeric_limits<int32_t>::max())
    return Error(ErrorCode::kCorrupt, "there is no page header");
  header.header_size = cursor.position();
  header.page_size = size;
  return header;
}

}  // namespace pixlake::file
