#include "testing/power_cut.h"

#include <cstdlib>
#include <string_view>
#include <unordered_set>

namespace pixlake::test {
namespace {

size_t HashOf(const DiskTree& tree, size_t marks) {
  size_t hash = marks;
  const auto mix = [&](std::string_view text) {
    hash = (hash ^ std::hash<std::string_view>{}(text)) * 0x9e3779b97f4a7c15U + 1;
  };
  for (const auto& [path, bytes] : tree) {
    mix(path);
    mix(bytes ? *bytes : "/");
  }
  return hash;
}

constexpr const char* kNames[] = {"nothing is lost",    "all that was not synced is lost",
                                  "bytes are lost",     "bytes are zeroes",
                                  "new names are lost", "deletions are lost"};

DiskTree CutBy(const DiskReplay& replay, size_t model, size_t operations) {
  const size_t models = std::size(kLosses);
  if (model < models) return replay.Cut(kLosses[model]);
  return replay.CutAtRandom(static_cast<uint32_t>(operations * 31 + model));
}

}  // namespace

size_t ForEachPowerCut(DiskReplay replay, const std::vector<DiskOperation>& operations,
                       const PowerCutOptions& options, const std::function<bool(const PowerCut&)>& visit) {
  const size_t models = std::size(kLosses) + options.seeds;
  const size_t from = options.last_only ? operations.size() : options.from;
  // First which states there are, then those that are looked at.
  std::vector<std::pair<size_t, size_t>> states;
  {
    DiskReplay look = replay;
    std::unordered_set<size_t> seen;
    size_t marks = 0;
    for (size_t count = 0; count <= operations.size(); ++count) {
      if (count > 0 && operations[count - 1].kind == DiskOperation::Kind::kMark) ++marks;
      if (count < from) continue;
      look.AdvanceTo(count);
      for (size_t model = 0; model < models; ++model) {
        if (seen.insert(HashOf(CutBy(look, model, count), marks)).second) states.emplace_back(count, model);
      }
    }
  }
  const size_t most = std::getenv("PIXLAKE_ALL_CUTS") != nullptr ? 0 : options.most_states;
  const size_t wanted = most == 0 ? states.size() : std::min(most, states.size());
  PowerCut cut;
  size_t marked = 0;
  for (size_t i = 0; i < wanted; ++i) {
    const auto [count, model] = states[i * states.size() / wanted];
    replay.AdvanceTo(count);
    for (; marked < count; ++marked) {
      if (operations[marked].kind == DiskOperation::Kind::kMark) cut.marks.push_back(operations[marked].name);
    }
    cut.operations = count;
    cut.loss = model < std::size(kLosses) ? kNames[model] : "at random, " + std::to_string(model);
    cut.tree = CutBy(replay, model, count);
    if (!visit(cut)) return i + 1;
  }
  return wanted;
}

}  // namespace pixlake::test
