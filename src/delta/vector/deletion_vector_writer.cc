#include <algorithm>
#include <memory>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/uuid.h"
#include "delta/vector/deletion_vector_internal.h"
#include "delta/vector/deletion_vector_writer_internal.h"
#include "delta/vector/roaring_internal.h"

namespace pixlake::delta {

namespace {

constexpr char kFileFormatVersion = 1;
// Readers parse a log's inline vectors with every snapshot: only the smallest stay there.
constexpr size_t kMostInlineBytes = 128;
constexpr size_t kRowsAtOnce = 4096;

void AppendLittleEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) {
    *out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

void AppendBigEndian32(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    *out += static_cast<char>(value >> shift & 0xFF);
  }
}

// The rows of one bucket, all with the same upper 32 bits.
Status AppendBucket(std::span<const uint64_t> rows, std::string* out) {
  const RoaringBitmap bitmap(roaring_bitmap_create());
  if (bitmap == nullptr) {
    return Error(ErrorCode::kOverBudget, "out of memory");
  }
  std::vector<uint32_t> low;
  for (size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
    const auto some = rows.subspan(begin, std::min(kRowsAtOnce, rows.size() - begin));
    low.clear();
    for (const uint64_t row : some) {
      low.push_back(static_cast<uint32_t>(row));
    }
    roaring_bitmap_add_many(bitmap.get(), low.size(), low.data());
  }
  roaring_bitmap_run_optimize(bitmap.get());
  AppendLittleEndian(rows.front() >> 32, 4, out);
  const size_t size = roaring_bitmap_portable_size_in_bytes(bitmap.get());
  std::vector<uint64_t> aligned((size + 7) / 8);
  roaring_bitmap_portable_serialize(bitmap.get(), reinterpret_cast<char*>(aligned.data()));
  out->append(reinterpret_cast<const char*>(aligned.data()), size);
  return Status::OK();
}

// "0a1b…" with dashes to its 16 bytes.
std::string UuidBytes(std::string_view uuid) {
  std::string out;
  int digits = 0;
  int value = 0;
  for (const char c : uuid) {
    if (c == '-') {
      continue;
    }
    value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) {
      out += static_cast<char>(value);
      value = 0;
    }
  }
  return out;
}

}  // namespace

std::string EncodeZ85(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  std::string out;
  for (size_t begin = 0; begin < bytes.size(); begin += 4) {
    uint32_t value = 0;
    for (size_t i = begin; i < begin + 4; ++i) {
      value = value << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0U);
    }
    char group[5];
    for (int k = 4; k >= 0; --k) {
      group[k] = kAlphabet[value % 85];
      value /= 85;
    }
    out.append(group, 5);
  }
  return out;
}

Result<std::string> EncodeRoaringArray(std::span<const uint64_t> rows) {
  std::string buckets;
  uint64_t count = 0;
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin;
    for (; end < rows.size() && rows[end] >> 32 == rows[begin] >> 32; ++end) {
      if (end > 0 && rows[end] <= rows[end - 1]) {
        return Error(ErrorCode::kInternal, "rows of a deletion vector are not sorted and distinct");
      }
    }
    PL_RETURN_NOT_OK(AppendBucket(rows.subspan(begin, end - begin), &buckets));
    ++count;
    begin = end;
  }
  std::string out;
  AppendLittleEndian(kPortableMagic, 4, &out);
  AppendLittleEndian(count, 8, &out);
  return out + buckets;
}

Result<size_t> DeletionVectorWriter::Add(std::span<const uint64_t> rows) {
  PL_ASSIGN_OR_RETURN(std::string bytes, EncodeRoaringArray(rows));
  vectors_.push_back({std::move(bytes), static_cast<int64_t>(rows.size())});
  return vectors_.size() - 1;
}

// PROTOCOL.md, "Deletion Vector File Storage Format": a version byte, then for each
// vector its size, its bytes and their CRC-32.
Result<std::vector<DeletionVectorDescriptor>> DeletionVectorWriter::Finish(const io::Location& table) {
  const std::string uuid = NewUuid();
  const std::string text = EncodeZ85(UuidBytes(uuid));
  std::string file(1, kFileFormatVersion);
  std::vector<DeletionVectorDescriptor> out;
  for (const Vector& vector : vectors_) {
    DeletionVectorDescriptor descriptor;
    descriptor.cardinality = vector.cardinality;
    descriptor.size_in_bytes = static_cast<int64_t>(vector.bytes.size());
    if (vector.bytes.size() <= kMostInlineBytes) {
      descriptor.storage_type = "i";
      descriptor.path_or_inline = EncodeZ85(vector.bytes);
    } else {
      if (file.size() > INT32_MAX - vector.bytes.size()) {
        return Error(ErrorCode::kOverBudget, "the deletion vectors of one commit exceed 2 GiB");
      }
      descriptor.storage_type = "u";
      descriptor.path_or_inline = text;
      descriptor.offset = static_cast<int64_t>(file.size());
      AppendBigEndian32(static_cast<uint32_t>(vector.bytes.size()), &file);
      file += vector.bytes;
      AppendBigEndian32(Crc32(vector.bytes), &file);
    }
    out.push_back(std::move(descriptor));
  }
  if (file.size() == 1) {
    return out;
  }
  const std::string name = "deletion_vector_" + uuid + ".bin";
  PL_ASSIGN_OR_RETURN(const auto output, table.store->Create(table.Child(name)));
  PL_RETURN_NOT_OK(output->stream()->Write(file.data(), static_cast<int64_t>(file.size())));
  PL_RETURN_NOT_OK(output->Close());
  file_name_ = name;
  return out;
}

}  // namespace pixlake::delta
