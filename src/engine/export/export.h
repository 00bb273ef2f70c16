// Contents of a table back as files, under the names they were met under.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/chosen_rows.h"
#include "engine/session.h"

namespace pixlake::engine {

struct ExportRequest {
  RowChoice rows;
  bool once = false;        // each content under one name, not under every one it was met under
  std::string destination;  // a folder, or a file that ends in .tar, .tar.gz, .tgz, .tar.zst
};

struct ExportReport {
  int64_t files = 0;                  // written
  int64_t already_there = 0;          // in the folder with the same bytes
  int64_t bytes = 0;                  // of the written
  int64_t failed = 0;                 // contents that could not be had
  std::vector<std::string> problems;  // of the first of them, why
  std::string root;                   // what the names are relative to; empty when they are not
};

// In a lake: every place of every row that fits, by raw.sources, gone ones too when no
// other is left; rows that have none there in `_no_place/` under their id. Any other table with a binary
// column: by its `filename`, else
// `<label>/<row>`, else `<row>`, with a suffix from the bytes' format.
Result<ExportReport> Export(const Session& session, const ExportRequest& request);

}  // namespace pixlake::engine
