// PNG of 8-bit images: encoding (ISA-L, libdeflate) and decoding (libspng).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/pixels/gray_image.h"
#include "image/pixels/rgb_image.h"

namespace pixlake::image {

// Encodes one image after another. Keeps its compressor and scratch memory: make
// one a thread. Rows of grey are not filtered (type None): on drawings such as MNIST's
// a filter costs time and gains nothing. Rows of colour have the filter of the least
// sum, as photographs gain from it.
class PngEncoder {
 public:
  // `level` 0 (stored) to 12 (smallest). 1 is ISA-L with deflate's fixed codes: on
  // images of MNIST's size eight times as fast as libdeflate, which starts each
  // call by clearing 128 KiB, for 4 % more bytes. The rest are libdeflate's.
  static Result<PngEncoder> Make(int level = 1);
  PngEncoder(PngEncoder&&) noexcept;
  PngEncoder& operator=(PngEncoder&&) noexcept;
  ~PngEncoder();

  // Appends a complete PNG file to `out`. kUsage for an image without pixels, with
  // a side over 2^31-1, or whose span is not width * height pixels.
  Status Encode(const GrayView& image, std::vector<uint8_t>* out);
  Status Encode(const RgbView& image, std::vector<uint8_t>* out);

 private:
  struct State;
  explicit PngEncoder(std::unique_ptr<State> state);
  // Rows with their filter bytes are in the state.
  Status EncodeRows(uint32_t width, uint32_t height, uint8_t colour_type, std::vector<uint8_t>* out);
  std::unique_ptr<State> state_;
};

// Decodes any PNG to 8-bit grayscale (colour by libspng's luma, 16-bit to 8).
// kOverBudget before any allocation when it has more than `max_pixels`; kCorrupt
// for damage.
Result<GrayImage> DecodePngToGray(std::span<const uint8_t> png, int64_t max_pixels = int64_t{1} << 28);

}  // namespace pixlake::image
