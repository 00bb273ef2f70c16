// How fast images are checked whole: here, in the sandbox, and by a plain loop of
// libjpeg-turbo's over the same files, as djpeg decodes. One core. Prints JSON, seconds.
//   decode_benchmark RUNS FILE...      (JPEG files)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <jpeglib.h>

#include "sandbox/decoder_process.h"

namespace {

using namespace pixlake;
using Bytes = std::vector<uint8_t>;

// Every row to RGB, nothing kept; libjpeg's own error manager, which exits on an error.
void PlainDecode(const Bytes& bytes) {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes.data(), bytes.size());
  jpeg_read_header(&info, TRUE);
  jpeg_start_decompress(&info);
  Bytes row(size_t{info.output_width} * static_cast<size_t>(info.output_components));
  while (info.output_scanline < info.output_height) {
    JSAMPROW rows[1] = {row.data()};
    jpeg_read_scanlines(&info, rows, 1);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
}

double Seconds(const std::function<void(const Bytes&)>& decode, const std::vector<Bytes>& images) {
  const auto start = std::chrono::steady_clock::now();
  for (const Bytes& image : images) decode(image);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Check(const image::Answer& answer) {
  if (answer.judgement.verdict == image::Verdict::kOk) return;
  fmt::print(stderr, "decode_benchmark: {}\n", answer.judgement.message);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int runs = std::atoi(argv[1]);
  std::vector<Bytes> images;
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    images.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  image::Question question;
  question.check = image::CheckLevel::kFull;
  sandbox::DecoderProcess process({});
  std::vector<double> plain, here, sandboxed;
  for (int run = 0; run < runs; ++run) {
    plain.push_back(Seconds(PlainDecode, images));
    here.push_back(Seconds([&](const Bytes& bytes) { Check(image::Examine(bytes, question)); }, images));
    sandboxed.push_back(
        Seconds([&](const Bytes& bytes) { Check(process.Ask(bytes, question).ValueOrDie()); }, images));
  }
  fmt::print("{{\"plain\": [{}], \"here\": [{}], \"sandboxed\": [{}]}}\n", fmt::join(plain, ", "),
             fmt::join(here, ", "), fmt::join(sandboxed, ", "));
  return 0;
}
