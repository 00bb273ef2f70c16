// A session's output as an Arrow stream.
#pragma once

#include <arrow/io/interfaces.h>

#include "base/output.h"
#include "base/result.h"

namespace pixlake::engine {

// Goes on to `output`, which outlives it; closing ends nothing there. Not thread-safe.
class OutputStream : public arrow::io::OutputStream {
 public:
  explicit OutputStream(Output* output) : output_(output) {}
  ~OutputStream() override = default;

  Status Write(const void* data, int64_t size) override {
    PL_RETURN_NOT_OK(output_->Write({static_cast<const char*>(data), static_cast<size_t>(size)}));
    position_ += size;
    return Status::OK();
  }
  using arrow::io::OutputStream::Write;
  Result<int64_t> Tell() const override { return position_; }
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  Output* const output_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace pixlake::engine
