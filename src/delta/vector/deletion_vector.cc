#include <array>

#include <fmt/format.h>

#include "delta/log/table_path_internal.h"
#include "delta/vector/deletion_vector_internal.h"
#include "delta/vector/roaring_internal.h"

namespace pixlake::delta {

namespace {

constexpr uint32_t kNativeMagic = 1681511376;
constexpr int64_t kMaxVectorBytes = int64_t{1} << 30;
// 2 GiB of positions: more than any sensible file has rows.
constexpr int64_t kMaxDeletedRows = int64_t{1} << 28;
constexpr size_t kUuidCharacters = 20;

Status Damaged(std::string_view what) {
  return Error(ErrorCode::kCorrupt, fmt::format("the deletion vector is damaged: {}", what));
}

uint32_t LittleEndian32(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

uint64_t LittleEndian64(std::string_view bytes) {
  return LittleEndian32(bytes) | uint64_t{LittleEndian32(bytes.substr(4))} << 32;
}

uint32_t BigEndian32(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

struct Bucket {
  uint32_t key = 0;
  RoaringBitmap bitmap;
};

// The library reads 32- and 64-bit words where they stand: give it an aligned copy.
RoaringBitmap DeserializeBucket(std::string_view bytes, size_t* length) {
  *length = roaring_bitmap_portable_deserialize_size(bytes.data(), bytes.size());
  if (*length == 0 || *length > bytes.size()) {
    return nullptr;
  }
  std::vector<uint64_t> aligned((*length + 7) / 8);
  std::memcpy(aligned.data(), bytes.data(), *length);
  return RoaringBitmap(
      roaring_bitmap_portable_deserialize_safe(reinterpret_cast<const char*>(aligned.data()), *length));
}

Result<std::vector<Bucket>> ParseBuckets(std::string_view bytes) {
  const uint64_t count = LittleEndian64(bytes);
  bytes.remove_prefix(8);
  if (count > bytes.size() / 5) {
    return Damaged(fmt::format("it claims {} buckets in {} bytes", count, bytes.size()));
  }
  std::vector<Bucket> buckets;
  for (uint64_t i = 0; i < count; ++i) {
    if (bytes.size() < 4) {
      return Damaged("it ends inside a bucket");
    }
    Bucket bucket;
    bucket.key = LittleEndian32(bytes);
    bytes.remove_prefix(4);
    if (bucket.key >> 31 != 0 || (!buckets.empty() && bucket.key <= buckets.back().key)) {
      return Damaged(fmt::format("bucket key {} is out of order", bucket.key));
    }
    size_t length = 0;
    bucket.bitmap = DeserializeBucket(bytes, &length);
    if (bucket.bitmap == nullptr) {
      return Damaged(fmt::format("bucket {} is no Roaring bitmap", bucket.key));
    }
    bytes.remove_prefix(length);
    buckets.push_back(std::move(bucket));
  }
  return buckets;
}

// Appends a bucket's positions. The library does not check that containers are in
// order, so every position is checked against the one before.
Status AppendPositions(const Bucket& bucket, std::vector<uint64_t>* out) {
  struct Walk {
    uint64_t high;
    size_t limit;
    std::vector<uint64_t>* out;
    bool ordered = true;
  } walk{uint64_t{bucket.key} << 32, out->capacity(), out};
  roaring_iterate(
      bucket.bitmap.get(),
      [](uint32_t low, void* parameter) {
        auto* state = static_cast<Walk*>(parameter);
        const uint64_t position = state->high | low;
        state->ordered =
            state->out->size() < state->limit && (state->out->empty() || position > state->out->back());
        if (state->ordered) {
          state->out->push_back(position);
        }
        return state->ordered;
      },
      &walk);
  return walk.ordered ? Status::OK() : Damaged("its positions are out of order");
}

// PROTOCOL.md, "Deletion Vector File Storage Format".
Result<std::string> ReadStoredBytes(const io::Location& table, const DeletionVectorDescriptor& vector) {
  PL_ASSIGN_OR_RETURN(const std::string path, DeletionVectorPath(table, vector));
  const int64_t offset = vector.offset.value_or(0);
  if (offset < 0) {
    return Damaged(fmt::format("its offset is {}", offset));
  }
  PL_ASSIGN_OR_RETURN(auto input, table.store->OpenInput(path));
  PL_ASSIGN_OR_RETURN(const int64_t file_size, input->GetSize());
  // Size before and checksum behind are four bytes each.
  if (offset > file_size - 8 || vector.size_in_bytes > file_size - 8 - offset) {
    return Damaged(fmt::format("{} has {} bytes; {} bytes at {} do not fit", path, file_size,
                               vector.size_in_bytes, offset));
  }
  std::string bytes(static_cast<size_t>(vector.size_in_bytes) + 8, '\0');
  PL_ASSIGN_OR_RETURN(const int64_t got,
                      input->ReadAt(offset, static_cast<int64_t>(bytes.size()), bytes.data()));
  if (got != static_cast<int64_t>(bytes.size())) {
    return Damaged(fmt::format("{} ended early", path));
  }
  const std::string_view view(bytes);
  if (BigEndian32(view) != static_cast<uint64_t>(vector.size_in_bytes)) {
    return Damaged(fmt::format("{} says {} bytes at {}, the log {}", path, BigEndian32(view), offset,
                               vector.size_in_bytes));
  }
  const std::string_view data = view.substr(4, view.size() - 8);
  const uint32_t stored = BigEndian32(view.substr(view.size() - 4));
  if (Crc32(data) != stored) {
    return Error(ErrorCode::kChecksum,
                 fmt::format("the deletion vector in {} at {} has CRC {:08x}, expected {:08x}", path, offset,
                             Crc32(data), stored));
  }
  return std::string(data);
}

Result<std::string> ReadBytes(const io::Location& table, const DeletionVectorDescriptor& vector) {
  if (vector.size_in_bytes < 0 || vector.size_in_bytes > kMaxVectorBytes) {
    return Damaged(fmt::format("its size is {}", vector.size_in_bytes));
  }
  if (vector.storage_type != "i") {
    return ReadStoredBytes(table, vector);
  }
  PL_ASSIGN_OR_RETURN(std::string bytes, DecodeZ85(vector.path_or_inline));
  if (static_cast<int64_t>(bytes.size()) < vector.size_in_bytes) {
    return Damaged(fmt::format("it has {} bytes, expected {}", bytes.size(), vector.size_in_bytes));
  }
  bytes.resize(static_cast<size_t>(vector.size_in_bytes));
  return bytes;
}

}  // namespace

Result<std::string> DecodeZ85(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  if (text.size() % 5 != 0) {
    return Damaged(fmt::format("its Z85 text has {} characters, which is no multiple of 5", text.size()));
  }
  std::string out;
  out.reserve(text.size() / 5 * 4);
  for (size_t i = 0; i < text.size(); i += 5) {
    uint64_t value = 0;
    for (size_t k = 0; k < 5; ++k) {
      const size_t digit = kAlphabet.find(text[i + k]);
      if (digit == std::string_view::npos) {
        return Damaged("its Z85 text has a character outside the alphabet");
      }
      value = value * 85 + digit;
    }
    if (value > UINT32_MAX) {
      return Damaged("its Z85 text holds a group beyond 32 bits");
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
      out += static_cast<char>(value >> shift & 0xFF);
    }
  }
  return out;
}

Result<std::vector<uint64_t>> DecodeRoaringArray(std::string_view bytes, int64_t cardinality) {
  if (bytes.size() < 12) {
    return Damaged(fmt::format("{} bytes are too few", bytes.size()));
  }
  const uint32_t magic = LittleEndian32(bytes);
  if (magic != kPortableMagic) {
    return magic == kNativeMagic
               ? Error(ErrorCode::kUnsupported, "the deletion vector is in the old native Roaring format")
               : Damaged(fmt::format("its magic number is {}, expected {}", magic, kPortableMagic));
  }
  PL_ASSIGN_OR_RETURN(const std::vector<Bucket> buckets, ParseBuckets(bytes.substr(4)));
  uint64_t total = 0;
  for (const Bucket& bucket : buckets) {
    total += roaring_bitmap_get_cardinality(bucket.bitmap.get());
  }
  if (cardinality < 0 || total != static_cast<uint64_t>(cardinality)) {
    return Damaged(fmt::format("it holds {} positions, the log says {}", total, cardinality));
  }
  if (cardinality > kMaxDeletedRows) {
    return Error(ErrorCode::kOverBudget,
                 fmt::format("a deletion vector of {} rows is more than the {} we unpack", cardinality,
                             kMaxDeletedRows));
  }
  std::vector<uint64_t> out;
  out.reserve(total);
  for (const Bucket& bucket : buckets) {
    PL_RETURN_NOT_OK(AppendPositions(bucket, &out));
  }
  if (out.size() != total) {
    return Damaged("its containers do not hold what their header says");
  }
  return out;
}

uint32_t Crc32(std::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1) != 0 ? 0xEDB88320U ^ value >> 1 : value >> 1;
      }
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc = kTable[(crc ^ static_cast<uint8_t>(c)) & 0xFF] ^ crc >> 8;
  }
  return ~crc;
}

