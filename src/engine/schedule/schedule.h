// When the settings' schedules are due.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"

#include "settings/settings.h"

namespace pixlake::engine {

struct DueTask {
  std::string name;
  std::string command;             // run, maintain
  std::vector<std::string> steps;  // these alone; empty: all
  int64_t last_ms = 0;             // when it was begun last, as the lake knows; 0: never
  int64_t due_ms = 0;              // when it is next; in the past: at once
};

// Of `every` one period behind the last time, else at once. Of `at` the next such time of a day, UTC; one
// that was missed by less than an hour, the program having been away, is made up for. By time, earliest
// first.
Result<std::vector<DueTask>> DueTasks(const Session& session, const settings::Settings& settings,
                                      int64_t now_ms);

// From then on a time of day that passes is missed, and made up for.
Status NoteKnown(const Session& session, const settings::Settings& settings, int64_t now_ms);

// Before it is begun: kept in the lake, so that a schedule that is started anew goes on where it was.
Status NoteBegun(const Session& session, const DueTask& task, int64_t now_ms);

}  // namespace pixlake::engine
