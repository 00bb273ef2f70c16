#include "file/list/url_list.h"

#include <algorithm>
#include <utility>

#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/stop/stop_token.h"
#include "file/list/delimiter_internal.h"
#include "file/list/record_reader_internal.h"
#include "file/list/text_stream_internal.h"

namespace pixlake::file {
namespace {

constexpr size_t kHeadBytes = size_t{2} << 20;  // the header line ends within
constexpr size_t kRowsAtOnce = 4096;
constexpr size_t kBytesAtOnce = size_t{4} << 20;
constexpr size_t kMostShown = 200;  // of a line that is no row

std::string DelimiterName(char delimiter) {
  return delimiter == '\t' ? "a tab" : fmt::format("'{}'", delimiter);
}

std::string Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

Status CheckColumn(const std::vector<std::string>& header, const std::string& column,
                   const std::string& name) {
  const auto count = std::count(header.begin(), header.end(), column);
  if (count == 1) return Status::OK();
  if (count > 1)
    return Error(ErrorCode::kUsage,
                 fmt::format("{}: the column '{}' is there {} times", name, column, count));
  constexpr size_t kMostNamed = 20;
  std::string there;
  for (size_t i = 0; i < std::min(header.size(), kMostNamed); ++i)
    there += fmt::format("{}'{}'", i == 0 ? "" : ", ", header[i].substr(0, kMostShown));
  if (header.size() > kMostNamed) there += fmt::format(" and {} more", header.size() - kMostNamed);
  const bool quoted = std::count(header.begin(), header.end(), '"' + column + '"') > 0;
  return Error(ErrorCode::kUsage, fmt::format("{} has no column '{}'; there are: {}; {}", name, column, there,
                                              quoted ? "if its values are quoted, say --quote csv"
                                                     : "name one with --url-column"));
}

class ListReader : public UrlListReader {
 public:
  ListReader(std::string name, const UrlListOptions& options, char delimiter, std::vector<std::string> header,
             std::unique_ptr<RecordReader> records)
      : name_(std::move(name)),
        all_values_(options.all_values),
        delimiter_(delimiter),
        header_(std::move(header)),
        column_(
            static_cast<size_t>(std::find(header_.begin(), header_.end(), options.column) - header_.begin())),
        records_(std::move(records)) {}

  Result<bool> Next(std::vector<UrlListRow>* rows) override {
    PL_RETURN_NOT_OK(CheckStopped());
    size_t bytes = 0;
    for (size_t i = 0; i < kRowsAtOnce && bytes < kBytesAtOnce; ++i) {
      PL_ASSIGN_OR_RETURN(const bool more, records_->Next());
      if (!more) return false;
      bytes += records_->text().size();
      PL_RETURN_NOT_OK(TakeRecord(rows));
    }
    return true;
  }

  int64_t blank() const override { return blank_; }
  const std::vector<std::string>& columns() const override { return header_; }

 private:
  Status TakeRecord(std::vector<UrlListRow>* rows) {
    const std::vector<std::string_view>& values = records_->values();
    if (!records_->problem().empty()) {
      rows->push_back({std::string(records_->text().substr(0, kMostShown)), records_->problem()});
      return Status::OK();
    }
    if (values.size() != header_.size()) return TakeMisfit(rows);
    std::string url = Trimmed(values[column_]);
    if (url.empty()) {
      ++blank_;
      return Status::OK();
    }
    UrlListRow& row = rows->emplace_back();
    row.url = std::move(url);
    if (all_values_) row.values.assign(values.begin(), values.end());
    return Status::OK();
  }

