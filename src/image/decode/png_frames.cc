// The frames of an animated PNG. PNG Specification (Third Edition), 4.8 APNG, 11.3.6.
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <spng.h>

#include "image/decode/png_decode_internal.h"
#include "image/header/png_colours_internal.h"

namespace pixlake::image {
namespace {

// ReadHeader saw that chunks follow one another up to IEND.
PngChunk ChunkAt(const HostileBytes& bytes, uint64_t position) {
  if (!bytes.Has(position, kPngChunkOverhead)) return {bytes.size(), 0, PngType("IEND")};
  return {position, bytes.Big32(position), bytes.Big32(position + 4)};
}

void PutBig32(uint32_t value, std::string* to) {
  for (int shift = 24; shift >= 0; shift -= 8) to->push_back(static_cast<char>(value >> shift & 0xFF));
}

std::string Crc(std::string_view type, std::span<const uint8_t> data) {
  uint32_t crc = crc32_gzip_refl(0, reinterpret_cast<const uint8_t*>(type.data()), type.size());
  crc = crc32_gzip_refl(crc, data.data(), data.size());
  std::string bytes;
  PutBig32(crc, &bytes);
  return bytes;
}

// A frame as a PNG of its own: every fdAT as an IDAT.
class FrameStream {
 public:
  // `front`: signature, IHDR, palette and transparency. `at`: the chunk behind the frame's fcTL.
  FrameStream(const HostileBytes& bytes, std::string front, uint64_t at)
      : bytes_(bytes), at_(at), front_(std::move(front)) {
    parts_[0] = Span(front_);
  }

  static int Read(spng_ctx*, void* self, void* to, size_t size) {
    return static_cast<FrameStream*>(self)->Take(static_cast<uint8_t*>(to), size);
  }

 private:
  static std::span<const uint8_t> Span(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }

  int Take(uint8_t* to, size_t size) {
    while (size > 0) {
      const auto part = std::find_if(parts_.begin(), parts_.end(), [](const auto& p) { return !p.empty(); });
      if (part == parts_.end()) {
        if (!NextChunk()) return SPNG_IO_EOF;
        continue;
      }
      const size_t taken = std::min(size, part->size());
      std::memcpy(to, part->data(), taken);
      *part = part->subspan(taken);
      to += taken;
      size -= taken;
    }
    return 0;
  }

  bool NextChunk() {
    for (PngChunk chunk = ChunkAt(bytes_, at_); !ended_; chunk = ChunkAt(bytes_, at_)) {
      if (chunk.type == PngType("fcTL") || chunk.type == PngType("IEND")) {
        ended_ = true;
        front_ = std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12);
        parts_ = {Span(front_)};
        return true;
      }
      at_ = chunk.end();
      if (chunk.type != PngType("fdAT") || chunk.length < 4) continue;
      const std::span<const uint8_t> data(bytes_.data() + chunk.data() + 4, chunk.length - 4);
      front_.clear();
      PutBig32(chunk.length - 4, &front_);
      front_ += "IDAT";
      crc_ = Crc("IDAT", data);
      parts_ = {Span(front_), data, Span(crc_)};
      return true;
    }
    return false;
  }

  const HostileBytes& bytes_;
  uint64_t at_;
  bool ended_ = false;
  std::string front_, crc_;
  std::array<std::span<const uint8_t>, 3> parts_{};  // of the chunk that is being read
};

// One walk over the chunks of an animation.
class Frames {
 public:
  explicit Frames(const DecodeTask& task) : task_(task), bytes_(task.bytes) {}

  Result<DecodeResult> Decode() {
    ReadFront();
    if (announced_ == 0) return DecodeResult{{}, 0, std::move(irregular_)};
    PngChunk chunk = ChunkAt(bytes_, kPngSignatureBytes);
    for (; chunk.type != PngType("IEND"); chunk = ChunkAt(bytes_, chunk.end())) {
      if (task_.deadline.Passed()) return DecodeResult{task_.deadline.Exceeded(), behind_};
      default_image_met_ |= chunk.type == PngType("IDAT");
      std::optional<Judgement> wrong;
      if (chunk.type == PngType("fdAT")) wrong = Data(chunk);
      if (chunk.type == PngType("fcTL")) {
        wrong = Control(chunk);
        if (!wrong && default_image_met_) {
          PL_ASSIGN_OR_RETURN(wrong, DecodeFrame(chunk));
        }
      }
      if (wrong) return DecodeResult{*std::move(wrong), behind_};
    }
    // All frames that there are came out whole, and that is what browsers show.
    if (controls_ != announced_) {
      AddIrregularity(chunk.position,
                      fmt::format("PNG: acTL announces {} frames, there are {}", announced_, controls_),
                      &irregular_);
    }
    return DecodeResult{{}, behind_, std::move(irregular_)};
  }

