// Lists of images: one column of a CSV or TSV file, streamed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

struct UrlListOptions {
  std::string column = "url";  // by its name in the header line
  char delimiter = 0;          // 0: the one of , tab ; | that the header and the first lines agree on
};

// One line of the list. `line` counts records from 1 behind the header (a quoted value
// may hold line breaks); empty lines are no records.
struct UrlListRow {
  std::string url;      // with a problem: the line's text, cut short
  std::string problem;  // not empty: the line is no row of this list, and why
};

// Reads a list in blocks: memory is that of a few blocks of 4 MiB, whatever the length of
// the list. Plain, gzip or zstd; UTF-8, UTF-16 (by byte-order mark or by its zeros), else
// Windows-1252. Values may be quoted as in RFC 4180. Of one thread.
class UrlListReader {
 public:
  virtual ~UrlListReader() = default;

  // `name` is for messages. kUsage for a column that is not there or there twice, naming
  // those there are; kCorrupt for what is no such list; kIo from the stream.
  static Result<std::unique_ptr<UrlListReader>> Open(std::shared_ptr<arrow::io::InputStream> bytes,
                                                     std::string name, const UrlListOptions& options);

  // Appends the rows of the next block; false at the end. Blank urls are not given but
  // counted. A line with another delimiter than the header's is kCorrupt; one with too
  // few or too many values is a row with a problem. A value longer than a block is kCorrupt.
  virtual Result<bool> Next(std::vector<UrlListRow>* rows) = 0;

  virtual int64_t blank() const = 0;
};

// True for names of lists: .csv, .tsv, also with .gz or .zst behind.
bool IsUrlListName(std::string_view name);

}  // namespace pixlake::file
