// Images of a table on one sheet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/chosen_rows.h"
#include "engine/ingest/mnist_to_delta.h"
#include "engine/session.h"

namespace pixlake::engine {

struct ShowRequest {
  RowChoice rows;
  int max_side = 128;  // pixels of a thumbnail's longer side
  std::string output;  // the sheet as PNG; empty: none is written
  TextPictures text = TextPictures::kNone;
  int text_columns = 80;  // the room there is for the sheet as text
  int text_lines = 24;
  bool captions = false;  // the names of what is drawn as text, below each row of it
};

struct ShowReport {
  int64_t shown = 0;
  std::vector<std::string> not_shown;  // name and why, for images that could not be decoded
  std::string output;
  std::string text_sheet;
  int64_t drawn = 0;  // on text_sheet: as many as there is room for
};

// kNotFound when no row fits or none can be shown.
Result<ShowReport> Show(const Session& session, const ShowRequest& request);

}  // namespace pixlake::engine
