// The whole MNIST workflow: find, check, write, show.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/session.h"
#include "query/statement/schema/schema_text.h"

namespace pixlake::engine {

struct MnistRequest {
  std::string source;     // folder or mirror URL; empty: the default mirror
  std::string out = ".";  // flat_files/ and artifacts/ are made in it
  std::string cache;      // empty: the user's cache folder
  std::string checksums;  // see ingest::MnistSourceOptions
  bool write_tree = true;
  bool write_table = true;
  int png_level = 1;
  int64_t show = 0;  // images on the contact sheet
};

struct MnistReport {
  std::string tree;  // "" when not written
  std::string table;
  std::string contact_sheet;  // path of the PNG
  std::string text_sheet;     // the same for a terminal
  bool published = false;     // the files are MNIST's own, by checksum
  int64_t downloaded_bytes = 0;
  int64_t images = 0;
  int64_t png_bytes = 0;
  std::map<int, int64_t> label_counts;
  std::optional<int64_t> table_version;
  bool already_done = false;  // the table had this data before
  std::vector<query::ColumnText> schema;
  double seconds = 0;  // of reading, encoding and writing, downloads not counted
};

// How a terminal can show pictures.
enum class TextPictures { kNone, kAscii, kHalfBlocks };

Result<MnistReport> RunMnistToDelta(const Session& session, const MnistRequest& request,
                                    TextPictures pictures, int text_columns);

}  // namespace pixlake::engine
