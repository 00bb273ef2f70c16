// Times of single lookups by id, for bench/lookup_part.py:
//   image_finder_benchmark LAKE TABLE IDS-FILE COUNT [--cold]
// prints a JSON array of milliseconds, one lookup each, in random order.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <arrow/buffer.h>

#include "lake/content/image_finder.h"

namespace {

// As the user root: what the kernel keeps of files in memory is dropped.
void DropPageCache() {
  std::ofstream("/proc/sys/vm/drop_caches") << "1\n";
}

pixlake::Status Run(const std::string& lake, const std::string& table, const std::string& ids_file,
                    size_t count, bool cold) {
  pixlake::engine::SessionOptions options;
  options.lake = lake;
  PL_ASSIGN_OR_RETURN(const auto session, pixlake::engine::MakeSession(options));
  PL_ASSIGN_OR_RETURN(const auto finder, pixlake::engine::ImageFinder::Open(*session, table));
  std::vector<std::string> ids;
  std::ifstream file(ids_file);
  for (std::string id; file >> id;) ids.push_back(id);
  std::mt19937_64 random(1);
  std::vector<double> times;
  for (size_t i = 0; i < count + 20; ++i) {
    const std::string& id = ids[random() % ids.size()];
    if (cold) DropPageCache();
    const auto start = std::chrono::steady_clock::now();
    PL_ASSIGN_OR_RETURN(const auto found, finder->Find(id));
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
    if (!found || found->bytes->size() == 0) return pixlake::Error(pixlake::ErrorCode::kNotFound, id);
    if (i >= 20) times.push_back(spent.count());
  }
  std::printf("[");
  for (size_t i = 0; i < times.size(); ++i) std::printf("%s%.4f", i == 0 ? "" : ",", times[i]);
  std::printf("]\n");
  return pixlake::Status::OK();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  const bool cold = argc > 5 && std::strcmp(argv[5], "--cold") == 0;
  const pixlake::Status status = Run(argv[1], argv[2], argv[3], std::stoul(argv[4]), cold);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
