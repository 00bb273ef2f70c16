// Files of a store that are never on a disk.
#pragma once

#include <memory>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include "io/store.h"

namespace pixlake::test {

// Closed, it leaves the bytes in `result`.
class MemoryOutput : public io::OutputFile {
 public:
  explicit MemoryOutput(std::shared_ptr<arrow::Buffer>* result) : result_(result) {}
  arrow::io::OutputStream* stream() override { return sink_.get(); }
  Status Close() override { return sink_->Finish().Value(result_); }

 private:
  std::shared_ptr<arrow::Buffer>* const result_;
  const std::shared_ptr<arrow::io::BufferOutputStream> sink_ =
      arrow::io::BufferOutputStream::Create().ValueOrDie();
};

}  // namespace pixlake::test
