// Lists of images: one column of a CSV or TSV file, streamed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/type_fwd.h>

#include "base/result.h"

namespace pixlake::file {

enum class Quoting {
  kByDelimiter,  // none with tabs, as text/tab-separated-values has it, else as CSV
  kNone,         // a quote is a letter
  kCsv,          // RFC 4180
};

// "none" or "csv".
std::optional<Quoting> QuotingFromName(std::string_view name);

struct UrlListOptions {
  std::string column = "url";  // by its name in the header line
  char delimiter = 0;          // 0: the one of , tab ; | that the header and the first lines agree on
  Quoting quoting = Quoting::kByDelimiter;
  bool all_values = false;  // rows have the values of all columns
};

// One record of the list; empty lines are none.
struct UrlListRow {
  std::string url;      // with a problem: the line's text, cut short
  std::string problem;  // not empty: the line, by its number in the file, is no row, and why
  // With `all_values`, in the order of the columns.
  std::vector<std::string> values = {};
};

// Reads a list in blocks: memory is that of a few blocks of 4 MiB, whatever the length of
// the list. Plain, gzip or zstd; UTF-8, UTF-16 (by byte-order mark or by its zeros), else
// Windows-1252. A quote that is opened and not closed as RFC 4180 has it costs its own line, a
// row with a problem, and no other. Of one thread.
class UrlListReader {
 public:
  virtual ~UrlListReader() = default;

  // `name` is for messages. kUsage for a column that is not there or there twice, naming
  // those there are; kCorrupt for what is no such list; kIo from the stream.
  static Result<std::unique_ptr<UrlListReader>> Open(std::shared_ptr<arrow::io::InputStream> bytes,
                                                     std::string name, const UrlListOptions& options);

  // Appends the rows of the next block; false at the end. Blank urls are not given but
  // counted. A line with another delimiter than the header's is kCorrupt; one with too
  // few or too many values is a row with a problem. A line longer than a block is kCorrupt.
  virtual Result<bool> Next(std::vector<UrlListRow>* rows) = 0;

  virtual int64_t blank() const = 0;
  virtual const std::vector<std::string>& columns() const = 0;
};

// True for names of lists: .csv, .tsv, also with .gz or .zst behind.
bool IsUrlListName(std::string_view name);

}  // namespace pixlake::file
