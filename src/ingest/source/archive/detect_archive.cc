#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "image/format.h"
#include "ingest/source/archive/byte_stream_internal.h"

namespace pixlake::ingest {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t kTarHeader = 512;

bool StartsWith(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

// POSIX.1-1988 ustar and what came before it: the checksum is the sum of the header's
// bytes, its own eight counted as spaces, in octal.
bool IsTar(Bytes bytes) {
  if (bytes.size() < kTarHeader) return false;
  const Bytes header = bytes.first(kTarHeader);
  // An empty archive: two blocks of zeros.
  if (std::all_of(bytes.begin(), bytes.begin() + std::min(bytes.size(), 2 * kTarHeader),
                  [](uint8_t byte) { return byte == 0; })) {
    return bytes.size() >= 2 * kTarHeader;
  }
  uint32_t stated = 0;
  bool any = false;
  for (size_t i = 148; i < 156; ++i) {
    const uint8_t byte = header[i];
    if (byte >= '0' && byte <= '7') {
      stated = stated * 8 + (byte - '0');
      any = true;
    } else if (any || byte != ' ') {
      break;
    }
  }
  uint32_t sum = 0, signed_sum = 0;  // some old writers summed signed bytes
  for (size_t i = 0; i < kTarHeader; ++i) {
    const uint8_t byte = i >= 148 && i < 156 ? ' ' : header[i];
    sum += byte;
    signed_sum += static_cast<uint32_t>(static_cast<int8_t>(byte));
  }
  return any && (stated == sum || stated == signed_sum);
}

// The `size` bytes from `position`, or as many as there are.
Result<std::string> ReadAt(ByteStream* bytes, int64_t position, size_t size) {
  std::string read;
  bytes->Seek(position);
  while (read.size() < size) {
    PL_ASSIGN_OR_RETURN(const Bytes piece, bytes->Next());
    if (piece.empty()) break;
    read.append(reinterpret_cast<const char*>(piece.data()), std::min(piece.size(), size - read.size()));
  }
  return read;
}

uint32_t Little(std::string_view bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// APPNOTE 4.3.16, and 4.3.15 for zip64: an end record, and the central directory where it says,
// counted from the file's beginning or, as bytes were put in front, back from the record itself.
Result<bool> EndsAsZip(ByteStream* bytes) {
  constexpr int64_t kReach = 22 + 65535;
  constexpr std::string_view kEntry = "PK\1\2";
  const int64_t begin = std::max<int64_t>(bytes->size() - kReach, 0);
  PL_ASSIGN_OR_RETURN(const std::string tail, ReadAt(bytes, begin, static_cast<size_t>(kReach)));
  const size_t at = tail.rfind("PK\5\6");
  if (at == std::string::npos || at + 22 > tail.size()) return false;
  const int64_t record = begin + static_cast<int64_t>(at);
  if (at >= 20 && tail.compare(at - 20, 4, "PK\6\7") == 0) return true;
  if (Little(tail, at + 10, 2) == 0) return false;  // without a member there is nothing to take
  for (const int64_t directory :
       {record - int64_t{Little(tail, at + 12, 4)}, int64_t{Little(tail, at + 16, 4)}}) {
    if (directory < 0 || directory >= record) continue;
    PL_ASSIGN_OR_RETURN(const std::string entry, ReadAt(bytes, directory, kEntry.size()));
    if (entry == kEntry) return true;
  }
  return false;
}

// A tar within what was packed, or no archive.
Result<ArchiveBytes> FinishPacked(ArchiveBytes archive) {
  const auto first = archive.bytes->Next();
  if (!first.ok())
    return first.status().IsCancelled() ? Result<ArchiveBytes>(first.status()) : ArchiveBytes();
  archive.first = *first;
  if (!IsTar(archive.first)) return ArchiveBytes();
  archive.format = ArchiveFormat::kTar;
  return archive;
}

// APPNOTE 4.3.16: the end record is the last thing but a comment of at most 64 KiB.
Result<bool> HasEndRecord(ByteStream* bytes) {
  constexpr int64_t kReach = 22 + 65535;
  const int64_t begin = std::max<int64_t>(bytes->size() - kReach, 0);
  bytes->Seek(begin);
  bool found = false;
  int64_t read = begin;
  uint32_t last = 0;  // the four bytes before, so that a border between pieces does not hide it
  while (!found && read < bytes->size()) {
    PL_ASSIGN_OR_RETURN(const Bytes piece, bytes->Next());
    if (piece.empty()) break;
    read += static_cast<int64_t>(piece.size());
    for (const uint8_t byte : piece) {
      last = last << 8 | byte;
      found |= last == 0x504B0506;
    }
  }
  bytes->Seek(0);
  return found;
}

bool EndsWithOneOf(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
    if (name.size() < ending.size()) return false;
    const std::string_view end = name.substr(name.size() - ending.size());
    return std::equal(end.begin(), end.end(), ending.begin(),
                      [](char a, char b) { return (a | 0x20) == b || a == b; });
  });
}

}  // namespace

