// A lake brought up to date: its sources taken in, then its steps.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/ingest/ingest.h"
#include "engine/session.h"

#include "pipeline/run/run.h"
#include "settings/settings.h"

namespace pixlake::engine {

struct RunRequest {
  std::string lake;  // LakeOf the settings, where there are any
  // Those of the file; or the defaults with no root, of a lake that is where it is.
  settings::Settings settings;
  std::vector<std::string> sources;  // beside those of the settings, with the defaults of one
  pipeline::RunOptions options;      // "ingest" is a step here; batches and retries are the settings'
};

struct RunReport {
  std::vector<ingest::LakeIngestReport> ingested;  // one a source
  double ingest_seconds = 0;
  std::vector<pipeline::StepReport> steps;
  std::vector<pipeline::CheckResult> checks;
  int64_t quarantined = 0;  // images that checks put in quarantine, newly
  Status ended;             // see pipeline::StepsReport
};

// Where the lake of the settings is: what is to be the session's.
std::string LakeOf(const settings::Settings& settings);

// The session's lake is the settings', made where there is none yet. What was committed stays, whatever
// fails; a run again does the rest.
Result<RunReport> Run(const Session& session, const RunRequest& request);

// The steps as Mermaid's flowchart, or as a picture (SVG).
Result<std::string> RunGraph(const Session& session, const RunRequest& request, bool svg);

}  // namespace pixlake::engine
