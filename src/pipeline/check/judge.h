// Asks what checks ask, and says what came of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "query/session/sql_session.h"

#include "pipeline/check/checks.h"

namespace pixlake::pipeline {

inline constexpr int kMostSamples = 10;

// A row of processed.check_results, but for the run.
struct CheckResult {
  std::string check, table, kind, severity;
  int64_t rows_checked = 0;         // those that the check applies to; of volume and freshness, all
  int64_t rows_failed = 0;          // of freshness and volume 0: no row is to blame
  int64_t rows_not_applicable = 0;  // what is asked for is not known of them
  // Of checks of rows the share that fails, of unique the values that are there twice, of freshness the age
  // in seconds, of volume the rows (min_rows, max_rows) or their share of the mean of earlier runs.
  std::optional<double> value;
  std::string threshold;                // in words, as the settings have it
  std::optional<bool> passed;           // nullopt: there was nothing to ask
  std::vector<std::string> sample_ids;  // of rows that fail, or of values that are there twice
  std::string message;
  int64_t table_version = -1;
  int64_t definition = 0;  // stands for what was asked, and of which table
  bool is_news = false;    // a row of this run
};

// A table at the version that is asked.
struct AskedTable {
  std::string path;
  std::string table_id;
  int64_t version = -1;
  std::shared_ptr<arrow::Schema> schema;
  std::string key;  // the column by which rows are named; may be empty
};

// Earlier runs' counts of rows.
struct EarlierCounts {
  int64_t runs = 0;
  double mean = 0;
};
inline constexpr int kMostEarlierRuns = 30;

int64_t DefinitionOf(const TableCheck& check, const AskedTable& table);
int64_t DefinitionOf(const ImageCheck& check, const AskedTable& validated);

// kUsage, with the place in the settings, for columns that the table has not or that cannot be asked so.
Result<CheckResult> AskTable(query::SqlSession* session, const TableCheck& check, const AskedTable& table,
                             const EarlierCounts& earlier, int64_t now_us);
// Out of what processed.validated says of each image; in the checks' order.
Result<std::vector<CheckResult>> AskImages(query::SqlSession* session, const std::vector<ImageCheck>& checks,
                                           const AskedTable& validated);

// kUsage, with the place, when the check asks for columns that there are not: nothing is read.
Status CheckColumns(const TableCheck& check, const arrow::Schema& schema);

}  // namespace pixlake::pipeline
