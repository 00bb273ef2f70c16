#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <arrow/api.h>
#include <fmt/format.h>

#include "engine/profile/drift_internal.h"
#include "engine/profile/profile_query_internal.h"

namespace pixlake::engine {
namespace {

constexpr size_t kMostExamples = 5;
constexpr size_t kExampleBytes = 100;

// One bin's part of the index.
double StabilityOf(double now, double then) {
  const double p = std::max(now, kLeastShare);
  const double q = std::max(then, kLeastShare);
  return (p - q) * std::log(p / q);
}

// Both versions' values with how often each has them, in their order.
std::string BothVersions(const std::string& value, const std::string& now, const std::string& then) {
  return fmt::format(
      "SELECT v, CAST(sum(n) AS BIGINT) AS n, CAST(sum(t) AS BIGINT) AS t FROM (SELECT {0} AS v, count(*) AS "
      "n, "
      "0 AS t FROM {1} WHERE {0} IS NOT NULL GROUP BY 1 UNION ALL SELECT {0}, 0, count(*) FROM {2} WHERE {0} "
      "IS "
      "NOT NULL GROUP BY 1) GROUP BY 1 ORDER BY 1",
      value, now, then);
}

// The commonest few; of those as common the ones that came first.
void Keep(std::string_view value, int64_t rows, std::vector<ValueCount>* examples) {
  const auto at = std::find_if(examples->begin(), examples->end(),
                               [&](const ValueCount& one) { return one.rows < rows; });
  if (at == examples->end() && examples->size() >= kMostExamples) return;
  size_t end = std::min(value.size(), kExampleBytes);
  while (end < value.size() && end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  examples->insert(at, {std::string(value.substr(0, end)) + (end < value.size() ? "…" : ""), rows});
  if (examples->size() > kMostExamples) examples->pop_back();
}

}  // namespace

double PopulationStability(const std::vector<int64_t>& now, const std::vector<int64_t>& then) {
  const auto total_now = static_cast<double>(std::accumulate(now.begin(), now.end(), int64_t{0}));
  const auto total_then = static_cast<double>(std::accumulate(then.begin(), then.end(), int64_t{0}));
  if (total_now == 0 || total_then == 0) return 0;
  double sum = 0;
  for (size_t i = 0; i < now.size(); ++i)
    sum += StabilityOf(static_cast<double>(now[i]) / total_now, static_cast<double>(then[i]) / total_then);
  return sum;
}

double KolmogorovPValue(double distance, int64_t now, int64_t then) {
  const double n = static_cast<double>(now), m = static_cast<double>(then);
  const double x = distance * std::sqrt(n * m / (n + m));
  if (x <= 0) return 1;
  double sum = 0;
  // Two series of the same function: each converges fast where the other does not.
  if (x < 1) {
    const double factor = -std::numbers::pi * std::numbers::pi / (8 * x * x);
    for (int k = 1; k < 40; k += 2) sum += std::exp(factor * k * k);
    return std::clamp(1 - std::sqrt(2 * std::numbers::pi) / x * sum, 0.0, 1.0);
  }
  for (int k = 1; k < 40; ++k) sum += (k % 2 == 1 ? 1 : -1) * std::exp(-2.0 * k * k * x * x);
  return std::clamp(2 * sum, 0.0, 1.0);
}

Status CompareNumbers(query::SqlSession* sql, const std::string& now, const std::string& then,
                      const ColumnProfile& column, Drift* drift) {
  const int64_t total_now = std::accumulate(drift->now.begin(), drift->now.end(), int64_t{0});
  const int64_t total_then = std::accumulate(drift->then.begin(), drift->then.end(), int64_t{0});
  if (total_now == 0 || total_then == 0) {
    drift->note = total_now == 0 ? "no numbers now" : "no numbers then";
    return Status::OK();
  }
  drift->psi = PopulationStability(drift->now, drift->then);
  PL_ASSIGN_OR_RETURN(const auto rows, sql->Query(BothVersions(AskedValue(column), now, then)));
  int64_t below_now = 0, below_then = 0;
  double distance = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) break;
    const auto& counts_now = static_cast<const arrow::Int64Array&>(*batch->column(1));
    const auto& counts_then = static_cast<const arrow::Int64Array&>(*batch->column(2));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      below_now += counts_now.Value(row);
      below_then += counts_then.Value(row);
      distance =
          std::max(distance, std::abs(static_cast<double>(below_now) / static_cast<double>(total_now) -
                                      static_cast<double>(below_then) / static_cast<double>(total_then)));
    }
  }
  drift->ks = distance;
  drift->ks_p_value = KolmogorovPValue(distance, total_now, total_then);
  return Status::OK();
}

Status CompareValues(query::SqlSession* sql, const std::string& now, const std::string& then,
                     const ColumnProfile& column, Drift* drift) {
  PL_ASSIGN_OR_RETURN(
      const auto rows,
      sql->Query(BothVersions(fmt::format("CAST({} AS VARCHAR)", AskedValue(column)), now, then)));
  std::vector<int64_t> counts_now, counts_then;
  drift->new_values = drift->vanished_values = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) break;
    const auto& values = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& of_now = static_cast<const arrow::Int64Array&>(*batch->column(1));
    const auto& of_then = static_cast<const arrow::Int64Array&>(*batch->column(2));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      counts_now.push_back(of_now.Value(row));
      counts_then.push_back(of_then.Value(row));
      if (of_then.Value(row) == 0) {
        ++*drift->new_values;
        Keep(values.GetView(row), of_now.Value(row), &drift->new_examples);
      } else if (of_now.Value(row) == 0) {
        ++*drift->vanished_values;
        Keep(values.GetView(row), of_then.Value(row), &drift->vanished_examples);
      }
    }
  }
  const auto total = [](const std::vector<int64_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), int64_t{0});
  };
  if (total(counts_now) > 0 && total(counts_then) > 0) {
    drift->psi = PopulationStability(counts_now, counts_then);
  } else {
    drift->note = total(counts_now) == 0 ? "no values now" : "no values then";
  }
  return Status::OK();
}

}  // namespace pixlake::engine
