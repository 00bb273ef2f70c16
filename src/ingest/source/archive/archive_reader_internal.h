// libarchive behind our own types: members of a tar or zip file, one after the other.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <locale.h>

#include "base/result.h"
#include "ingest/source/archive/byte_stream_internal.h"

struct archive;
struct archive_entry;

namespace pixlake::ingest {

struct Member {
  std::string name;   // the bytes as they stand in the archive, without a leading "./"
  int64_t size = -1;  // as stated; -1 unknown
  int64_t mtime_ns = 0;
  bool is_folder = false;
  bool encrypted = false;
  std::string hard_link;   // the name of the member that has its content; empty: none
  std::string not_a_file;  // "is a FIFO, not a file", "is a hard link to …"; empty for files
};

// Not thread-safe. After an error of Next or Read nothing can be read any more.
class ArchiveReader {
 public:
  // `max_unpacked`: kOverBudget once a packed stream has given more than this.
  static Result<std::unique_ptr<ArchiveReader>> Open(ArchiveBytes bytes, int64_t max_unpacked);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // The next member; nullopt at the end. What was not read of the last one is passed over.
  // kCorrupt for damage and for an archive that is cut short.
  Result<std::optional<Member>> Next();

  // A piece of the current member.
  struct Piece {
    int64_t offset = 0;  // in the member; a gap is a hole, zeros
    std::span<const uint8_t> bytes;
  };
  // nullopt at its end. `damage` is set, and the rest of the member given up, for what
  // concerns this member alone (a wrong checksum, a method that is not supported).
  Result<std::optional<Piece>> Read(Status* damage);

  // Whether the end marker was there (always for zip).
  bool ended_properly() const {
    return format_ != ArchiveFormat::kTar || trailing_zeros_ >= 512 || behind_end_ >= 0;
  }
  // After the end: what a person should know, such as bytes behind the end marker that are no
  // members; empty: nothing.
  std::string remark() const;

 private:
  struct Callbacks;
  explicit ArchiveReader(ArchiveBytes bytes, int64_t max_unpacked);
  Status Failure(int code);
  void CountZeros(std::span<const uint8_t> bytes);
  void NoteZeroBlocks(std::span<const uint8_t> bytes);
  bool IsBehindEndMarker();

  ::archive* archive_ = nullptr;
  ::archive_entry* entry_ = nullptr;
  std::unique_ptr<ByteStream> bytes_;
  std::span<const uint8_t> first_;
  const ArchiveFormat format_;
  const bool packed_;
  const int64_t max_unpacked_;
  int64_t position_ = 0;        // in the unpacked bytes
  int64_t trailing_zeros_ = 0;  // at the end of what was read
  // Runs of blocks of zeros in what was read lately, and the block that is being read.
  struct Run {
    int64_t begin = 0, end = 0;
  };
  std::deque<Run> zero_runs_;
  bool block_is_zero_ = true;
  int64_t read_before_ = 0;  // the header that was asked for last
  int64_t behind_end_ = -1;  // where what is no member begins behind the end marker; -1: nowhere
  Status stream_error_;      // of bytes_, which libarchive knows only as a failure
  locale_t locale_ = nullptr;
};

}  // namespace pixlake::ingest
