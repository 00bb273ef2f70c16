#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/util/utf8.h>

#include "base/utf8.h"
#include "file/list/text_stream_internal.h"
#include "io/arrow_input.h"
#include "io/byte_stream.h"

namespace pixlake::file {
namespace {

constexpr size_t kLookedAt = size_t{64} << 10;
constexpr size_t kChunk = size_t{256} << 10;

enum class Encoding { kUtf8, kUtf16Little, kUtf16Big, kWindows1252 };

// The end of the last whole UTF-8 character.
size_t WholeCharacters(std::string_view text) {
  size_t back = 0;
  while (back < 3 && back < text.size()) {
    const auto byte = static_cast<unsigned char>(text[text.size() - 1 - back]);
    if ((byte & 0xC0) != 0x80) {
      const size_t needs = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
      return needs > back + 1 ? text.size() - 1 - back : text.size();
    }
    ++back;
  }
  return text.size();
}

// Text without zeros is no UTF-16; in Western text every other byte of it is zero.
bool LooksUtf16(std::string_view head, size_t zero_at) {
  const size_t pairs = std::min<size_t>(head.size() / 2, 512);
  size_t zeros = 0, others = 0;
  for (size_t i = 0; i < pairs; ++i) {
    zeros += head[2 * i + zero_at] == '\0';
    others += head[2 * i + 1 - zero_at] == '\0';
  }
  return pairs >= 2 && zeros * 2 > pairs && others == 0;
}

Encoding Detect(std::string_view head, size_t* mark) {
  *mark = 0;
  if (head.starts_with("\xEF\xBB\xBF")) {
    *mark = 3;
    return Encoding::kUtf8;
  }
  if (head.starts_with("\xFF\xFE")) {
    *mark = 2;
    return Encoding::kUtf16Little;
  }
  if (head.starts_with("\xFE\xFF")) {
    *mark = 2;
    return Encoding::kUtf16Big;
  }
  if (LooksUtf16(head, 1)) return Encoding::kUtf16Little;
  if (LooksUtf16(head, 0)) return Encoding::kUtf16Big;
  arrow::util::InitializeUTF8();
  const auto whole = static_cast<int64_t>(WholeCharacters(head));
  return arrow::util::ValidateUTF8(reinterpret_cast<const uint8_t*>(head.data()), whole)
             ? Encoding::kUtf8
             : Encoding::kWindows1252;
}

class TextStream : public io::SequentialInput {
 public:
  TextStream(std::shared_ptr<arrow::io::InputStream> bytes, Encoding encoding, std::string head)
      : bytes_(std::move(bytes)), encoding_(encoding) {
    Convert(head);
  }

  Status Close() override {
    PL_RETURN_NOT_OK(SequentialInput::Close());
    return bytes_->Close();
  }

 private:
  Result<int64_t> Take(int64_t count, uint8_t* out) override {
    int64_t filled = 0;
    while (filled < count) {
      if (taken_ == text_.size()) {
        PL_ASSIGN_OR_RETURN(const bool more, Fill());
        if (!more) break;
        continue;
      }
      const size_t part = std::min(text_.size() - taken_, static_cast<size_t>(count - filled));
      std::memcpy(out + filled, text_.data() + taken_, part);
      taken_ += part;
      filled += static_cast<int64_t>(part);
    }
    return filled;
  }

  Result<bool> Fill() {
    if (ended_) return false;
    PL_ASSIGN_OR_RETURN(const auto buffer, bytes_->Read(kChunk));
    ended_ = buffer->size() == 0;
    Convert({reinterpret_cast<const char*>(buffer->data()), static_cast<size_t>(buffer->size())});
    if (ended_ && (odd_ >= 0 || high_ != 0)) AppendUtf8(0xFFFD, &text_);
    return true;
  }

  void Convert(std::string_view bytes) {
    text_.clear();
    taken_ = 0;
    if (encoding_ == Encoding::kUtf8) {
      text_ = bytes;
    } else if (encoding_ == Encoding::kWindows1252) {
      for (const char c : bytes) AppendUtf8(Windows1252(static_cast<uint8_t>(c)), &text_);
    } else {
      for (const char c : bytes) TakeUtf16Byte(static_cast<uint8_t>(c));
    }
  }

