// The bytes of one member: in memory, or in a file of its own when they are many.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

// Bytes come in order, with holes between them perhaps. A member that states its size gets
// one allocation of that size.
class MemberContent {
 public:
  // `stated` -1: unknown.
  MemberContent(int64_t stated, const SourceOptions& options);
  ~MemberContent();  // removes its file unless Finish gave it away
  MemberContent(const MemberContent&) = delete;
  MemberContent& operator=(const MemberContent&) = delete;

  // `offset` not before what was added. Errors are ours (no memory, no space), not the
  // member's. Bytes behind a stated size are counted, not kept.
  Status Add(int64_t offset, std::span<const uint8_t> bytes);
  // Zeros up to `size`.
  Status Extend(int64_t size);
  int64_t size() const { return size_; }

  // Sets size and bytes, or size, path and temporary.
  Status Finish(SourceItem* item);

 private:
  Status Reserve(int64_t bytes);
  Status Spill();
  Status WriteAt(int64_t offset, std::span<const uint8_t> bytes);

  const SourceOptions& options_;
  const int64_t stated_;
  int64_t size_ = 0;
  std::shared_ptr<arrow::ResizableBuffer> buffer_;
  int fd_ = -1;
  std::string path_;
};

}  // namespace pixlake::ingest
