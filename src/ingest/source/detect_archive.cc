#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "ingest/source/byte_stream_internal.h"

namespace pixlake::ingest {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t kTarBlock = 512;

bool StartsWith(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

// POSIX.1-1988 ustar and what came before it: the checksum is the sum of the header's
// bytes, its own eight counted as spaces, in octal.
bool IsTar(Bytes bytes) {
  if (bytes.size() < kTarBlock) return false;
  const Bytes header = bytes.first(kTarBlock);
  // An empty archive: two blocks of zeros.
  if (std::all_of(bytes.begin(), bytes.begin() + std::min(bytes.size(), 2 * kTarBlock),
                  [](uint8_t byte) { return byte == 0; })) {
    return bytes.size() >= 2 * kTarBlock;
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
  for (size_t i = 0; i < kTarBlock; ++i) {
    const uint8_t byte = i >= 148 && i < 156 ? ' ' : header[i];
    sum += byte;
    signed_sum += static_cast<uint32_t>(static_cast<int8_t>(byte));
  }
  return any && (stated == sum || stated == signed_sum);
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

}  // namespace

bool IsCalledArchive(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kEndings = {".tar",    ".zip",     ".tgz",
                                                               ".tar.gz", ".tar.zst", ".tzst"};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) {
    if (name.size() < ending.size()) return false;
    const std::string_view end = name.substr(name.size() - ending.size());
    return std::equal(end.begin(), end.end(), ending.begin(),
                      [](char a, char b) { return (a | 0x20) == b || a == b; });
  });
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
  const bool gzip = StartsWith(archive.first, {"\x1F\x8B", 2});
  const bool zstd = StartsWith(archive.first, {"\x28\xB5\x2F\xFD", 4});
  archive.bytes = std::move(raw);
  if (gzip || zstd) {
    archive.packed = true;
    archive.bytes->Seek(0);
    if (gzip) {
      archive.bytes = GzipBytes(std::move(archive.bytes));
    } else {
      PL_ASSIGN_OR_RETURN(archive.bytes, ZstdBytes(std::move(archive.bytes)));
    }
    const auto first = archive.bytes->Next();
    if (!first.ok())
      return first.status().IsCancelled() ? Result<ArchiveBytes>(first.status()) : ArchiveBytes();
    archive.first = *first;
  }
  if (!IsTar(archive.first)) return ArchiveBytes();
  archive.format = ArchiveFormat::kTar;
  return archive;
}

}  // namespace pixlake::ingest
