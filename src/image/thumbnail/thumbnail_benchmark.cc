// Headers a second and milliseconds a thumbnail over the files named, by format, on
// one thread; then the files of which a header is sound and no thumbnail is to be had.
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "image/header/image_header.h"
#include "image/thumbnail/thumbnail.h"

namespace {

using Clock = std::chrono::steady_clock;

double Milliseconds(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Total {
  int files = 0;
  double pixels = 0;
  double milliseconds = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace pixlake::image;
  std::vector<std::vector<uint8_t>> files;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  constexpr int kRounds = 20;
  const auto begin = Clock::now();
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& bytes : files) (void)ReadHeader(bytes);
  }
  const double seconds = Milliseconds(begin) / 1000 / kRounds;
  double total_bytes = 0;
  for (const auto& bytes : files) total_bytes += static_cast<double>(bytes.size());
  fmt::print("{} files, {:.0f} headers/s, {:.2f} GB/s of files\n", files.size(),
             static_cast<double>(files.size()) / seconds, total_bytes / seconds / 1e9);
  std::map<std::string_view, Total> totals;
  std::string failures;
  for (size_t i = 0; i < files.size(); ++i) {
    const HeaderResult result = ReadHeader(files[i]);
    if (result.judgement.verdict != Verdict::kOk) continue;
    const auto start = Clock::now();
    const auto image = MakeThumbnail(files[i], 128, int64_t{1} << 28);
    if (!image.ok()) {
      failures += fmt::format("{}: {}\n", argv[i + 1], image.status().message());
      continue;
    }
    Total& total = totals[FormatName(result.header->format)];
    ++total.files;
    total.milliseconds += Milliseconds(start);
    total.pixels += static_cast<double>(result.header->width * result.header->height);
  }
  for (const auto& [format, total] : totals) {
    fmt::print("{:<5} {:>4} thumbnails, {:.2f} ms each, {:.1f} megapixels/s\n", format, total.files,
               total.milliseconds / total.files, total.pixels / total.milliseconds / 1000);
  }
  fmt::print("{}", failures);
  return 0;
}
