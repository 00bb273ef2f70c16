// A lake's tables kept in order by a policy: each kind of upkeep as often as it says.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/session.h"

#include "settings/settings.h"

namespace pixlake::pipeline {

struct MaintainOptions {
  settings::Maintenance policy;
  std::vector<std::string> tables;  // these alone; empty: all of the lake's
  bool plan = false;                // say what would be done, do nothing
  bool now = false;                 // also what is not due yet
  // Files go by the policy's retention; false: by each table's own.
  bool policy_retention = false;
  std::function<void()> on_wait;  // somebody else is at it
};

// One kind of upkeep of one table, in the order in which it is done.
struct MaintainReport {
  std::string table;  // "raw.images"; empty: the lake as a whole
  std::string what;   // optimize, zorder, statistics, vacuum, cache
  bool due = false;
  bool changed = false;  // something was done; with `plan`: there is something to do
  std::string words;     // what was done or would be, or why nothing
  int64_t files = 0;     // that were rewritten, restated or deleted
  int64_t bytes = 0;
  double seconds = 0;
  Status problem;  // the rest is done all the same
};

// Small files become larger ones, rows are arranged, statistics collected anew, files that no version needs
// deleted, what dead processes left behind removed. What was done when is kept in the lake
// ("_pixlake/maintenance.json"): lost, it is done again sooner. Of several at once one works and the others
// wait. While files are deleted sooner than the tables themselves allow, no ingest and no run is at work.
// kUsage for tables that are none of the lake's, with what is near. May be interrupted and run again.
Result<std::vector<MaintainReport>> Maintain(const session::Session& session, const MaintainOptions& options);

}  // namespace pixlake::pipeline
