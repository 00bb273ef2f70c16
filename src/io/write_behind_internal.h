// A file written in large blocks while the caller goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>

#include "base/result.h"

namespace pixlake::io {

// Bytes gather in a block; full blocks are written by another thread while the next one
// fills, past the page cache where the file system allows it (O_DIRECT): data files are
// written once and not read soon, so copying them into the cache and out again costs
// more than the disk, and pushes out what others need there. Of one thread.
class WriteBehind {
 public:
  // Takes the descriptor over, an empty file's. `direct`: try O_DIRECT.
  WriteBehind(int fd, std::string path, bool direct);
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // An error may be that of an earlier block.
  Status Write(const void* data, int64_t size);
  int64_t position() const { return position_; }

  // Writes what is gathered, syncs when asked, closes.
  Status Finish(bool sync);

 private:
  struct Unmap {
    void operator()(uint8_t* block) const;
  };
  using Block = std::unique_ptr<uint8_t, Unmap>;

  Status PassOn();
  Status Settle();
  Status WriteAt(const uint8_t* bytes, size_t size, int64_t offset);
  void SetDirect(bool on);

  int fd_;
  const std::string path_;
  const bool wants_direct_;
  bool direct_ = false;
  Block block_;            // being filled
  Block spare_;            // being written, or free
  size_t filled_ = 0;      // of block_
  int64_t position_ = 0;   // of the next byte
  int64_t passed_on_ = 0;  // bytes before block_
  std::future<Status> pending_;
};

}  // namespace pixlake::io