  // RFC 2781, 2.2.
  void TakeUtf16Byte(uint8_t byte) {
    if (odd_ < 0) {
      odd_ = byte;
      return;
    }
    const uint32_t unit = encoding_ == Encoding::kUtf16Big ? static_cast<uint32_t>(odd_) << 8 | byte
                                                           : static_cast<uint32_t>(byte) << 8 | odd_;
    odd_ = -1;
    const bool low = unit >= 0xDC00 && unit < 0xE000;
    if (high_ != 0) {
      AppendUtf8(low ? 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00) : 0xFFFD, &text_);
      high_ = 0;
      if (low) return;
    }
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else {
      AppendUtf8(low ? 0xFFFD : unit, &text_);
    }
  }

  const std::shared_ptr<arrow::io::InputStream> bytes_;
  const Encoding encoding_;
  std::string text_;
  size_t taken_ = 0;
  bool ended_ = false;
  int odd_ = -1;       // the first byte of a unit whose second has not come
  uint32_t high_ = 0;  // a high surrogate whose low one has not come
};

// Bytes that were looked at, then the rest of the stream.
class Rejoined : public io::SequentialInput {
 public:
  Rejoined(std::string head, std::shared_ptr<arrow::io::InputStream> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}
  Status Close() override { return rest_->Close(); }
  bool closed() const override { return rest_->closed(); }

 private:
  Result<int64_t> Take(int64_t count, uint8_t* out) override {
    const size_t part = std::min(head_.size() - taken_, static_cast<size_t>(count));
    std::copy_n(head_.data() + taken_, part, out);
    taken_ += part;
    auto got = static_cast<int64_t>(part);
    if (got < count) {
      PL_ASSIGN_OR_RETURN(const int64_t more, rest_->Read(count - got, out + got));
      got += more;
    }
    return got;
  }

  const std::string head_;
  const std::shared_ptr<arrow::io::InputStream> rest_;
  size_t taken_ = 0;
};

// What a ByteStream gives, as much as is asked for.
class UnpackedStream : public io::SequentialInput {
 public:
  explicit UnpackedStream(std::unique_ptr<io::ByteStream> bytes) : bytes_(std::move(bytes)) {}

 private:
  Result<int64_t> Take(int64_t count, uint8_t* out) override {
    int64_t filled = 0;
    while (filled < count) {
      if (rest_.empty()) {
        PL_ASSIGN_OR_RETURN(rest_, bytes_->Next());
        if (rest_.empty()) break;
      }
      const size_t part = std::min(rest_.size(), static_cast<size_t>(count - filled));
      std::memcpy(out + filled, rest_.data(), part);
      rest_ = rest_.subspan(part);
      filled += static_cast<int64_t>(part);
    }
    return filled;
  }

  const std::unique_ptr<io::ByteStream> bytes_;
  std::span<const uint8_t> rest_;
};

Result<std::string> ReadHead(arrow::io::InputStream* bytes, size_t most) {
  std::string head(most, '\0');
  size_t filled = 0;
  while (filled < most) {
    PL_ASSIGN_OR_RETURN(const int64_t got,
                        bytes->Read(static_cast<int64_t>(most - filled), head.data() + filled));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  head.resize(filled);
  return head;
}

}  // namespace

std::shared_ptr<arrow::io::InputStream> Rejoin(std::string head,
                                               std::shared_ptr<arrow::io::InputStream> rest) {
  return std::make_shared<Rejoined>(std::move(head), std::move(rest));
}

Result<std::shared_ptr<arrow::io::InputStream>> OpenText(std::shared_ptr<arrow::io::InputStream> bytes,
                                                         const std::string& name) {
  PL_ASSIGN_OR_RETURN(std::string magic, ReadHead(bytes.get(), 4));
  const bool gzip = magic.starts_with("\x1F\x8B"), zstd = magic == "\x28\xB5\x2F\xFD";
  bytes = Rejoin(std::move(magic), std::move(bytes));
  if (gzip) bytes = std::make_shared<UnpackedStream>(io::GzipBytes(io::StreamBytes(std::move(bytes))));
  if (zstd) {
    PL_ASSIGN_OR_RETURN(auto unpacked, io::ZstdBytes(io::StreamBytes(std::move(bytes))));
    bytes = std::make_shared<UnpackedStream>(std::move(unpacked));
  }
  auto head = ReadHead(bytes.get(), kLookedAt);
  if (!head.ok()) return Error(ErrorCode::kCorrupt, "reading " + name + ": " + head.status().message());
  size_t mark = 0;
  const Encoding encoding = Detect(*head, &mark);
  return std::make_shared<TextStream>(std::move(bytes), encoding, head->substr(mark));
}

}  // namespace pixlake::file
