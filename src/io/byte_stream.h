// Bytes in order: a file's, a stream's or memory's, unpacked when they are packed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <arrow/io/type_fwd.h>

#include "base/result.h"

namespace pixlake::io {

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
  // Once it has ended: what a person should know of it; empty: nothing.
  virtual std::string remark() const { return {}; }
};

// `fd` stays the caller's; `size` what it was when it was opened (reading goes on behind it).
std::unique_ptr<ByteStream> FileBytes(int fd, int64_t size);
// `bytes` outlive the stream.
std::unique_ptr<ByteStream> MemoryBytes(std::span<const uint8_t> bytes);
// From where the stream is; it cannot seek.
std::unique_ptr<ByteStream> StreamBytes(std::shared_ptr<arrow::io::InputStream> stream);
// RFC 1952, member after member, every checksum looked at. As with gzip(1), zeros may follow the
// last one (tapes), and what follows and does not begin as a member is left out, with a remark.
std::unique_ptr<ByteStream> GzipBytes(std::unique_ptr<ByteStream> packed);
// RFC 8878, frame after frame.
Result<std::unique_ptr<ByteStream>> ZstdBytes(std::unique_ptr<ByteStream> packed);

}  // namespace pixlake::io
