// Text as records of values, line by line.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/interfaces.h>

#include "base/result.h"

namespace pixlake::file {

// Records of RFC 4180, with LF, CR LF or CR at their end, or, not `quoted`, of IANA's
// text/tab-separated-values, in which a quote is a letter. Of one thread.
class RecordReader {
 public:
  RecordReader(std::shared_ptr<arrow::io::InputStream> text, std::string name, char delimiter, bool quoted,
               int64_t first_line);

  // The next record that is not an empty line; false at the end. kCorrupt for a line of more than
  // kMostBytes. Memory is that of the longest record.
  Result<bool> Next();

  // Of the current record; views until the next one. A record with a problem has no values: a quote
  // was opened in its first line that nothing closes as it should. Reading goes on behind that
  // line, so that no other one is lost to it.
  const std::vector<std::string_view>& values() const { return values_; }
  const std::string& problem() const { return problem_; }
  std::string_view text() const { return text_; }  // without the break at its end
  int64_t line() const { return line_; }           // of the file, where the record begins, from 1

  static constexpr size_t kMostBytes = size_t{4} << 20;

 private:
  enum class Parsed { kRecord, kNeedsMore, kBadQuote };
  Parsed Parse();
  Parsed TakeQuoted(size_t* at);
  Result<bool> Fill();
  void SkipBreaks();
  void Consume(size_t end);
  void ConsumeFirstLine();

  const std::shared_ptr<arrow::io::InputStream> stream_;
  const std::string name_;
  const char delimiter_;
  const bool quoted_;
  std::string buffer_;
  size_t begin_ = 0;  // of what has not been consumed
  size_t end_ = 0;    // of the record that was parsed
  bool ended_ = false;
  int64_t next_line_;
  bool after_return_ = false;  // a line feed that comes now belongs to the break before
  std::vector<std::string_view> values_;
  std::deque<std::string> unquoted_;  // values in which a quote was doubled
  std::string_view text_;
  std::string problem_;
  int64_t line_ = 0;
};

}  // namespace pixlake::file
