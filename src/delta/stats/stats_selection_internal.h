// Which columns data files get statistics of.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "delta/action/actions_internal.h"

namespace pixlake::delta {

struct StatsSelection {
  int max_columns = 32;  // the first leaves; -1: all. Counts only without `chosen`
  // Physical paths: these columns, and what is inside them.
  std::optional<std::set<std::vector<std::string>>> chosen;

  // `position`: which of the leaves it is, from 0.
  bool Has(const std::vector<std::string>& physical_path, int position) const;
};

// delta.dataSkippingStatsColumns, "a, b.c, `d.e`", as paths of names; what is in backticks is one.
std::vector<std::vector<std::string>> ParseStatsColumns(std::string_view text);

// By delta.dataSkippingStatsColumns ("a,b.c,`d e`"), else by
// delta.dataSkippingNumIndexedCols, 32 by default. A column named there that the schema does
// not have is left out; kUsage says which when `strict`.
Result<StatsSelection> StatsSelectionFor(const Protocol& protocol, const Metadata& metadata,
                                         bool strict = false);

}  // namespace pixlake::delta
