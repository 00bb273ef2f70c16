// The bytes of an archive in order, and what kind of archive they are.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "io/byte_stream.h"

namespace pixlake::ingest {

using io::ByteStream;
using io::FileBytes;
using io::GzipBytes;
using io::MemoryBytes;
using io::ZstdBytes;

// xz (its file format 1.1) or bzip2, by their magic; null: neither, `packed` is given back.
// kUnsupported when this libarchive was built without it.
Result<std::unique_ptr<ByteStream>> UnpackedByLibarchive(std::span<const uint8_t> first,
                                                         std::unique_ptr<ByteStream>* packed);

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

// ".tar", alone or packed (".tar.gz", ".tgz", …), ".zip", in any case.
bool IsCalledArchive(std::string_view name);

// What else says of itself that files are in it: archives of kinds that are not opened (".7z",
// ".rar", …), and single files that are packed (".gz", ".xz", …).
bool IsCalledPacked(std::string_view name);

// Tells an archive by its bytes: tar (a header whose checksum is right, or nothing but
// the end marker) plain or in gzip, zstd, xz or bzip2; zip, also behind other bytes that are no
// image (self-extracting). Damage is no archive. Errors of `raw` alone.
Result<ArchiveBytes> DetectArchive(std::unique_ptr<ByteStream> raw);

}  // namespace pixlake::ingest
