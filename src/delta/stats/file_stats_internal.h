// The statistics of data files, read and written (PROTOCOL.md, "Per-file Statistics").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>
#include <simdjson.h>

#include "base/result.h"
#include "delta/stats/stats_selection_internal.h"
#include "file/data_statistics.h"
#include "table/predicate/value_range.h"

namespace pixlake::delta {

// `numRecords` alone, cheaply; -1 when not said or not sensible.
int64_t NumRecords(const std::string& stats);

// One file's statistics. Damaged text is as good as none. Not thread-safe.
class FileStats {
 public:
  // `wide`: the file has a deletion vector, so counts and bounds may be outdated.
  // `parser` is used as long as this lives; null: one of its own.
  FileStats(const std::string& stats, bool wide, simdjson::dom::parser* parser = nullptr);

  int64_t num_records() const { return num_records_; }

  // What is known of a column by its physical path; never narrower than the data.
  table::ValueRange RangeOf(const std::vector<std::string>& physical_path,
                            const std::shared_ptr<arrow::DataType>& type) const;

 private:
  std::optional<simdjson::dom::element> Find(std::string_view group,
                                             const std::vector<std::string>& path) const;

  std::unique_ptr<simdjson::dom::parser> own_parser_;
  std::optional<simdjson::dom::object> root_;
  int64_t num_records_ = -1;
  bool wide_ = false;
};

// The JSON text of a new file's statistics.
std::string WriteStats(const file::DataStatistics& statistics, const StatsSelection& selection);

// The same statistics, saying that bounds and null counts may be those of rows that are
// gone ("tightBounds": false). What is no JSON object stays as it is.
std::string WithWideBounds(const std::string& stats);

}  // namespace pixlake::delta