Result<std::string> DeletionVectorPath(const io::Location& table, const DeletionVectorDescriptor& vector) {
  if (vector.storage_type == "p") {
    return ResolvePath(table, vector.path_or_inline);
  }
  const std::string& text = vector.path_or_inline;
  if (vector.storage_type != "u" || text.size() < kUuidCharacters) {
    return Damaged(fmt::format("storage type `{}` with `{}` names no file", vector.storage_type, text));
  }
  PL_ASSIGN_OR_RETURN(const std::string uuid,
                      DecodeZ85(std::string_view(text).substr(text.size() - kUuidCharacters)));
  const std::string prefix = text.substr(0, text.size() - kUuidCharacters);
  if (prefix.find('\0') != std::string::npos || prefix.find("..") != std::string::npos ||
      prefix.starts_with('/')) {
    return Damaged(fmt::format("its prefix `{}` is no folder name", prefix));
  }
  std::string name = prefix.empty() ? "deletion_vector_" : prefix + "/deletion_vector_";
  for (size_t i = 0; i < uuid.size(); ++i) {
    name += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
    name += fmt::format("{:02x}", static_cast<uint8_t>(uuid[i]));
  }
  return table.Child(name + ".bin");
}

Result<std::vector<uint64_t>> ReadDeletionVector(const io::Location& table,
                                                 const DeletionVectorDescriptor& vector, int64_t num_rows) {
  PL_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(table, vector));
  if (num_rows >= 0 && vector.cardinality > num_rows) {
    return Damaged(fmt::format("it deletes {} of {} rows", vector.cardinality, num_rows));
  }
  PL_ASSIGN_OR_RETURN(std::vector<uint64_t> rows, DecodeRoaringArray(bytes, vector.cardinality));
  if (num_rows >= 0 && !rows.empty() && rows.back() >= static_cast<uint64_t>(num_rows)) {
    return Damaged(fmt::format("it deletes row {} of a file with {} rows", rows.back(), num_rows));
  }
  return rows;
}

}  // namespace pixlake::delta
