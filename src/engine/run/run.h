// A lake brought up to date: its sources taken in, then its steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/ingest/ingest.h"
#include "engine/session.h"

#include "pipeline/run/run.h"

namespace pixlake::engine {

struct RunRequest {
  std::vector<IngestRequest> sources;  // in order; their `lake` is the session's
  pipeline::RunOptions options;
};

struct RunReport {
  std::vector<ingest::LakeIngestReport> ingested;  // one a source
  double ingest_seconds = 0;
  std::vector<pipeline::StepReport> steps;
};

// What was committed stays, whatever fails; a run again does the rest.
Result<RunReport> Run(const Session& session, const RunRequest& request);

// The steps as Mermaid's flowchart.
Result<std::string> RunGraph(const RunRequest& request);

}  // namespace pixlake::engine
