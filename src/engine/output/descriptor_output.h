// Bytes on their way to a descriptor: a file, a pipe, a terminal.
#pragma once

#include <memory>
#include <string>

#include <arrow/io/interfaces.h>

#include "base/result.h"

namespace pixlake::engine {

// A stream that counts its bytes itself, since a pipe knows no position, and so is the same
// into a pipe and into a file. Errors name `what` and say what the system says (kNoSpace for a
// full disk). Not thread-safe.
class DescriptorOutput : public arrow::io::OutputStream {
 public:
  // A file, device or pipe that is there.
  static Result<std::unique_ptr<DescriptorOutput>> Open(const std::string& path);
  // A descriptor of the caller's, which stays open.
  DescriptorOutput(int descriptor, std::string what) : descriptor_(descriptor), what_(std::move(what)) {}
  ~DescriptorOutput() override;

  Status Write(const void* data, int64_t size) override;
  using arrow::io::OutputStream::Write;
  Result<int64_t> Tell() const override { return position_; }
  Status Close() override;
  bool closed() const override { return closed_; }

 private:
  const int descriptor_;
  const std::string what_;
  bool owned_ = false;
  bool closed_ = false;
  int64_t position_ = 0;
};

}  // namespace pixlake::engine