  // A line that splits by another character into as many values as the header has was written by
  // another hand: the list is two lists.
  Status TakeMisfit(std::vector<UrlListRow>* rows) const {
    const std::string_view text = records_->text();
    for (const char other : kDelimiters) {
      if (other == delimiter_ || SplitRecord(text, other).size() != header_.size()) continue;
      return Error(ErrorCode::kCorrupt,
                   fmt::format("{}: line {} is delimited by {}, the header by {}; make them one", name_,
                               records_->line(), DelimiterName(other), DelimiterName(delimiter_)));
    }
    rows->push_back({std::string(text.substr(0, kMostShown)),
                     fmt::format("{}: line {} has {} values, the header has {}", name_, records_->line(),
                                 records_->values().size(), header_.size())});
    return Status::OK();
  }

  const std::string name_;
  const bool all_values_;
  const char delimiter_;
  const std::vector<std::string> header_;
  const size_t column_;
  const std::unique_ptr<RecordReader> records_;
  int64_t blank_ = 0;
};

bool IsQuoted(Quoting quoting, char delimiter) {
  return quoting == Quoting::kCsv || (quoting == Quoting::kByDelimiter && delimiter != '\t');
}

// The beginning of the text without the empty lines in front of it, which are counted.
Result<std::string> ReadHead(arrow::io::InputStream* text, int64_t* empty_lines) {
  std::string head;
  bool after_return = false;
  while (head.size() < kHeadBytes) {
    const size_t had = head.size();
    head.resize(had + kHeadBytes);
    PL_ASSIGN_OR_RETURN(const int64_t got, text->Read(static_cast<int64_t>(kHeadBytes), head.data() + had));
    head.resize(had + static_cast<size_t>(got));
    if (got == 0) break;
    if (had > 0) continue;
    const size_t first = std::min(head.find_first_not_of("\r\n"), head.size());
    for (size_t i = 0; i < first; ++i) {
      if (!(head[i] == '\n' && after_return)) ++*empty_lines;
      after_return = head[i] == '\r';
    }
    head.erase(0, first);
  }
  return head;
}

}  // namespace

Result<std::unique_ptr<UrlListReader>> UrlListReader::Open(std::shared_ptr<arrow::io::InputStream> bytes,
                                                           std::string name, const UrlListOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto text, OpenText(std::move(bytes), name));
  int64_t empty_lines = 0;
  auto head = ReadHead(text.get(), &empty_lines);
  if (!head.ok()) {
    if (head.status().IsIOError()) return WithContext(head.status(), "reading " + name);
    return Error(ErrorCode::kCorrupt, fmt::format("reading {}: {}", name, head.status().message()));
  }
  if (head->empty())
    return Error(ErrorCode::kUsage, name + " is empty; expected a header line with column names");
  const char delimiter =
      options.delimiter != 0 ? options.delimiter : DetectDelimiter(*head, options.column, options.quoting);
  auto records = std::make_unique<RecordReader>(Rejoin(*std::move(head), text), name, delimiter,
                                                IsQuoted(options.quoting, delimiter), empty_lines + 1);
  PL_ASSIGN_OR_RETURN(const bool there, records->Next());
  if (!there || !records->problem().empty()) {
    return Error(ErrorCode::kCorrupt,
                 there ? records->problem() : name + " has no header line with column names");
  }
  std::vector<std::string> header(records->values().begin(), records->values().end());
  PL_RETURN_NOT_OK(CheckColumn(header, options.column, name));
  return std::make_unique<ListReader>(std::move(name), options, delimiter, std::move(header),
                                      std::move(records));
}

std::optional<Quoting> QuotingFromName(std::string_view name) {
  if (name == "none") return Quoting::kNone;
  if (name == "csv") return Quoting::kCsv;
  return std::nullopt;
}

bool IsUrlListName(std::string_view name) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  const auto ends = [&](std::string_view ending) {
    return name.size() > ending.size() &&
           std::equal(ending.begin(), ending.end(), name.end() - static_cast<ptrdiff_t>(ending.size()),
                      [](char a, char b) { return a == (b | 0x20) || a == b; });
  };
  return ends(".csv") || ends(".tsv");
}

}  // namespace pixlake::file
