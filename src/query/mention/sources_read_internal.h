// Everything that a SELECT reads: tables, functions that give tables, files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pixlake::query {

// From the JSON of `json_serialize_sql`: "images", "raw.images", "a.parquet" as they stand there, functions
// as "read_parquet()", `SHOW` and the like as "show()". Its own WITH and what only counts or unfolds values
// (range, generate_series, unnest, json_each, …) are nothing read. nullopt: that cannot be told.
std::optional<std::vector<std::string>> SourcesRead(std::string_view tree);

}  // namespace pixlake::query
