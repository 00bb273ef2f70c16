#include "base/memory/memory_plan.h"

#include <algorithm>

namespace pixlake {
namespace {

// More than this of a kind is hardly ever asked for again.
constexpr int64_t kMostFooters = int64_t{32} << 20;
constexpr int64_t kMostSnapshots = int64_t{128} << 20;
constexpr int64_t kMostRanges = int64_t{32} << 20;

constexpr int64_t kParts = 16;
// Sixteenths of what the caches leave.
struct Parts {
  int decoders, content, fetch, index, duckdb, writers;
};

constexpr Parts PartsOf(Work work) {
  switch (work) {
    case Work::kIngest:
      return {4, 3, 1, 6, 0, 2};
    case Work::kDescribe:
      return {4, 2, 8, 0, 0, 2};
    case Work::kSql:
      return {0, 3, 0, 0, 10, 3};
    case Work::kRewrite:
      return {0, 8, 0, 0, 0, 8};
    case Work::kLookUp:
      return {2, 2, 0, 4, 8, 0};
    case Work::kReplay:
      return {2, 2, 1, 2, 7, 2};
    case Work::kKernel:
      return {6, 6, 0, 0, 0, 4};
  }
  return {0, kParts, 0, 0, 0, 0};
}

}  // namespace

MemoryPlan MemoryPlan::For(Work work, int64_t budget) {
  MemoryPlan plan;
  plan.footers = std::min(kMostFooters, budget / 32);
  plan.snapshots = std::min(kMostSnapshots, budget / 16);
  plan.ranges = std::min(kMostRanges, budget / 32);
  const int64_t rest = budget - plan.caches();
  const Parts parts = PartsOf(work);
  const auto share = [rest](int count) { return rest / kParts * count; };
  plan.decoders = share(parts.decoders);
  plan.fetch = share(parts.fetch);
  plan.index = share(parts.index);
  plan.duckdb = share(parts.duckdb);
  plan.writers = share(parts.writers);
  // What rounding left is on its way, too.
  plan.content = budget - plan.sum();
  return plan;
}

}  // namespace pixlake
