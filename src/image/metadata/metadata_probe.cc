// Prints what ReadMetadata says of files, a JSON object a line with "path" first, for
// tests that compare it with other people's readers. With --bench N it reads all files
// into memory, then their metadata N times over, and prints images a second. Not installed.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "image/json.h"
#include "image/metadata/metadata.h"

namespace {

using Bytes = std::vector<uint8_t>;

Bytes ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Measure(int rounds, const std::vector<Bytes>& files) {
  for (const bool json : {false, true}) {
    std::string out;
    size_t sum = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round) {
      for (const Bytes& bytes : files) {
        const auto metadata = pixlake::image::ReadMetadata(bytes);
        sum += metadata.notes.size();
        if (!json) continue;
        out.clear();
        pixlake::image::AppendMetadataJson(metadata, &out);
        sum += out.size();
      }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    fmt::print("{}: {:.0f} images a second on one core ({})\n", json ? "read and written as JSON" : "read",
               static_cast<double>(files.size()) * rounds / took.count(), sum);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool bench = argc > 2 && std::string_view(argv[1]) == "--bench";
  std::vector<Bytes> files;
  for (int i = bench ? 3 : 1; i < argc; ++i) {
    files.push_back(ReadFile(argv[i]));
    if (bench) continue;
    std::string line = "{\"path\":";
    pixlake::image::AppendJsonString(argv[i], &line);
    line += ",";
    auto metadata = pixlake::image::ReadMetadata(files.back());
    pixlake::image::NoteFileName(argv[i], &metadata);
    pixlake::image::AppendMetadataMembers(metadata, &line);
    line.push_back(',');
    pixlake::image::AppendJudgementMembers(metadata.judgement, &line);
    fmt::print("{}}}\n", line);
    files.clear();
  }
  if (bench) Measure(std::atoi(argv[2]), files);
  return 0;
}
