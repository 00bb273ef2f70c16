// GB/s of each way of hashing, on one thread.
#include <chrono>

#include <fmt/format.h>

#include "image/hash/sha256_batch_internal.h"

int main() {
  using namespace pixlake::image;
  fmt::print("Sha256Many uses {}\n", Sha256Method());
  for (const auto& [count, size] : {std::pair<size_t, size_t>{32, 2 << 20}, {1000, 5 << 10}, {1, 2 << 20}}) {
    const std::vector<std::vector<uint8_t>> contents(count, std::vector<uint8_t>(size, 7));
    const std::vector<std::span<const uint8_t>> spans(contents.begin(), contents.end());
    for (const auto& [way, name] : {std::pair{Sha256Way::kOpenSsl, "openssl"},
                                    {Sha256Way::kLanes8, "lanes-8"},
                                    {Sha256Way::kLanes16, "lanes-16"}}) {
      if (!CanHash(way)) continue;
      double best = 0;
      for (int round = 0; round < 10; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        (void)Sha256ManyBy(way, spans);
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        best = std::max(best, static_cast<double>(count * size) / spent.count() / 1e9);
      }
      fmt::print("{:>5} x {:>7} bytes, {:<8} {:.2f} GB/s\n", count, size, name, best);
    }
  }
  return 0;
}
