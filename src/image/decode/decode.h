// Every pixel of an image, row by row.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/header/image_header.h"

namespace pixlake::image {

// How the samples of a row lie: `width` pixels of `channels` samples each, 8 bits or 16
// in the machine's byte order. Palettes are looked up, fewer than 8 bits scaled to 8.
struct PixelLayout {
  uint32_t width = 0;
  uint32_t height = 0;
  int channels = 0;   // 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA (or CMYK); alpha not multiplied in
  int bits = 8;       // a sample: 8 or 16
  bool cmyk = false;  // 4 channels of ink, 0 is none

  size_t row_bytes() const { return size_t{width} * static_cast<size_t>(channels * bits / 8); }
};

// Takes what is decoded.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Once, in front of the first row. An error ends decoding with it.
  virtual Status Begin(const PixelLayout& layout) = 0;
  // From the top down; row_bytes() of the layout, valid during the call.
  virtual void Row(const uint8_t* samples) = 0;
};

struct DecodeBudget {
  int64_t max_pixels = int64_t{1} << 29;  // of one frame; more is kBomb
  std::chrono::milliseconds max_time{0};  // for all of it; more is kBomb; 0: any
  int64_t max_memory = int64_t{1} << 30;  // bytes the decoder may take; more is kOverBudget
};

struct DecodeResult {
  Judgement judgement;
  int64_t frames = 0;  // decoded whole: pages of TIFF, frames of GIF, WebP and APNG, else 1
  std::vector<Irregularity> irregular = {};  // what the header did not show
};

// Decodes every frame and every pixel and says what is wrong: kTruncated or kCorrupt also
// where a decoder could go on by making pixels up. JPEG, PNG, TIFF, GIF, BMP, WebP;
// kUnsupported for a kind of these that is not decoded. The first frame's rows go to `sink`;
// with one, decoding may end there.
// Without a sink nothing is made of the samples but what the format has to judge: JPEG is
// decoded to its coefficients, for what comes after them cannot fail.
//
// The error is kOverBudget (memory, of a sound image too) or the sink's own. Never throws;
// the decoders are others' code: for bytes from anywhere see sandbox/.
Result<DecodeResult> DecodePixels(std::span<const uint8_t> bytes, const DecodeBudget& budget, RowSink* sink);

}  // namespace pixlake::image
