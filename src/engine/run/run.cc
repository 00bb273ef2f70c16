#include "engine/run/run.h"

#include <algorithm>
#include <chrono>

#include "pipeline/step/lake_steps.h"

namespace pixlake::engine {

Result<RunReport> Run(const Session& session, const RunRequest& request) {
  const StopScope scope = session.Enter();
  RunReport report;
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<std::string>& only = request.options.only;
  const bool takes = only.empty() || std::find(only.begin(), only.end(), "ingest") != only.end();
  if (takes && !request.options.plan) {
    for (const IngestRequest& source : request.sources) {
      PL_ASSIGN_OR_RETURN(report.ingested.emplace_back(), Ingest(session, source));
    }
  }
  report.ingest_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  pipeline::RunOptions options = request.options;
  std::erase(options.only, "ingest");
  if (!only.empty() && options.only.empty()) return report;
  PL_ASSIGN_OR_RETURN(report.steps, pipeline::RunSteps(session, pipeline::LakeSteps({}), options));
  return report;
}

Result<std::string> RunGraph(const RunRequest& /*request*/) {
  return pipeline::ToMermaid(pipeline::LakeSteps({}));
}

}  // namespace pixlake::engine
