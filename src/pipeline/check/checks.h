// What the settings' checks ask, of each image and of tables, as SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/lake.h"

#include "settings/settings.h"

namespace pixlake::pipeline {

// Asked of each image on its way; the answers are in processed.validated.
struct ImageCheck {
  std::string name;
  std::string kind;
  std::string severity;  // "warn", "drop", "quarantine", "stop"
  // Over the columns of `image` (step/lake_steps.cc): true, false, or null where it does not apply. What
  // pixels are like is known of images that can be decoded.
  std::string condition;
  std::string value;          // of SQL, a text: what was found
  std::string expected;       // in words
  bool needs_places = false;  // `places`: at how many places the content is now
  std::string where = {};     // in the settings: "config/settings.yaml:12:3: checks[2]"
};

// Asked of a table as it is behind the step that makes it: of each of its rows, or of all at once.
struct TableCheck {
  std::string name;
  std::string kind;
  std::string severity;  // "warn", "drop", "stop"
  catalog::TableName table;
  std::string condition;  // of each row, over the table's columns but its blobs; empty: of all at once
  std::string value;      // as of ImageCheck
  std::string column;     // of unique and freshness
  std::optional<int64_t> max_age_ms;
  std::optional<int64_t> min_rows, max_rows;
  std::optional<double> min_share, max_share;
  std::string expected;  // in words
  std::string where;     // in the settings: "config/settings.yaml:12:3: checks[2]"
};

struct Checks {
  std::vector<ImageCheck> of_images;
  std::vector<TableCheck> of_tables;

  bool empty() const { return of_images.empty() && of_tables.empty(); }
};

// Those of the settings that are on, in their order. kUsage, with the place in the settings, for tables that
// none can be and for SQL of more than one statement.
Result<Checks> ChecksOf(const settings::Settings& settings);

// The error of a question to images with the place in the settings of the check that names what the error
// quotes ("widht"); as it is where none does.
Status WithPlaceOfCheck(const Status& status, const std::vector<ImageCheck>& checks);

// By what the rows of `table` that its checks drop are left out: a condition that is true for those that
// stay. Empty: none is dropped.
std::string StaysCondition(const Checks& checks, const catalog::TableName& table);

}  // namespace pixlake::pipeline
