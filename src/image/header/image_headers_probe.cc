// Prints what ReadHeader says of files, a line each, for tests that ask other
// people's decoders the same: path, format, width, height, channels, bit depth,
// verdict, offset, message, separated by tabs. Not installed.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "image/header/image_header.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto result = pixlake::image::ReadHeader(bytes);
    const auto& header = result.header;
    fmt::print("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", argv[i],
               header ? pixlake::image::FormatName(header->format) : "", header ? header->width : 0,
               header ? header->height : 0, header ? header->channels : 0, header ? header->bit_depth : 0,
               pixlake::image::VerdictName(result.judgement.verdict), result.judgement.offset,
               result.judgement.message);
  }
  return 0;
}
