// Images of a table on one sheet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/ingest/mnist_to_delta.h"
#include "engine/session.h"

namespace pixlake::engine {

struct ShowRequest {
  std::string table;
  std::string where;  // SQL condition; empty: any rows
  int64_t limit = 36;
  int max_side = 128;  // pixels of a thumbnail's longer side
  std::string output;  // the sheet as PNG; empty: none is written
  TextPictures text = TextPictures::kNone;
  int text_columns = 100;
};

struct ShowReport {
  int64_t shown = 0;
  std::vector<std::string> not_shown;  // why, for images that could not be decoded
  std::string output;
  std::string text_sheet;
};

// kNotFound when no row fits or none can be shown.
Result<ShowReport> Show(const Session& session, const ShowRequest& request);

}  // namespace pixlake::engine
