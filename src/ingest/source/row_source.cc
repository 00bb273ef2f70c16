#include "ingest/source/row_source.h"

#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/stop/stop_token.h"
#include "ingest/source/file_item_internal.h"
#include "ingest/source/url/url_source_internal.h"
#include "ingest/source/url/wanted_urls_internal.h"

namespace pixlake::ingest {
namespace {

enum Column { kUri, kEtag, kLabel, kFilename, kMtime, kSize, kContent, kPath, kAttributes, kColumns };
constexpr const char* kNames[kColumns] = {"uri",  "etag",    "label", "filename",  "mtime_ns",
                                          "size", "content", "path",  "attributes"};

std::optional<std::string> TextAt(const arrow::Array& column, int64_t row) {
  if (column.IsNull(row)) return std::nullopt;
  if (column.type_id() == arrow::Type::STRING || column.type_id() == arrow::Type::BINARY) {
    return std::string(static_cast<const arrow::BinaryArray&>(column).GetView(row));
  }
  return std::string(static_cast<const arrow::LargeBinaryArray&>(column).GetView(row));
}

class RowSource : public Source {
 public:
  explicit RowSource(std::unique_ptr<arrow::RecordBatchReader> rows) : rows_(std::move(rows)) {}

  Result<bool> Next(int64_t max_bytes, int64_t max_items, std::vector<SourceItem>* items) override {
    int64_t bytes = 0, count = 0;
    while (count < max_items && (count == 0 || bytes < max_bytes)) {
      PL_RETURN_NOT_OK(CheckStopped());
      if (batch_ == nullptr || row_ == batch_->num_rows()) {
        PL_RETURN_NOT_OK(rows_->ReadNext(&batch_));
        row_ = 0;
        if (batch_ == nullptr) return false;
        continue;
      }
      SourceItem item;
      PL_ASSIGN_OR_RETURN(const bool usable, ReadRow(row_++, &item));
      if (!usable) {
        ++skipped_;
        continue;
      }
      bytes += std::max<int64_t>(item.size, 0);
      ++count;
      items->push_back(std::move(item));
    }
    return true;
  }

  std::vector<std::string> complete_roots() const override { return {}; }
  int64_t skipped() const override { return skipped_; }

 private:
  Result<bool> ReadRow(int64_t row, SourceItem* item) const {
    const auto text = [&](Column column) { return TextAt(*batch_->column(column), row); };
    item->uri = text(kUri).value_or("");
    item->etag = text(kEtag).value_or("");
    item->label = text(kLabel);
    item->filename = text(kFilename).value_or("");
    item->attributes = text(kAttributes).value_or("");
    const auto number = [&](Column column) {
      const auto& values = static_cast<const arrow::Int64Array&>(*batch_->column(column));
      return values.IsNull(row) ? int64_t{0} : values.Value(row);
    };
    item->mtime_ns = number(kMtime);
    item->size = number(kSize);
    if (const std::optional<std::string> content = text(kContent)) {
      item->size = static_cast<int64_t>(content->size());
      item->bytes = arrow::Buffer::FromString(*content);
      return true;
    }
    item->path = text(kPath).value_or("");
    struct stat status {};
    if (item->path.empty() || ::stat(item->path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
      return false;
    SetStatus(status, item);
    return true;
  }

  const std::unique_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t row_ = 0;
  int64_t skipped_ = 0;
};

// The rows' uris, to be fetched.
class RowsWanted : public WantedUrls {
 public:
  explicit RowsWanted(std::unique_ptr<arrow::RecordBatchReader> rows) : rows_(std::move(rows)) {}

  Result<bool> Next(WantedUrl* wanted) override {
    while (batch_ == nullptr || row_ == batch_->num_rows()) {
      PL_RETURN_NOT_OK(rows_->ReadNext(&batch_));
      row_ = 0;
      if (batch_ == nullptr) return false;
    }
    const auto text = [&](Column column) { return TextAt(*batch_->column(column), row_); };
    *wanted = {};
    wanted->uri = text(kUri).value_or("");
    // Remembered behind its verdict ("unreadable:url").
    wanted->etag = text(kEtag).value_or("");
    wanted->etag.erase(0, wanted->etag.find(':') + 1);
    wanted->label = text(kLabel);
    wanted->attributes = text(kAttributes).value_or("");
    ++row_;
    return true;
  }

 private:
  const std::unique_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t row_ = 0;
};

bool Fits(const arrow::DataType& type, int column) {
  if (column == kMtime || column == kSize) return type.id() == arrow::Type::INT64;
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY ||
         type.id() == arrow::Type::LARGE_STRING || type.id() == arrow::Type::LARGE_BINARY;
}

}  // namespace

Result<std::unique_ptr<Source>> SourceOfRows(std::unique_ptr<arrow::RecordBatchReader> rows, bool remote,
                                             const SourceOptions& options) {
  const auto& schema = *rows->schema();
  for (int i = 0; i < kColumns; ++i) {
    if (schema.num_fields() != kColumns || schema.field(i)->name() != kNames[i] ||
        !Fits(*schema.field(i)->type(), i)) {
      return Error(ErrorCode::kUsage, fmt::format("rows as a source: expected the column {}, found {}",
                                                  kNames[i], schema.ToString()));
    }
  }
  if (remote) return SourceOfUrls(std::make_unique<RowsWanted>(std::move(rows)), options);
  return std::unique_ptr<Source>(std::make_unique<RowSource>(std::move(rows)));
}

}  // namespace pixlake::ingest
