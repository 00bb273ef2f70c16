// The functions of Spark's SQL that are known to give the same in DuckDB.
#pragma once

#include <array>
#include <string_view>

#include "query/change/spark_types_internal.h"

namespace pixlake::query {

// A call f(a, b) becomes open + (a) + comma + (b) + close.
struct SparkFunction {
  std::string_view open = "";
  std::string_view comma = ", ";
  std::string_view close = ")";
  SparkKind gives = SparkKind::kOther;
  size_t least = 1;  // arguments
  size_t most = 1;
  // The same arguments give the same at any time.
  bool repeats = true;
  // In place of `comma` where they differ: before the second and the third argument.
  std::array<std::string_view, 2> commas = {};

  std::string_view CommaBefore(size_t argument) const {
    const bool own = argument >= 1 && argument <= 2 && !commas[argument - 1].empty();
    return argument == 0 ? "" : own ? commas[argument - 1] : comma;
  }
};

// By its name in lower case; null for one that is not known.
const SparkFunction* FindSparkFunction(std::string_view name);

}  // namespace pixlake::query
