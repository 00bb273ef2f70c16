// A lake in numbers: what it holds, what its runs and queries took, what waits.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::pipeline {

// How many took how long, as a Prometheus histogram counts: the bounds are in seconds, the last bucket is
// for all that took longer.
struct Latencies {
  static constexpr std::array kBounds = {0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0, 1800.0};
  std::array<int64_t, kBounds.size() + 1> counts{};  // of each bucket alone
  int64_t count = 0;
  double seconds = 0;  // together

  void Add(double one);
  // By the bounds, straight lines between them: 0.95 gives a time that 95 of 100 did not pass. 0: none.
  double Quantile(double share) const;
};

struct TableStats {
  std::string name;
  std::string zone;
  int64_t version = -1;
  std::optional<int64_t> rows;
  int64_t files = 0;
  int64_t bytes = 0;
  int64_t small_files = 0;        // below 32 MiB
  int64_t reclaimable_bytes = 0;  // what VACUUM would free by the table's own retention, by its log
  std::string problem;            // why the table cannot be read
};

struct StepStats {
  Latencies latencies;  // of those times that it did something
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t bytes = 0;
  int64_t retries = 0;
};

struct QueryStats {
  Latencies latencies;
  int64_t rows = 0;
  int64_t files = 0;
  int64_t files_skipped = 0;
  int64_t failed = 0;
};

struct LakeStats {
  std::string lake;                           // its place
  std::vector<TableStats> tables;             // zone by zone
  std::map<std::string, int64_t> verdicts;    // what waits in quarantine, by its verdict
  std::map<std::string, StepStats> steps;     // by name; "ingest" is one
  std::map<std::string, QueryStats> queries;  // by their first word; those of late
  int64_t runs = 0;
  int64_t last_run_ms = 0;  // 0: none
  int64_t memory_peak = 0;  // of the last run, bytes
  int64_t memory_budget = 0;
  int64_t batches_waiting = 0;  // staged by an ingest that was interrupted
};

// Reads logs and what runs wrote down; no image. A table that cannot be read is among them with its problem.
Result<LakeStats> StatsOf(const session::Session& session);

}  // namespace pixlake::pipeline
