// A lake's statistics, for apps.
#pragma once

#include "pipeline/metrics/lake_stats.h"
#include "pipeline/metrics/prometheus.h"

namespace pixlake::engine {

using pipeline::LakeStats;
using pipeline::StatsOf;
using pipeline::ToPrometheus;

}  // namespace pixlake::engine
