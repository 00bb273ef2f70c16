// What the columns of a table or file are like, and how they differ from an earlier version's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/session.h"

namespace pixlake::engine {

struct ProfileRequest {
  std::string table;               // path or URI, a name of the lake, or a Parquet, CSV or JSON file
  std::optional<int64_t> version;  // of a table; nullopt: the latest
  std::optional<int64_t> against;  // an earlier version
};

enum class ColumnKind {
  kNumber,
  kText,
  kTime,
  kBoolean,
  kBlob,   // is not read
  kOther,  // lists, structs, …: nulls alone
};

// Bin i is [edges[i], edges[i+1]), the last one [,]: as numpy.histogram has it.
struct Histogram {
  std::vector<double> edges;
  std::vector<int64_t> counts;
};

struct ValueCount {
  std::string value;
  int64_t rows = 0;
};

// How a column differs from what it was. Population Stability Index: the sum over bins or categories of
// (p - q) ln(p / q), p the share now and q the share then, no share less than kLeastShare.
inline constexpr double kLeastShare = 1e-4;
struct Drift {
  double null_share_then = 0;
  std::optional<double> psi;
  // Of numbers: the bins are between these, (-inf, edges[0]), [edges[0], edges[1]), … [last, inf): tenths of
  // the values then, by t-digest.
  std::vector<double> edges;
  std::vector<int64_t> now, then;    // rows in each
  std::optional<double> ks;          // two-sample Kolmogorov-Smirnov: the largest distance of the two shares
  std::optional<double> ks_p_value;  // asymptotic
  // Of texts and booleans: values that were not there, and those that are no more; the commonest of them.
  std::optional<int64_t> new_values, vanished_values;
  std::vector<ValueCount> new_examples, vanished_examples;
  std::string note;  // why something is missing
};

struct ColumnProfile {
  std::string name;
  std::string type;
  ColumnKind kind = ColumnKind::kOther;
  std::optional<int64_t> nulls;  // nullopt: not read
  int64_t not_finite = 0;        // NaN and infinities of numbers; they are in none of what follows
  std::optional<int64_t> distinct;
  bool distinct_exact = false;      // counted; else by HyperLogLog, off by some tenths
  std::string min, max;             // as texts; empty: there is none
  std::optional<double> mean, std;  // std: of a sample (n - 1)
  std::vector<double> quantiles;    // 5, 25, 50, 75, 95 %, by t-digest: approximations
  std::optional<Histogram> histogram;
  std::vector<ValueCount> top;  // commonest first
  // Of texts in characters; of blobs in bytes, by the column `size` of the same rows.
  std::optional<int64_t> min_length, max_length;
  std::optional<double> mean_length;
  std::string note;  // what was not looked at, and why
  std::optional<Drift> drift;
};

struct Profile {
  std::string table;
  std::optional<int64_t> version;  // of a table
  int64_t rows = 0;
  std::optional<int64_t> against;
  int64_t rows_then = 0;
  std::vector<ColumnProfile> columns;
  std::vector<std::string> new_columns, vanished_columns;  // since the earlier version
};

// One pass over all columns but blobs for what aggregates say, one for histograms, then each column of texts
// for itself; with `against` as many of the earlier version, and one over each column of numbers in order.
// Memory is the session's; what is sorted or grouped spills. kNotFound for a table, file or version there is
// not.
Result<Profile> ProfileOf(const Session& session, const ProfileRequest& request);

// "number", "text", …
std::string_view ColumnKindName(ColumnKind kind);

}  // namespace pixlake::engine