 private:
  // Up to IDAT: whether it moves, which an acTL behind it could not say.
  void ReadFront() {
    for (PngChunk chunk = ChunkAt(bytes_, kPngSignatureBytes);
         chunk.type != PngType("IDAT") && chunk.type != PngType("IEND");
         chunk = ChunkAt(bytes_, chunk.end())) {
      if (chunk.type != PngType("acTL")) continue;
      // One that says nothing makes no animation of the picture.
      if (chunk.length != 8 || !PngCrcIsRight(bytes_, chunk) || bytes_.Big32(chunk.data()) == 0) {
        AddIrregularity(chunk.position, "PNG: acTL is damaged, the image does not move", &irregular_);
      } else if (announced_ > 0) {
        AddIrregularity(chunk.position, "PNG: a second acTL", &irregular_);
      } else {
        announced_ = bytes_.Big32(chunk.data());
      }
    }
  }

  std::optional<Judgement> Next(const PngChunk& chunk, std::string_view type, uint32_t least) {
    if (chunk.length < least || !PngCrcIsRight(bytes_, chunk))
      return CorruptAt(chunk.position, fmt::format("PNG: {} is damaged", type));
    const uint32_t number = bytes_.Big32(chunk.data());
    if (number == sequence_++) return std::nullopt;
    return CorruptAt(chunk.position,
                     fmt::format("PNG: {} has sequence number {}, expected {}", type, number, sequence_ - 1));
  }

  std::optional<Judgement> Data(const PngChunk& chunk) {
    if (behind_ == 0) return CorruptAt(chunk.position, "PNG: fdAT without fcTL");
    return Next(chunk, "fdAT", 4);
  }

  std::optional<Judgement> Control(const PngChunk& chunk) {
    if (auto wrong = Next(chunk, "fcTL", 26)) return wrong;
    ++controls_;
    const uint64_t at = chunk.data();
    const uint64_t width = bytes_.Big32(at + 4), height = bytes_.Big32(at + 8);
    const uint64_t x = bytes_.Big32(at + 12), y = bytes_.Big32(at + 16);
    const bool inside = width > 0 && height > 0 && x + width <= task_.width() && y + height <= task_.height();
    // The default image, when it is a frame, is all of the picture.
    const bool whole = width == task_.width() && height == task_.height();
    if (inside && (default_image_met_ || whole)) return std::nullopt;
    return CorruptAt(chunk.position,
                     fmt::format("PNG: a frame of {}x{} pixels at {},{}", width, height, x, y));
  }

  std::string_view Text(const PngChunk& chunk) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + chunk.position,
            static_cast<size_t>(chunk.end() - chunk.position)};
  }

  // The file's own but for the size.
  std::string FrontOf(uint32_t width, uint32_t height) const {
    const PngChunk header = ChunkAt(bytes_, kPngSignatureBytes);
    std::string data;
    PutBig32(width, &data);
    PutBig32(height, &data);
    data += Text(header).substr(16, 5);
    const std::span<const uint8_t> crc_of(reinterpret_cast<const uint8_t*>(data.data()), data.size());
    std::string front(reinterpret_cast<const char*>(bytes_.data()), kPngSignatureBytes);
    front += Text(header).substr(0, 8);
    return front + data + Crc("IHDR", crc_of) + palette_;
  }

  Result<std::optional<Judgement>> DecodeFrame(const PngChunk& control) {
    const uint32_t width = bytes_.Big32(control.data() + 4), height = bytes_.Big32(control.data() + 8);
    FrameStream stream(bytes_, FrontOf(width, height), control.end());
    DecodeTask task{task_.bytes, task_.header, task_.budget, task_.deadline, nullptr};
    PL_ASSIGN_OR_RETURN(DecodeResult frame, DecodePngStream(FrameStream::Read, &stream, task));
    if (frame.judgement.verdict == Verdict::kOk) {
      ++behind_;
      return std::optional<Judgement>();
    }
    frame.judgement.message += fmt::format(", in frame {}", controls_);
    return std::optional(std::move(frame.judgement));
  }

  const DecodeTask& task_;
  const HostileBytes bytes_;
  std::vector<Irregularity> irregular_;
  const std::string palette_ = ReadPngColours(bytes_).Chunks();
  uint32_t announced_ = 0;  // by acTL; 0: no animation
  uint32_t controls_ = 0;   // fcTL so far
  uint32_t sequence_ = 0;   // the next number of fcTL and fdAT
  int64_t behind_ = 0;      // frames decoded that follow the default image
  bool default_image_met_ = false;
};

}  // namespace

Result<DecodeResult> DecodePngFrames(const DecodeTask& task) {
  return Frames(task).Decode();
}

}  // namespace pixlake::image
