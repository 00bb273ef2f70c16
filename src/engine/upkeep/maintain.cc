#include "engine/upkeep/maintain.h"

#include <utility>

#include "engine/run/run_metrics.h"

namespace pixlake::engine {

Result<MaintainOutcome> Maintain(const Session& session, const MaintainRequest& request) {
  pipeline::MaintainOptions options;
  options.policy = request.settings.maintenance;
  options.policy_retention = request.settings.places.contains("maintenance.vacuum.retention");
  options.tables = request.tables;
  options.plan = request.plan;
  options.now = request.now;
  options.on_wait = request.on_wait;
  MaintainOutcome outcome;
  PL_ASSIGN_OR_RETURN(outcome.reports, pipeline::Maintain(session, options));
  if (!request.plan) PL_RETURN_NOT_OK(WriteMetricsFile(session, request.settings));
  return outcome;
}

}  // namespace pixlake::engine
