#include "pipeline/upkeep/upkeep_times.h"

#include <nlohmann/json.hpp>

namespace pixlake::pipeline {
namespace {

constexpr char kUpkeepFile[] = "maintenance.json";
constexpr int64_t kMostUpkeepBytes = int64_t{4} << 20;

std::string UpkeepKey(const std::string& table, const std::string& what) {
  return table + " " + what;
}

}  // namespace

UpkeepTimes UpkeepTimes::Read(const catalog::Lake& lake) {
  UpkeepTimes out;
  const auto text = lake.place().store->ReadAll(lake.Internal(kUpkeepFile), kMostUpkeepBytes);
  if (!text.ok()) return out;
  const nlohmann::json parsed = nlohmann::json::parse(*text, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("done") || !parsed["done"].is_object()) return out;
  for (const auto& [key, time] : parsed["done"].items()) {
    if (time.is_number_integer()) out.times_[key] = time.get<int64_t>();
  }
  return out;
}

int64_t UpkeepTimes::Last(const std::string& table, const std::string& what) const {
  const auto found = times_.find(UpkeepKey(table, what));
  return found == times_.end() ? 0 : found->second;
}

bool UpkeepTimes::IsDue(const std::string& table, const std::string& what, int64_t every_ms,
                        int64_t now_ms) const {
  if (every_ms <= 0) return false;
  const int64_t last = Last(table, what);
  return last > now_ms || now_ms - last >= every_ms;
}

Status UpkeepTimes::Done(const catalog::Lake& lake, const std::string& table, const std::string& what,
                         int64_t now_ms) {
  // What others noted meanwhile stays.
  times_ = Read(lake).times_;
  times_[UpkeepKey(table, what)] = now_ms;
  const nlohmann::json whole = {{"pixlake_maintenance", 1}, {"done", times_}};
  return lake.place().store->PutHint(lake.Internal(kUpkeepFile), whole.dump() + "\n");
}

}  // namespace pixlake::pipeline
