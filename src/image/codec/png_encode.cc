#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

#include "image/codec/png.h"

namespace pixlake::image {
namespace {

// PNG (Third Edition), 5.2: the signature.
constexpr uint8_t kSignature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr size_t kChunkOverhead = 12;  // length, type, CRC
constexpr int kFastLevel = 1;

void PutBigEndian32(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 24);
  at[1] = static_cast<uint8_t>(value >> 16);
  at[2] = static_cast<uint8_t>(value >> 8);
  at[3] = static_cast<uint8_t>(value);
}

// 5.3: length, type, data, CRC over type and data. The data already stands at
// `chunk` + 8; returns the chunk's end.
uint8_t* FinishChunk(uint8_t* chunk, const char* type, size_t data_bytes) {
  PutBigEndian32(chunk, static_cast<uint32_t>(data_bytes));
  std::memcpy(chunk + 4, type, 4);
  PutBigEndian32(chunk + 8 + data_bytes, libdeflate_crc32(0, chunk + 4, 4 + data_bytes));
  return chunk + data_bytes + kChunkOverhead;
}

// 11.2.1 IHDR: width, height, bit depth 8, colour type, deflate, adaptive filtering,
// no interlace.
uint8_t* PutHeader(uint8_t* chunk, uint32_t width, uint32_t height, uint8_t colour_type) {
  PutBigEndian32(chunk + 8, width);
  PutBigEndian32(chunk + 12, height);
  const uint8_t rest[5] = {8, colour_type, 0, 0, 0};
  std::memcpy(chunk + 16, rest, sizeof(rest));
  return FinishChunk(chunk, "IHDR", 13);
}

// Deflates with ISA-L's one-shot level 0, in deflate's fixed codes.
size_t CompressFast(std::span<const uint8_t> in, uint8_t* out, size_t room) {
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.gzip_flag = IGZIP_ZLIB;
  stream.end_of_stream = 1;
  isal_deflate_set_hufftables(&stream, nullptr, IGZIP_HUFFTABLE_STATIC);
  stream.next_in = const_cast<uint8_t*>(in.data());  // not written to
  stream.avail_in = static_cast<uint32_t>(in.size());
  stream.next_out = out;
  stream.avail_out = static_cast<uint32_t>(room);
  if (isal_deflate_stateless(&stream) != COMP_OK) return 0;
  return room - stream.avail_out;
}

// 9.4 Filter type 4: the neighbour nearest to left + up - upper left.
uint8_t Paeth(int left, int up, int corner) {
  const int guess = left + up - corner;
  const int to_left = std::abs(guess - left), to_up = std::abs(guess - up),
            to_corner = std::abs(guess - corner);
  if (to_left <= to_up && to_left <= to_corner) return static_cast<uint8_t>(left);
  return static_cast<uint8_t>(to_up <= to_corner ? up : corner);
}

// 12.7 Filter selection: of Sub, Up and Paeth (9.2) the one whose bytes, as signed
// numbers, have the least sum. `above` is null for the first row. `scratch` is that of
// one row. `out` gets the filter's byte and the row.
void FilterRgbRow(const uint8_t* row, const uint8_t* above, size_t bytes, std::vector<uint8_t>* scratch,
                  uint8_t* out) {
  scratch->resize(bytes);
  uint64_t least = std::numeric_limits<uint64_t>::max();
  for (const uint8_t filter : {1, 2, 4}) {
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes; ++i) {
      const uint8_t left = i < 3 ? 0 : row[i - 3], up = above == nullptr ? 0 : above[i];
      const uint8_t corner = i < 3 || above == nullptr ? 0 : above[i - 3];
      const uint8_t guess = filter == 1 ? left : filter == 2 ? up : Paeth(left, up, corner);
      (*scratch)[i] = static_cast<uint8_t>(row[i] - guess);
      sum += static_cast<uint64_t>(std::abs(static_cast<int8_t>((*scratch)[i])));
    }
    if (sum >= least) continue;
    least = sum;
    out[0] = filter;
    std::memcpy(out + 1, scratch->data(), bytes);
  }
}