bool IsCalledArchive(std::string_view name) {
  return EndsWithOneOf(name, {".tar", ".zip", ".tgz", ".tar.gz", ".tar.zst", ".tzst", ".tar.xz", ".txz",
                              ".tar.bz2", ".tbz2", ".tbz"});
}

bool IsCalledPacked(std::string_view name) {
  return EndsWithOneOf(name, {".gz", ".xz", ".bz2", ".zst", ".lz", ".lz4", ".lzma", ".z", ".br", ".7z",
                              ".rar", ".lha", ".lzh", ".cab", ".cpio"});
}

Result<ArchiveBytes> DetectArchive(std::unique_ptr<ByteStream> raw) {
  ArchiveBytes archive;
  raw->Seek(0);
  PL_ASSIGN_OR_RETURN(archive.first, raw->Next());
  if (StartsWith(archive.first, {"PK\3\4", 4}) || StartsWith(archive.first, {"PK\5\6", 4})) {
    archive.format = ArchiveFormat::kZip;
    PL_ASSIGN_OR_RETURN(const bool has_end, HasEndRecord(raw.get()));
    archive.lacks_directory = !has_end;
    archive.first = {};
    archive.bytes = std::move(raw);
    return archive;
  }
  // Nothing that shows as an image is an archive, whatever is put behind it.
  if (!image::DetectFormat(archive.first) && raw->size() >= 0) {
    const bool tar = IsTar(archive.first);
    PL_ASSIGN_OR_RETURN(const bool zip, tar ? Result<bool>(false) : EndsAsZip(raw.get()));
    if (zip) {
      archive.format = ArchiveFormat::kZip;
      archive.first = {};
      archive.bytes = std::move(raw);
      archive.bytes->Seek(0);
      return archive;
    }
    raw->Seek(0);
    PL_ASSIGN_OR_RETURN(archive.first, raw->Next());
  }
  const bool gzip = StartsWith(archive.first, {"\x1F\x8B", 2});
  const bool zstd = StartsWith(archive.first, {"\x28\xB5\x2F\xFD", 4});
  auto unpacked = UnpackedByLibarchive(archive.first, &raw);
  if (!unpacked.ok())
    return unpacked.status().IsCancelled() ? Result<ArchiveBytes>(unpacked.status()) : ArchiveBytes();
  if (*unpacked != nullptr) {
    archive.packed = true;
    archive.bytes = *std::move(unpacked);
    return FinishPacked(std::move(archive));
  }
  archive.bytes = std::move(raw);
  if (gzip || zstd) {
    archive.packed = true;
    archive.bytes->Seek(0);
    if (gzip) {
      archive.bytes = GzipBytes(std::move(archive.bytes));
    } else {
      PL_ASSIGN_OR_RETURN(archive.bytes, ZstdBytes(std::move(archive.bytes)));
    }
    return FinishPacked(std::move(archive));
  }
  if (!IsTar(archive.first)) return ArchiveBytes();
  archive.format = ArchiveFormat::kTar;
  return archive;
}

}  // namespace pixlake::ingest
