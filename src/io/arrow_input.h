// Arrow's inputs, of which only what differs is to be written.
#pragma once

#include <cstdint>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include "base/result.h"

namespace pixlake::io {

// A stream of what Take gives.
class SequentialInput : public arrow::io::InputStream {
 public:
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return position_; }
  Result<int64_t> Read(int64_t count, void* out) override {
    PL_ASSIGN_OR_RETURN(const int64_t got, Take(count, static_cast<uint8_t*>(out)));
    position_ += got;
    return got;
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
    PL_ASSIGN_OR_RETURN(auto buffer, arrow::AllocateResizableBuffer(count));
    PL_ASSIGN_OR_RETURN(const int64_t got, Read(count, buffer->mutable_data()));
    PL_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }

 protected:
  // The next `count` bytes; fewer only at the end.
  virtual Result<int64_t> Take(int64_t count, uint8_t* out) = 0;

 private:
  int64_t position_ = 0;
  bool closed_ = false;
};

// A file that is read by ranges; its own position is kept here.
class RangedInput : public arrow::io::RandomAccessFile {
 public:
  using arrow::io::RandomAccessFile::ReadAt;

  // What is being read goes on.
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return position_; }
  Status Seek(int64_t position) override {
    position_ = position;
    return Status::OK();
  }
  Result<int64_t> Read(int64_t count, void* out) override {
    PL_ASSIGN_OR_RETURN(const int64_t got, ReadAt(position_, count, out));
    position_ += got;
    return got;
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t count) override {
    PL_ASSIGN_OR_RETURN(auto buffer, ReadAt(position_, count));
    position_ += buffer->size();
    return buffer;
  }

 private:
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace pixlake::io
