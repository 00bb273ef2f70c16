#include "ingest/idx_stream.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "io/byte_stream.h"

namespace pixlake::ingest {
namespace {

class Stream : public IdxStream {
 public:
  Stream(std::unique_ptr<io::ByteStream> source, std::string path)
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
  std::string remark() const override { return source_->remark(); }

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
      if (rest_.empty()) {
        const auto next = source_->Next();
        if (!next.ok()) return WithContext(next.status(), path_);
        rest_ = *next;
        if (rest_.empty()) break;
      }
      const size_t part = std::min(rest_.size(), static_cast<size_t>(size - filled));
      std::memcpy(out + filled, rest_.data(), part);
      rest_ = rest_.subspan(part);
      filled += static_cast<int64_t>(part);
    }
    return filled;
  }

  const std::unique_ptr<io::ByteStream> source_;
  std::span<const uint8_t> rest_;  // of what it gave last
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
  std::unique_ptr<io::ByteStream> source = io::StreamBytes(std::move(input));
  if (got == 2 && magic[0] == 0x1F && magic[1] == 0x8B) source = io::GzipBytes(std::move(source));
  auto stream = std::make_unique<Stream>(std::move(source), file.path);
  PL_RETURN_NOT_OK(stream->ReadHeader());
  return std::unique_ptr<IdxStream>(std::move(stream));
}

}  // namespace pixlake::ingest
