#include "engine/schedule/schedule.h"

#include <algorithm>
#include <string_view>

#include "pipeline/upkeep/upkeep_times.h"

namespace pixlake::engine {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr char kBegun[] = "begun";
constexpr char kKnown[] = "known";  // since when the schedule is looked at: what was before was not missed

std::string KeyOf(const std::string& name) {
  return "schedule:" + name;
}

// "03:30" as milliseconds of a day; the settings have checked it.
int64_t OfDay(std::string_view at) {
  const auto digit = [&](size_t i) { return int64_t{at[i] - '0'}; };
  return ((digit(0) * 10 + digit(1)) * 60 + digit(3) * 10 + digit(4)) * 60'000;
}

int64_t NextAt(int64_t of_day, int64_t last_ms, int64_t now_ms) {
  const int64_t today = now_ms / kDayMs * kDayMs + of_day;
  const int64_t latest = today <= now_ms ? today : today - kDayMs;
  if (last_ms > 0 && last_ms < latest && now_ms - latest < kHourMs) return latest;
  return latest + kDayMs;
}

}  // namespace

Result<std::vector<DueTask>> DueTasks(const Session& session, const settings::Settings& settings,
                                      int64_t now_ms) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  const auto times = pipeline::UpkeepTimes::Read(lake);
  std::vector<DueTask> tasks;
  for (const settings::Schedule& schedule : settings.schedules) {
    DueTask task;
    task.name = schedule.name;
    task.command = schedule.command;
    task.steps = schedule.steps;
    task.last_ms = times.Last(KeyOf(schedule.name), kBegun);
    if (task.last_ms > now_ms) task.last_ms = 0;  // of a clock that went wrong
    const int64_t since = std::max(task.last_ms, std::min(times.Last(KeyOf(schedule.name), kKnown), now_ms));
    task.due_ms = !schedule.at.empty() ? NextAt(OfDay(schedule.at), since, now_ms)
                  : task.last_ms == 0  ? now_ms
                                       : task.last_ms + schedule.every_ms;
    tasks.push_back(std::move(task));
  }
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const DueTask& left, const DueTask& right) { return left.due_ms < right.due_ms; });
  return tasks;
}

Status NoteKnown(const Session& session, const settings::Settings& settings, int64_t now_ms) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  auto times = pipeline::UpkeepTimes::Read(lake);
  for (const settings::Schedule& schedule : settings.schedules) {
    if (schedule.at.empty() || times.Last(KeyOf(schedule.name), kKnown) > 0) continue;
    PL_RETURN_NOT_OK(times.Done(lake, KeyOf(schedule.name), kKnown, now_ms));
  }
  return Status::OK();
}

Status NoteBegun(const Session& session, const DueTask& task, int64_t now_ms) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  auto times = pipeline::UpkeepTimes::Read(lake);
  return times.Done(lake, KeyOf(task.name), kBegun, now_ms);
}

}  // namespace pixlake::engine
