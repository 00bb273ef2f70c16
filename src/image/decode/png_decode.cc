// PNG by libspng.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <spng.h>

#include "image/decode/png_decode_internal.h"
#include "image/header/png_colours_internal.h"

namespace pixlake::image {
namespace {

// Hands libspng the signature and the chunks that pixels come from, and no others: text and
// profiles, which it would inflate, are none of its business. Colours come as those that count.
class PixelChunks {
 public:
  explicit PixelChunks(std::span<const uint8_t> bytes)
      : bytes_(bytes),
        end_(std::min<size_t>(bytes.size(), kFront)),
        colours_(ReadPngColours(HostileBytes(bytes)).Chunks()) {}

  // A spng_read_fn.
  static int Read(spng_ctx*, void* self, void* to, size_t size) {
    return static_cast<PixelChunks*>(self)->Take(static_cast<uint8_t*>(to), size);
  }

 private:
  int Take(uint8_t* to, size_t size) {
    while (size > 0) {
      if (at_ == kFront && colours_at_ < colours_.size()) {
        const size_t part = std::min(size, colours_.size() - colours_at_);
        std::memcpy(to, colours_.data() + colours_at_, part);
        colours_at_ += part;
        to += part;
        size -= part;
        continue;
      }
      if (at_ == end_ && !NextChunk()) return SPNG_IO_EOF;
      const size_t part = std::min(size, end_ - at_);
      std::memcpy(to, bytes_.data() + at_, part);
      at_ += part;
      to += part;
      size -= part;
    }
    return 0;
  }

  // ReadHeader saw that chunks follow one another up to IEND.
  bool NextChunk() {
    const HostileBytes bytes(bytes_);
    while (bytes.Has(at_, kPngChunkOverhead)) {
      const uint64_t size = uint64_t{bytes.Big32(at_)} + kPngChunkOverhead;
      if (!bytes.Has(at_, size)) return false;
      end_ = at_ + static_cast<size_t>(size);
      const uint32_t type = bytes.Big32(at_ + 4);
      if (type == PngType("IDAT") || type == PngType("IEND")) return true;
      at_ = end_;
    }
    return false;
  }

  static constexpr size_t kFront = 33;  // signature and IHDR

