// Writes thumbnails as PNG files, for tests that ask other people's decoders the same.
//   thumbnail_probe MAX_SIDE FOLDER FILE...
// makes FOLDER/0.png, FOLDER/1.png … and prints a line for each: "ok", or why not.
// Not installed.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "image/codec/png.h"
#include "image/thumbnail/thumbnail.h"

int main(int argc, char** argv) {
  using namespace pixlake::image;
  if (argc < 3) return 2;
  PngEncoder encoder = PngEncoder::Make(1).ValueOrDie();
  for (int i = 3; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto image = MakeThumbnail(bytes, std::atoi(argv[1]), int64_t{1} << 28);
    std::vector<uint8_t> png;
    const auto status = image.ok() ? encoder.Encode(image->view(), &png) : image.status();
    fmt::print("{}\n", status.ok() ? std::string("ok") : status.message());
    std::ofstream out(fmt::format("{}/{}.png", argv[2], i - 3), std::ios::binary);
    out.write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  }
  return 0;
}
