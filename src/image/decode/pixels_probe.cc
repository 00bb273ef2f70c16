// Writes the samples of images, for tests that ask other people's decoders the same.
//   pixels_probe FOLDER FILE...
// makes FOLDER/0.raw, FOLDER/1.raw … and prints a line of JSON for each: verdict,
// message, frames of the whole check, and how the samples lie. Not installed.
#include <chrono>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "image/decode/decode.h"
#include "image/json.h"
#include "image/metadata/metadata.h"

namespace {

using namespace pixlake;

class FileSink : public image::RowSink {
 public:
  explicit FileSink(const std::string& path) : out_(path, std::ios::binary) {}
  Status Begin(const image::PixelLayout& layout) override {
    layout_ = layout;
    return Status::OK();
  }
  void Row(const uint8_t* samples) override {
    out_.write(reinterpret_cast<const char*>(samples), static_cast<std::streamsize>(layout_.row_bytes()));
  }
  const image::PixelLayout& layout() const { return layout_; }

 private:
  std::ofstream out_;
  image::PixelLayout layout_;
};

std::string Words(const Result<image::DecodeResult>& result) {
  std::string text;
  if (!result.ok()) {
    text = "\"over budget\",\"message\":";
    image::AppendJsonString(result.status().message(), &text);
    return text + ",\"frames\":0";
  }
  image::AppendJsonString(image::VerdictName(result->judgement.verdict), &text);
  text += ",\"message\":";
  image::AppendJsonString(result->judgement.message, &text);
  return text + fmt::format(",\"frames\":{}", result->frames);
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    image::DecodeBudget budget;
    budget.max_pixels = int64_t{1} << 28;
    const auto start = std::chrono::steady_clock::now();
    const auto checked = image::DecodePixels(bytes, budget, nullptr);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    FileSink sink(fmt::format("{}/{}.raw", argv[1], i - 2));
    const auto decoded = image::DecodePixels(bytes, budget, &sink);
    const image::PixelLayout& layout = sink.layout();
    fmt::print(
        "{{\"checked\":{},\"seconds\":{},\"decoded\":{{\"verdict\":{}}},\"width\":{},\"height\":{},"
        "\"channels\":{},"
        "\"bits\":{},\"cmyk\":{}}}\n",
        "{\"verdict\":" + Words(checked) + "}", seconds, Words(decoded), layout.width, layout.height,
        layout.channels, layout.bits, layout.cmyk);
  }
  return 0;
}
