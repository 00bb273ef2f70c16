// A WHERE of DuckDB's tree as a predicate on one of the sources beside it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "table/predicate/predicate.h"

namespace pixlake::query {

// A place in FROM.
struct ScanSource {
  std::string alias;      // lower case; empty: none
  bool prunable = false;  // nothing about it depends on which rows come out
  size_t mention = 0;     // which scan it is, if it is one
};

// What `node` says about columns of `sources[index]`; all else is unknown.
table::Predicate ConditionOn(const nlohmann::json& node, const std::vector<ScanSource>& sources,
                             size_t index);

}  // namespace pixlake::query
