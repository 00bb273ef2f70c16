#include "ingest/idx_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

namespace pixlake::ingest {
namespace {

constexpr int64_t kChunkBytes = 256 << 10;

// Bytes in order, from a file as it is or unpacked.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to `size` bytes; 0 only at the end.
  virtual Result<int64_t> Read(int64_t size, uint8_t* out) = 0;
};

class PlainSource : public ByteSource {
 public:
  explicit PlainSource(std::shared_ptr<arrow::io::RandomAccessFile> file) : file_(std::move(file)) {}
  Result<int64_t> Read(int64_t size, uint8_t* out) override {
    PL_ASSIGN_OR_RETURN(const int64_t got, file_->ReadAt(position_, size, out));
    position_ += got;
    return got;
  }

 private:
  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  int64_t position_ = 0;
};

// RFC 1952; several members one after the other are one file. ISA-L checks each
// member's CRC and length.
class GzipSource : public ByteSource {
 public:
  GzipSource(std::shared_ptr<arrow::io::RandomAccessFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)), input_(static_cast<size_t>(kChunkBytes)) {
    StartMember();
  }

  Result<int64_t> Read(int64_t size, uint8_t* out) override {
    state_.next_out = out;
    state_.avail_out = static_cast<uint32_t>(std::min<int64_t>(size, 1 << 30));
    const uint32_t wanted = state_.avail_out;
    while (state_.avail_out == wanted) {
      if (state_.avail_in == 0) PL_RETURN_NOT_OK(Refill());
      if (state_.block_state == ISAL_BLOCK_FINISH) {
        if (state_.avail_in == 0) return 0;
        StartMember();
      } else if (state_.avail_in == 0 && at_end_) {
        return Corrupt("the gzip stream ends before it is complete");
      }
      if (const int code = isal_inflate(&state_); code != ISAL_DECOMP_OK) return InflateError(code);
    }
    return wanted - state_.avail_out;
  }

 private:
  void StartMember() {
    uint8_t* const in = state_.next_in;
    const uint32_t in_bytes = state_.avail_in;
    uint8_t* const out = state_.next_out;
    const uint32_t out_bytes = state_.avail_out;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    state_.next_in = in;
    state_.avail_in = in_bytes;
    state_.next_out = out;
    state_.avail_out = out_bytes;
  }

  Status Refill() {
    PL_ASSIGN_OR_RETURN(const int64_t got, file_->ReadAt(position_, kChunkBytes, input_.data()));
    position_ += got;
    at_end_ = got == 0;
    state_.next_in = input_.data();
    state_.avail_in = static_cast<uint32_t>(got);
    return Status::OK();
  }

  Status Corrupt(const std::string& what) const {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("{}: compressed offset {}: {}", path_, position_ - state_.avail_in, what));
  }

  Status InflateError(int code) const {
    if (code == ISAL_INCORRECT_CHECKSUM)
      return Corrupt("the gzip checksum does not fit the data; expected an undamaged file");
    return Corrupt("the gzip stream is damaged; expected a valid deflate block or gzip header");
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  const std::string path_;
  std::vector<uint8_t> input_;
  inflate_state state_{};
  int64_t position_ = 0;
  bool at_end_ = false;
};

class Stream : public IdxStream {
 public:
  Stream(std::unique_ptr<ByteSource> source, std::string path)
      : source_(std::move(source)), path_(std::move(path)) {}

  Status ReadHeader() {
    std::vector<uint8_t> bytes(image::kIdxMagicBytes);
    PL_ASSIGN_OR_RETURN(int64_t got, Fill(bytes.data(), static_cast<int64_t>(bytes.size())));
    bytes.resize(static_cast<size_t>(got));
    PL_ASSIGN_OR_RETURN(const size_t header_bytes, image::IdxHeaderBytes(bytes, path_));
    bytes.resize(header_bytes);
    constexpr auto kMagic = static_cast<int64_t>(image::kIdxMagicBytes);
    PL_ASSIGN_OR_RETURN(got, Fill(bytes.data() + kMagic, static_cast<int64_t>(header_bytes) - kMagic));
    bytes.resize(static_cast<size_t>(kMagic + got));
    return image::ParseIdxHeader(bytes, path_).Value(&header_);
  }

  const image::IdxHeader& header() const override { return header_; }
  const std::string& path() const override { return path_; }
  int64_t items_read() const override { return items_read_; }

  Status Read(int64_t items, uint8_t* out) override {
    if (items < 0 || items > header_.item_count - items_read_) {
      return Error(ErrorCode::kUsage, fmt::format("{} has {} items, {} were read, {} more were asked for",
                                                  path_, header_.item_count, items_read_, items));
    }
    const int64_t wanted = items * header_.item_bytes;
    PL_ASSIGN_OR_RETURN(const int64_t got, Fill(out, wanted));
    if (got < wanted) {
      return image::IdxSizeError(header_, header_.header_bytes + items_read_ * header_.item_bytes + got,
                                 path_);
    }
    items_read_ += items;
    if (items_read_ < header_.item_count || finished_) return Status::OK();
    finished_ = true;
    uint8_t extra = 0;
    PL_ASSIGN_OR_RETURN(const int64_t more, Fill(&extra, 1));
    return more == 0 ? Status::OK() : image::IdxSizeError(header_, header_.file_bytes() + 1, path_);
  }

 private:
  // As many of `size` bytes as there are.
  Result<int64_t> Fill(uint8_t* out, int64_t size) {
    int64_t filled = 0;
    while (filled < size) {
      PL_ASSIGN_OR_RETURN(const int64_t got, source_->Read(size - filled, out + filled));
      if (got == 0) break;
      filled += got;
    }
    return filled;
  }

  const std::unique_ptr<ByteSource> source_;
  const std::string path_;
  image::IdxHeader header_;
  int64_t items_read_ = 0;
  bool finished_ = false;
};

}  // namespace

Result<std::unique_ptr<IdxStream>> IdxStream::Open(const io::Location& file) {
  PL_ASSIGN_OR_RETURN(auto input, file.store->OpenInput(file.path));
  uint8_t magic[2] = {};
  PL_ASSIGN_OR_RETURN(const int64_t got, input->ReadAt(0, 2, magic));
  std::unique_ptr<ByteSource> source;
  if (got == 2 && magic[0] == 0x1F && magic[1] == 0x8B) {
    source = std::make_unique<GzipSource>(std::move(input), file.path);
  } else {
    source = std::make_unique<PlainSource>(std::move(input));
  }
  auto stream = std::make_unique<Stream>(std::move(source), file.path);
  PL_RETURN_NOT_OK(stream->ReadHeader());
  return std::unique_ptr<IdxStream>(std::move(stream));
}

}  // namespace pixlake::ingest