  const std::span<const uint8_t> bytes_;
  size_t at_ = 0, end_;
  const std::string colours_;
  size_t colours_at_ = 0;
};

using Context = std::unique_ptr<spng_ctx, void (*)(spng_ctx*)>;

Result<DecodeResult> Failure(int code, const DecodeTask& task) {
  const std::string message = fmt::format("PNG: {}", spng_strerror(code));
  switch (code) {
    case SPNG_EMEM:
      return Error(ErrorCode::kOverBudget, "decoding " + message);
    case SPNG_IO_EOF:
      return DecodeResult{TruncatedAt(HostileBytes(task.bytes), message), 0};
    default:
      return DecodeResult{{Verdict::kCorrupt, -1, message}, 0};
  }
}

struct Plan {
  PixelLayout layout;
  int format = 0;
  int flags = 0;
};

// What libspng can give that is nearest to what is there.
Plan PlanFor(const DecodeTask& task, const spng_ihdr& header) {
  Plan plan;
  plan.layout = {header.width, header.height, task.header.channels, header.bit_depth == 16 ? 16 : 8};
  plan.format = SPNG_FMT_PNG;
  const bool transparent = task.header.channels == 2 || task.header.channels == 4;
  if (header.color_type == SPNG_COLOR_TYPE_INDEXED) {
    plan.format = transparent ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
    plan.flags = transparent ? SPNG_DECODE_TRNS : 0;
  } else if (header.color_type == SPNG_COLOR_TYPE_GRAYSCALE) {
    if (header.bit_depth <= 8) plan.format = transparent ? SPNG_FMT_GA8 : SPNG_FMT_G8;
    if (header.bit_depth == 16 && transparent) plan.format = SPNG_FMT_GA16;
    plan.flags = transparent ? SPNG_DECODE_TRNS : 0;
  } else if (header.color_type == SPNG_COLOR_TYPE_TRUECOLOR && transparent) {
    plan.format = header.bit_depth == 16 ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8;
    plan.flags = SPNG_DECODE_TRNS;
  }
  return plan;
}

int ReadRows(spng_ctx* context, const Plan& plan, const DecodeTask& task, bool* late) {
  std::vector<uint8_t> row(plan.layout.row_bytes());
  int code = spng_decode_image(context, nullptr, 0, plan.format, plan.flags | SPNG_DECODE_PROGRESSIVE);
  for (uint32_t y = 0; code == 0 && y < plan.layout.height; ++y) {
    code = spng_decode_row(context, row.data(), row.size());
    if (code == SPNG_EOI && y + 1 == plan.layout.height) code = 0;
    if (code == 0 && task.sink != nullptr) task.sink->Row(row.data());
    if ((y & 63) == 63 && task.deadline.Passed()) {
      *late = true;
      return 0;
    }
  }
  return code;
}

// Without a sink each pass's rows are looked at and forgotten; with one the image is
// complete only at its end.
int ReadInterlaced(spng_ctx* context, const Plan& plan, const DecodeTask& task, bool* late) {
  const size_t stride = plan.layout.row_bytes();
  std::vector<uint8_t> image(task.sink == nullptr ? stride : stride * plan.layout.height);
  int code = spng_decode_image(context, nullptr, 0, plan.format, plan.flags | SPNG_DECODE_PROGRESSIVE);
  for (uint64_t rows = 0; code == 0; ++rows) {
    spng_row_info info{};
    code = spng_get_row_info(context, &info);
    if (code != 0) break;
    // libspng puts a pass's pixels where they belong in a row, and leaves the others.
    const size_t y = task.sink == nullptr ? 0 : info.row_num;
    code = spng_decode_row(context, image.data() + y * stride, stride);
    if ((rows & 63) == 63 && task.deadline.Passed()) {
      *late = true;
      return 0;
    }
  }
  if (code != SPNG_EOI) return code;
  for (uint32_t y = 0; task.sink != nullptr && y < plan.layout.height; ++y)
    task.sink->Row(&image[y * stride]);
  return 0;
}

}  // namespace

Result<DecodeResult> DecodePngStream(PngRead read, void* from, const DecodeTask& task) {
  const Context context(spng_ctx_new(0), spng_ctx_free);
  if (context == nullptr) return Error(ErrorCode::kOverBudget, "no memory for a PNG decoder");
  spng_ihdr header{};
  int code = spng_set_png_stream(context.get(), read, from);
  if (code == 0) code = spng_get_ihdr(context.get(), &header);
  if (code != 0) return Failure(code, task);
  const Plan plan = PlanFor(task, header);
  const bool whole = header.interlace_method != 0 && task.sink != nullptr;
  const uint64_t memory = plan.layout.row_bytes() * (whole ? plan.layout.height : uint64_t{4});
  if (memory > static_cast<uint64_t>(task.budget.max_memory)) {
    return TooMuchMemory("PNG", memory, task.budget.max_memory);
  }
  if (task.sink != nullptr) PL_RETURN_NOT_OK(task.sink->Begin(plan.layout));
  bool late = false;
  code = header.interlace_method == 0 ? ReadRows(context.get(), plan, task, &late)
                                      : ReadInterlaced(context.get(), plan, task, &late);
  if (late) return DecodeResult{task.deadline.Exceeded(), 0};
  if (code != 0) return Failure(code, task);
  return DecodeResult{{}, 1};
}

Result<DecodeResult> DecodePng(const DecodeTask& task) {
  PixelChunks chunks(task.bytes);
  PL_ASSIGN_OR_RETURN(DecodeResult first, DecodePngStream(PixelChunks::Read, &chunks, task));
  // Who takes the rows wants the first frame, as of a GIF.
  if (first.judgement.verdict != Verdict::kOk || task.sink != nullptr) return first;
  PL_ASSIGN_OR_RETURN(DecodeResult others, DecodePngFrames(task));
  others.frames += first.frames;
  return others;
}

}  // namespace pixlake::image
