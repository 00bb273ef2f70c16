// How a column's values differ from what they were.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/profile/profile.h"
#include "query/session/sql_session.h"

namespace pixlake::engine {

// Population Stability Index of two counts by the same bins; 0 where one of them is empty.
double PopulationStability(const std::vector<int64_t>& now, const std::vector<int64_t>& then);

// P(K > d) of the two-sample Kolmogorov-Smirnov statistic, by Kolmogorov's limiting distribution.
double KolmogorovPValue(double distance, int64_t now, int64_t then);

// The exact statistic: both versions' values in their order, each once, as they come from a sort that spills.
Status CompareNumbers(query::SqlSession* sql, const std::string& now, const std::string& then,
                      const ColumnProfile& column, Drift* drift);
// All values of both versions with how often they are there.
Status CompareValues(query::SqlSession* sql, const std::string& now, const std::string& then,
                     const ColumnProfile& column, Drift* drift);

}  // namespace pixlake::engine
