// A file written in large blocks while the caller goes on.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "base/work/crew.h"

namespace pixlake::io {

// Bytes gather in a block; full blocks are written by an I/O thread, one at a time, past the
// page cache where the file system allows it (O_DIRECT): data files are written once and not
// read soon, so copying them into the cache and out again costs more than the disk, and
// pushes out what others need there. Of the blocks there are three at most. Of one thread.
class WriteBehind {
 public:
  // Takes the descriptor over, an empty file's. `direct`: try O_DIRECT. A block is a multiple of every
  // file system's own; 4 MiB keep a disk busy.
  WriteBehind(int fd, std::string path, bool direct, int64_t block_bytes = int64_t{4} << 20);
  // Without Finish what waits is dropped.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // Copies. An error may be that of an earlier block.
  Status Write(const void* data, int64_t size);
  // Does not wait and does not copy: the bytes are held until they are written, and must not
  // change meanwhile. Who hands over much bounds it, with Drain.
  Status Write(std::shared_ptr<arrow::Buffer> data);
  // Waits until nothing that was handed over is held any more.
  Status Drain();
  int64_t position() const { return position_; }

  // Writes what is gathered, syncs when asked, closes.
  Status Finish(bool sync);

 private:
  struct Unmap {
    Unmap() : bytes(0) {}
    explicit Unmap(size_t size) : bytes(size) {}
    size_t bytes;
    void operator()(uint8_t* block) const;
  };
  using Block = std::unique_ptr<uint8_t, Unmap>;

  // A block, full or the front of one that the thread goes on with; or bytes that go there.
  struct Item {
    Block block;
    size_t filled = 0;
    std::shared_ptr<arrow::Buffer> data;
  };

  Result<Block> NewBlock() const;
  Result<Block> TakeBlock();
  Result<Block> BlockForThread();
  Status Enqueue(Item item);
  bool WriteNext();
  Status Process(Item item);
  Status Append(const uint8_t* data, size_t size);
  Status WriteBlock(Block block);
  Status WriteAt(const uint8_t* bytes, size_t size, int64_t offset);
  void SetDirect(bool on);
  void End(bool drop);

  // The caller's.
  int fd_;
  const std::string path_;
  const bool wants_direct_;
  const size_t block_bytes_;
  Block block_;             // being filled
  size_t filled_ = 0;       // of block_
  int64_t position_ = 0;    // of the next byte
  bool handed_on_ = false;  // the thread has the block that position_ is in
  int blocks_made_ = 0;

  // Of who writes, one at a time.
  bool direct_ = false;
  Block open_;  // filled with what was handed over
  size_t open_filled_ = 0;
  int64_t written_ = 0;  // bytes before open_

  std::mutex mutex_;
  std::condition_variable done_;
  std::deque<Item> queue_;
  std::vector<Block> free_;
  Status failed_;
  bool dropped_ = false;
  std::unique_ptr<Crew> writing_;  // one hand
};

}  // namespace pixlake::io
