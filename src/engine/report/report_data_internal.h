// What a report shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"
#include "query/session/sql_session.h"

namespace pixlake::engine {

inline constexpr int kMostRunsShown = 40;

struct ReportPicture {
  std::string id;
  std::string name;    // the file's
  std::string source;  // where it came from
  std::string found;   // what the check found
  std::string data;    // "data:image/png;base64,…"; empty: see `problem`
  int width = 0, height = 0;
  std::string problem;
};

// One run of a check.
struct ReportPoint {
  std::string when;
  std::optional<bool> passed;
  double amount = 0;  // the share of rows that fail, else the value
  std::string message;
};

struct ReportCheck {
  std::string name, table, kind, severity, threshold, message, when;
  std::string description;  // the settings'
  int64_t rows_checked = 0, rows_failed = 0, rows_not_applicable = 0;
  std::optional<bool> passed;
  std::optional<double> value;
  std::vector<std::string> sample_ids;
  std::vector<ReportPoint> history;  // oldest first
  std::vector<ReportPicture> pictures;
  bool is_asked = true;  // the lake's settings have it
};

struct ReportData {
  std::string lake;
  std::string when;
  int64_t runs = 0;
  std::optional<int64_t> images;
  int64_t quarantined = 0;  // images that checks put there
  std::vector<ReportCheck> checks;
};

// All but the pictures' data. Those that fail first, the gravest before others.
Result<ReportData> ReadReportData(const Session& session, query::SqlSession* sql, int most_of_a_check);

}  // namespace pixlake::engine
