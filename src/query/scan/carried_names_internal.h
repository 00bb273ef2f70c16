// Which columns a query looks into, and which it only passes on.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pixlake::query {

// The names, in lower case, of columns whose values a query needs to compute its rows: every other
// column of a table only stands in the list of what is selected, and comes out as it went in.
// `tree` is what json_serialize_sql says of the query; `functions` scan tables of ours. nullopt: that
// cannot be told (a query of another shape than is known here, DISTINCT, GROUP BY, set operations,
// positions in place of names …), or nothing would be held back by it: no ORDER BY, join or window.
std::optional<std::set<std::string>> NamesLookedInto(const std::string& tree,
                                                     const std::vector<std::string>& functions);

}  // namespace pixlake::query
