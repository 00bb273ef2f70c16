#include "io/byte_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>

#include "base/stop/stop_token.h"

namespace pixlake::io {
namespace {

// Fits the second-level cache together with what is made of it.
constexpr size_t kChunkBytes = 256 << 10;

class File : public ByteStream {
 public:
  File(int fd, int64_t size) : fd_(fd), size_(size), chunk_(kChunkBytes) {}

  Result<std::span<const uint8_t>> Next() override {
    PL_RETURN_NOT_OK(CheckStopped());
    while (true) {
      const ssize_t got = ::pread(fd_, chunk_.data(), chunk_.size(), position_);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoError(errno, "reading", fmt::format("at byte {}", position_));
      position_ += got;
      return std::span<const uint8_t>(chunk_.data(), static_cast<size_t>(got));
    }
  }
  void Seek(int64_t position) override { position_ = position; }
  int64_t size() const override { return size_; }

 private:
  const int fd_;
  const int64_t size_;
  std::vector<uint8_t> chunk_;
  int64_t position_ = 0;
};

class Memory : public ByteStream {
 public:
  explicit Memory(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Result<std::span<const uint8_t>> Next() override {
    return bytes_.subspan(std::exchange(position_, bytes_.size()));
  }
  void Seek(int64_t position) override {
    position_ = std::min(static_cast<size_t>(std::max<int64_t>(position, 0)), bytes_.size());
  }
  int64_t size() const override { return static_cast<int64_t>(bytes_.size()); }

 private:
  const std::span<const uint8_t> bytes_;
  size_t position_ = 0;
};

class Stream : public ByteStream {
 public:
  explicit Stream(std::shared_ptr<arrow::io::InputStream> stream)
      : stream_(std::move(stream)), chunk_(kChunkBytes) {}

  Result<std::span<const uint8_t>> Next() override {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const int64_t got, stream_->Read(static_cast<int64_t>(chunk_.size()), chunk_.data()));
    return std::span<const uint8_t>(chunk_.data(), static_cast<size_t>(got));
  }

 private:
  const std::shared_ptr<arrow::io::InputStream> stream_;
  std::vector<uint8_t> chunk_;
};

class Gzip : public ByteStream {
 public:
  explicit Gzip(std::unique_ptr<ByteStream> packed) : packed_(std::move(packed)), chunk_(kChunkBytes) {
    StartMember();
  }

  Result<std::span<const uint8_t>> Next() override {
    PL_RETURN_NOT_OK(damage_);
    state_->next_out = chunk_.data();
    state_->avail_out = static_cast<uint32_t>(chunk_.size());
    while (state_->avail_out == chunk_.size()) {
      if (state_->avail_in == 0 && !at_end_) PL_RETURN_NOT_OK(Refill());
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        while (state_->avail_in > 0 && *state_->next_in == 0) Take(1);
        if (state_->avail_in == 0 && !at_end_) continue;
        if (state_->avail_in == 0) return std::span<const uint8_t>();
        if (!BeginsAsMember()) return LeaveOut();
        StartMember();
      } else if (state_->avail_in == 0) {
        return Corrupt("the gzip stream ends before it is complete");
      }
      const int code = isal_inflate(state_.get());
      if (code == ISAL_DECOMP_OK) continue;
      damage_ = Corrupt(code == ISAL_INCORRECT_CHECKSUM
                            ? "the gzip checksum does not fit the data; expected an undamaged file"
                            : "the gzip stream is damaged; expected a valid deflate block or gzip header");
      // What came before the damage is given first.
      if (state_->avail_out == chunk_.size()) return damage_;
    }
    return std::span<const uint8_t>(chunk_.data(), chunk_.size() - state_->avail_out);
  }

  std::string remark() const override {
    return left_out_ == 0
               ? std::string()
               : fmt::format("{} bytes behind the gzip stream are none of it and were left out", left_out_);
  }

 private:
  // RFC 1952, 2.3.1. Of a single byte at the end of what is there the next ones tell.
  bool BeginsAsMember() const {
    return state_->next_in[0] == 0x1F && (state_->avail_in == 1 ? !at_end_ : state_->next_in[1] == 0x8B);
  }

  Result<std::span<const uint8_t>> LeaveOut() {
    while (!at_end_ || state_->avail_in > 0) {
      left_out_ += state_->avail_in;
      Take(state_->avail_in);
      PL_RETURN_NOT_OK(Refill());
    }
    return std::span<const uint8_t>();
  }

