// The bytes of an archive in order: a file's or memory's, unpacked when they are packed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace pixlake::ingest {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // The next bytes, as many as are convenient; none only at the end. They stay until the
  // next call. kCorrupt for packed bytes that are damaged or cut short.
  virtual Result<std::span<const uint8_t>> Next() = 0;
  // Goes to a byte of it; only where size() is known.
  virtual void Seek(int64_t /*position*/) {}
  // -1: unknown, and it cannot seek.
  virtual int64_t size() const { return -1; }
};

// `fd` stays the caller's; `size` what it was when it was opened (reading goes on behind it).
std::unique_ptr<ByteStream> FileBytes(int fd, int64_t size);
// `bytes` outlive the stream.
std::unique_ptr<ByteStream> MemoryBytes(std::span<const uint8_t> bytes);
// RFC 1952, member after member, every checksum looked at; zeros may follow (tapes).
std::unique_ptr<ByteStream> GzipBytes(std::unique_ptr<ByteStream> packed);
// RFC 8878, frame after frame.
Result<std::unique_ptr<ByteStream>> ZstdBytes(std::unique_ptr<ByteStream> packed);

enum class ArchiveFormat { kNone, kTar, kZip };

// An archive whose bytes are about to be read. `first` are the first bytes that `bytes`
// has given already, unless the format is kNone.
struct ArchiveBytes {
  ArchiveFormat format = ArchiveFormat::kNone;
  bool packed = false;
  std::unique_ptr<ByteStream> bytes;
  std::span<const uint8_t> first;
  // A zip file without its end record: cut short, however its members look.
  bool lacks_directory = false;
};

// ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".zip" in any case.
bool IsCalledArchive(std::string_view name);

// Tells an archive by its bytes: tar (a header whose checksum is right, or nothing but
// the end marker) plain or in gzip or zstd, zip. Damage is no archive. Errors of `raw` alone.
Result<ArchiveBytes> DetectArchive(std::unique_ptr<ByteStream> raw);

}  // namespace pixlake::ingest
