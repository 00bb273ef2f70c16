// The questions that a profile asks of rows, and how answers are read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "engine/profile/profile.h"
#include "query/session/sql_session.h"

namespace pixlake::engine {

// A column's value as it is asked: of numbers a DOUBLE that is finite, else NULL.
std::string AskedValue(const ColumnProfile& column);
std::string DoubleLiteral(double value);

// What is not in the profile itself.
struct ColumnFacts {
  double least = 0, most = 0;  // of numbers
  std::vector<double> tenths;  // 10, 20 … 90 % of numbers, by t-digest
  int64_t values = 0;          // that are there, and finite
  double mean_bytes = 0;       // of texts
};

// Counts, bounds, means and quantiles of all columns but blobs in one pass. Gives the facts by column.
Result<std::vector<ColumnFacts>> AskAggregates(query::SqlSession* sql, const std::string& from,
                                               std::vector<ColumnProfile>* columns, int64_t* rows);

// How many of a column's numbers are in (-inf, edges[0]), [edges[0], edges[1]), … [last, inf).
struct BinQuestion {
  const ColumnProfile* column;
  std::vector<double> edges;
  double mean = 0;  // for `squares`
};
struct BinAnswer {
  std::vector<int64_t> counts;
  double squares = 0;  // sum of the squared distances from the mean
};
// Of all columns in one pass.
Result<std::vector<BinAnswer>> AskBins(query::SqlSession* sql, const std::string& from,
                                       const std::vector<BinQuestion>& questions);

// Counted.
Result<int64_t> AskDistinct(query::SqlSession* sql, const std::string& from, const ColumnProfile& column);
// The commonest values, those that are as common by their order.
Result<std::vector<ValueCount>> AskTop(query::SqlSession* sql, const std::string& from,
                                       const ColumnProfile& column, int most);

}  // namespace pixlake::engine
