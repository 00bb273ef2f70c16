// Statistics as Prometheus reads them.
#pragma once

#include <string>

#include "pipeline/metrics/lake_stats.h"

namespace pixlake::pipeline {

// The text format of exposition, version 0.0.4, each family with HELP and TYPE: for node_exporter's textfile
// collector. All names begin with "pixlake_"; the lake's place is a label
// of each.
std::string ToPrometheus(const LakeStats& stats);

}  // namespace pixlake::pipeline
