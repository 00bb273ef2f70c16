#include "file/list/url_list.h"

#include <algorithm>
#include <utility>

#include <arrow/array.h>
#include <arrow/csv/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "base/interrupt.h"
#include "file/list/delimiter_internal.h"
#include "file/list/text_stream_internal.h"

namespace pixlake::file {
namespace {

constexpr int32_t kBlockBytes = 4 << 20;
constexpr size_t kMostShown = 200;  // of a line that is no row

std::string DelimiterName(char delimiter) {
  return delimiter == '\t' ? "a tab" : fmt::format("'{}'", delimiter);
}

std::string Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

// What the handler of lines that are no rows found; it is called while a block is parsed.
struct Misfits {
  std::vector<UrlListRow> rows;
  Status mixed;
};

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
  return Error(
      ErrorCode::kUsage,
      fmt::format("{} has no column '{}'; there are: {}; name one with --url-column", name, column, there));
}

class ArrowListReader : public UrlListReader {
 public:
  ArrowListReader(std::string name, std::shared_ptr<arrow::csv::StreamingReader> reader,
                  std::shared_ptr<Misfits> misfits)
      : name_(std::move(name)), reader_(std::move(reader)), misfits_(std::move(misfits)) {}

  Result<bool> Next(std::vector<UrlListRow>* rows) override {
    PL_RETURN_NOT_OK(CheckInterrupt());
    std::shared_ptr<arrow::RecordBatch> batch;
    const Status read = reader_ == nullptr ? Status::OK() : reader_->ReadNext(&batch);
    PL_RETURN_NOT_OK(misfits_->mixed);
    if (!read.ok()) {
      if (read.IsIOError()) return WithContext(read, "reading " + name_);
      return Error(ErrorCode::kCorrupt, fmt::format("reading {}: {}", name_, read.message()));
    }
    std::move(misfits_->rows.begin(), misfits_->rows.end(), std::back_inserter(*rows));
    misfits_->rows.clear();
    if (batch == nullptr) return false;
    const auto& values = static_cast<const arrow::BinaryArray&>(*batch->column(0));
    for (int64_t i = 0; i < values.length(); ++i) {
      std::string url = Trimmed(values.GetView(i));
      if (url.empty()) {
        ++blank_;
      } else {
        rows->push_back({std::move(url), {}});
      }
    }
    return true;
  }

  int64_t blank() const override { return blank_; }

 private:
  const std::string name_;
  const std::shared_ptr<arrow::csv::StreamingReader> reader_;  // null: a header and no more
  const std::shared_ptr<Misfits> misfits_;
  int64_t blank_ = 0;
};

// A line that splits by another character into as many values as the header has was
// written by another hand: the list is two lists.
arrow::csv::InvalidRowHandler MakeHandler(const std::shared_ptr<Misfits>& misfits, const std::string& name,
                                          char delimiter) {
  return [misfits, name, delimiter](const arrow::csv::InvalidRow& row) {
    const std::string where = row.number > 0 ? fmt::format("line {}", row.number)
                                             : fmt::format("a line ({})", row.text.substr(0, 60));
    for (const char other : kDelimiters) {
      if (other == delimiter || !misfits->mixed.ok()) continue;
      if (static_cast<int32_t>(SplitRecord(row.text, other).size()) != row.expected_columns) continue;
      misfits->mixed = Error(ErrorCode::kCorrupt,
                             fmt::format("{}: {} is delimited by {}, the header by {}; make them one", name,
                                         where, DelimiterName(other), DelimiterName(delimiter)));
      return arrow::csv::InvalidRowResult::Error;
    }
    misfits->rows.push_back({std::string(row.text.substr(0, kMostShown)),
                             fmt::format("{}: {} has {} values, the header has {}", name, where,
                                         row.actual_columns, row.expected_columns)});
    return arrow::csv::InvalidRowResult::Skip;
  };
}

// The end of the header's record, past its line break; npos: it is not in `head`.
size_t EndOfHeader(std::string_view head) {
  bool quoted = false;
  for (size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '"') quoted = !quoted;
    if (!quoted && (head[i] == '\n' || head[i] == '\r')) return i;
  }
  return std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<UrlListReader>> UrlListReader::Open(std::shared_ptr<arrow::io::InputStream> bytes,
                                                           std::string name, const UrlListOptions& options) {
  PL_ASSIGN_OR_RETURN(const auto text, OpenText(std::move(bytes), name));
  std::string head(kBlockBytes / 2, '\0');
  PL_ASSIGN_OR_RETURN(const int64_t got, text->Read(static_cast<int64_t>(head.size()), head.data()));
  const bool ended = got < static_cast<int64_t>(head.size());
  head.resize(static_cast<size_t>(got));
  if (head.empty())
    return Error(ErrorCode::kUsage, name + " is empty; expected a header line with column names");
  const size_t end = EndOfHeader(head);
  if (end == std::string_view::npos && !ended)
    return Error(ErrorCode::kCorrupt,
                 fmt::format("{}: the first line does not end within {} bytes", name, got));

  const char delimiter = options.delimiter != 0 ? options.delimiter : DetectDelimiter(head, options.column);
  const std::vector<std::string> header = SplitRecord(head, delimiter);
  PL_RETURN_NOT_OK(CheckColumn(header, options.column, name));
  const auto misfits = std::make_shared<Misfits>();
  const size_t first = end == std::string_view::npos ? end : head.find_first_not_of("\r\n", end);
  if (first == std::string_view::npos && ended)
    return std::make_unique<ArrowListReader>(std::move(name), nullptr, misfits);

  arrow::csv::ReadOptions read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  read.block_size = kBlockBytes;
  read.column_names = header;
  arrow::csv::ParseOptions parse = arrow::csv::ParseOptions::Defaults();
  parse.delimiter = delimiter;
  parse.newlines_in_values = true;
  parse.invalid_row_handler = MakeHandler(misfits, name, delimiter);
  arrow::csv::ConvertOptions convert = arrow::csv::ConvertOptions::Defaults();
  convert.check_utf8 = false;
  convert.include_columns = {options.column};
  convert.column_types[options.column] = arrow::binary();
  convert.strings_can_be_null = false;
  if (first != std::string_view::npos) head.erase(0, first);
  if (first == std::string_view::npos) head.clear();
  const auto stream = Rejoin(std::move(head), text);
  auto reader =
      arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), stream, read, parse, convert);
  PL_RETURN_NOT_OK(misfits->mixed);
  if (!reader.ok())
    return Error(ErrorCode::kCorrupt, fmt::format("reading {}: {}", name, reader.status().message()));
  return std::make_unique<ArrowListReader>(std::move(name), *std::move(reader), misfits);
}

bool IsUrlListName(std::string_view name) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  return name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".CSV") || name.ends_with(".TSV");
}

}  // namespace pixlake::file
