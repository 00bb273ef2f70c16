// A lake's tables kept in order as its settings say.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"

#include "pipeline/upkeep/maintain.h"
#include "settings/settings.h"

namespace pixlake::engine {

struct MaintainRequest {
  settings::Settings settings;      // those of the file, or the defaults
  std::vector<std::string> tables;  // these alone; empty: all
  bool plan = false;
  bool now = false;
  std::function<void()> on_wait;
};

struct MaintainOutcome {
  std::vector<pipeline::MaintainReport> reports;
};

// The session's lake is the settings'. What failed for one table is in its report; the rest was done.
Result<MaintainOutcome> Maintain(const Session& session, const MaintainRequest& request);

}  // namespace pixlake::engine