  void StartMember() {
    const auto in = std::pair(state_->next_in, state_->avail_in);
    const auto out = std::pair(state_->next_out, state_->avail_out);
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    std::tie(state_->next_in, state_->avail_in) = in;
    std::tie(state_->next_out, state_->avail_out) = out;
  }

  void Take(uint32_t bytes) {
    state_->next_in += bytes;
    state_->avail_in -= bytes;
  }

  Status Refill() {
    PL_ASSIGN_OR_RETURN(const auto more, packed_->Next());
    taken_ += static_cast<int64_t>(more.size());
    at_end_ = more.empty();
    // ISA-L takes 32-bit lengths; memory may come in one piece.
    if (more.size() > UINT32_MAX) return Error(ErrorCode::kUnsupported, "gzip of more than 4 GiB in memory");
    state_->next_in = const_cast<uint8_t*>(more.data());
    state_->avail_in = static_cast<uint32_t>(more.size());
    return Status::OK();
  }

  Status Corrupt(const char* what) const {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("compressed offset {}: {}", taken_ - state_->avail_in, what));
  }

  const std::unique_ptr<ByteStream> packed_;
  std::vector<uint8_t> chunk_;
  const std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  int64_t taken_ = 0;
  int64_t left_out_ = 0;  // behind the last member
  bool at_end_ = false;
  Status damage_;
};

class Zstd : public ByteStream {
 public:
  Zstd(std::unique_ptr<ByteStream> packed, std::shared_ptr<arrow::util::Decompressor> decompressor)
      : packed_(std::move(packed)), decompressor_(std::move(decompressor)), chunk_(kChunkBytes) {}

  Result<std::span<const uint8_t>> Next() override {
    while (true) {
      if (input_.empty() && !more_output_) {
        PL_ASSIGN_OR_RETURN(input_, packed_->Next());
        taken_ += static_cast<int64_t>(input_.size());
        if (input_.empty()) {
          if (!inside_frame_) return std::span<const uint8_t>();
          return Error(ErrorCode::kCorrupt,
                       fmt::format("compressed offset {}: the zstd stream ends before it is "
                                   "complete",
                                   taken_));
        }
      }
      if (!inside_frame_) {
        PL_RETURN_NOT_OK(decompressor_->Reset());
        inside_frame_ = true;
      }
      const auto step = decompressor_->Decompress(static_cast<int64_t>(input_.size()), input_.data(),
                                                  static_cast<int64_t>(chunk_.size()), chunk_.data());
      if (!step.ok()) {
        return Error(ErrorCode::kCorrupt,
                     fmt::format("compressed offset {}: {}; expected an undamaged zstd stream",
                                 taken_ - static_cast<int64_t>(input_.size()), step.status().message()));
      }
      input_ = input_.subspan(static_cast<size_t>(step->bytes_read));
      inside_frame_ = !decompressor_->IsFinished();
      more_output_ = inside_frame_ && step->need_more_output;
      if (step->bytes_written > 0)
        return std::span<const uint8_t>(chunk_.data(), static_cast<size_t>(step->bytes_written));
    }
  }

 private:
  const std::unique_ptr<ByteStream> packed_;
  const std::shared_ptr<arrow::util::Decompressor> decompressor_;
  std::vector<uint8_t> chunk_;
  std::span<const uint8_t> input_;
  int64_t taken_ = 0;
  bool inside_frame_ = false;
  bool more_output_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> FileBytes(int fd, int64_t size) {
  return std::make_unique<File>(fd, size);
}

std::unique_ptr<ByteStream> MemoryBytes(std::span<const uint8_t> bytes) {
  return std::make_unique<Memory>(bytes);
}

std::unique_ptr<ByteStream> StreamBytes(std::shared_ptr<arrow::io::InputStream> stream) {
  return std::make_unique<Stream>(std::move(stream));
}

std::unique_ptr<ByteStream> GzipBytes(std::unique_ptr<ByteStream> packed) {
  return std::make_unique<Gzip>(std::move(packed));
}

Result<std::unique_ptr<ByteStream>> ZstdBytes(std::unique_ptr<ByteStream> packed) {
  PL_ASSIGN_OR_RETURN(const auto codec, arrow::util::Codec::Create(arrow::Compression::ZSTD));
  PL_ASSIGN_OR_RETURN(auto decompressor, codec->MakeDecompressor());
  return std::make_unique<Zstd>(std::move(packed), std::move(decompressor));
}

}  // namespace pixlake::io
