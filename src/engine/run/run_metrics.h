// What a run leaves for its statistics.
#pragma once

#include "base/result.h"
#include "engine/run/run.h"

#include "pipeline/metrics/run_rows.h"

namespace pixlake::engine {

// Rows of processed.run_steps, of a run that did something; and the settings' metrics.file.
Status NoteRun(const Session& session, const RunRequest& request, const RunReport& report,
               const pipeline::RunStamp& stamp);

// Writes the lake's statistics to the file that the settings name, whole or not at all; none named: nothing.
Status WriteMetricsFile(const Session& session, const settings::Settings& settings);

}  // namespace pixlake::engine