template <typename View>
Status CheckSize(const View& image) {
  constexpr uint32_t kMostSide = std::numeric_limits<int32_t>::max();
  const uint64_t pixels = uint64_t{image.width} * image.height;
  if (pixels == 0 || image.width > kMostSide || image.height > kMostSide ||
      image.pixels.size() != pixels * View::kChannels) {
    return Error(ErrorCode::kUsage, fmt::format("cannot write {} bytes as a PNG of {}x{} pixels",
                                                image.pixels.size(), image.width, image.height));
  }
  return Status::OK();
}

}  // namespace

struct PngEncoder::State {
  int level = 1;
  std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor{
      nullptr, libdeflate_free_compressor};
  std::vector<uint8_t> rows;  // each row with its filter byte in front
  std::vector<uint8_t> scratch;
};

PngEncoder::PngEncoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
PngEncoder::PngEncoder(PngEncoder&&) noexcept = default;
PngEncoder& PngEncoder::operator=(PngEncoder&&) noexcept = default;
PngEncoder::~PngEncoder() = default;

Result<PngEncoder> PngEncoder::Make(int level) {
  auto state = std::make_unique<State>();
  state->level = level;
  state->compressor.reset(libdeflate_alloc_compressor(level));
  if (state->compressor == nullptr) {
    return Error(ErrorCode::kUsage, fmt::format("PNG compression level {} is not between 0 and 12", level));
  }
  return PngEncoder(std::move(state));
}

Status PngEncoder::Encode(const GrayView& image, std::vector<uint8_t>* out) {
  PL_RETURN_NOT_OK(CheckSize(image));
  const size_t row_bytes = size_t{image.width} + 1;
  std::vector<uint8_t>& rows = state_->rows;
  rows.resize(row_bytes * image.height);
  for (uint32_t y = 0; y < image.height; ++y) {
    rows[y * row_bytes] = 0;  // 9.2: filter type None
    std::memcpy(&rows[y * row_bytes + 1], image.pixels.data() + size_t{y} * image.width, image.width);
  }
  return EncodeRows(image.width, image.height, /*colour_type=*/0, out);
}

Status PngEncoder::Encode(const RgbView& image, std::vector<uint8_t>* out) {
  PL_RETURN_NOT_OK(CheckSize(image));
  const size_t bytes = size_t{image.width} * 3;
  std::vector<uint8_t>& rows = state_->rows;
  rows.resize((bytes + 1) * image.height);
  for (uint32_t y = 0; y < image.height; ++y) {
    const uint8_t* row = image.pixels.data() + y * bytes;
    FilterRgbRow(row, y == 0 ? nullptr : row - bytes, bytes, &state_->scratch, &rows[y * (bytes + 1)]);
  }
  return EncodeRows(image.width, image.height, /*colour_type=*/2, out);
}

Status PngEncoder::EncodeRows(uint32_t width, uint32_t height, uint8_t colour_type,
                              std::vector<uint8_t>* out) {
  constexpr size_t kMostChunk = std::numeric_limits<int32_t>::max();
  const std::vector<uint8_t>& rows = state_->rows;
  // A literal takes at most 9 bits in the fixed codes, and what does not shrink is stored.
  const bool fast = state_->level == kFastLevel;
  const size_t bound = libdeflate_zlib_compress_bound(state_->compressor.get(), rows.size()) +
                       (fast ? rows.size() / 8 + 64 : 0);
  if (bound > kMostChunk) return Error(ErrorCode::kUnsupported, "an image too large for one PNG data chunk");
  const size_t start = out->size();
  out->resize(start + sizeof(kSignature) + 13 + bound + 3 * kChunkOverhead);
  uint8_t* at = out->data() + start;
  std::memcpy(at, kSignature, sizeof(kSignature));
  at = PutHeader(at + sizeof(kSignature), width, height, colour_type);
  const size_t compressed =
      fast ? CompressFast(rows, at + 8, bound)
           : libdeflate_zlib_compress(state_->compressor.get(), rows.data(), rows.size(), at + 8, bound);
  if (compressed == 0) return Error(ErrorCode::kInternal, "the compressor found its own bound too small");
  at = FinishChunk(at, "IDAT", compressed);
  at = FinishChunk(at, "IEND", 0);
  out->resize(static_cast<size_t>(at - out->data()));
  return Status::OK();
}

}  // namespace pixlake::image
