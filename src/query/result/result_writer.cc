#include "query/result/result_writer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <fmt/format.h>

#include "file/blob/blob_parquet_writer.h"
#include "io/store.h"
#include "query/result/file_types_internal.h"
#include "query/result/plain_types_internal.h"
#include "query/result/result_kinds.h"
#include "query/result/table_box_internal.h"
#include "query/result/value_format_internal.h"

namespace pixlake::query {
namespace {

constexpr size_t kFlushBytes = size_t{1} << 20;

// Calls `write(batch)` for every batch and counts the rows.
template <typename Write>
Result<int64_t> ForEachBatch(arrow::RecordBatchReader* rows, Write write) {
  int64_t count = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    PL_RETURN_NOT_OK(rows->ReadNext(&batch));
    if (batch == nullptr) return count;
    count += batch->num_rows();
    PL_RETURN_NOT_OK(write(*batch));
  }
}

Status FlushIfLarge(std::string* text, arrow::io::OutputStream* out) {
  if (text->size() < kFlushBytes) return Status::OK();
  PL_RETURN_NOT_OK(out->Write(*text));
  text->clear();
  return Status::OK();
}

// RFC 4180 section 2, rules 5 to 7.
void AppendCsvField(std::string_view value, std::string* out) {
  if (!value.empty() && value.find_first_of(",\"\r\n") == std::string_view::npos) {
    *out += value;
    return;
  }
  *out += '"';
  for (char c : value) {
    if (c == '"') *out += '"';
    *out += c;
  }
  *out += '"';
}

Result<int64_t> WriteCsv(arrow::RecordBatchReader* rows, arrow::io::OutputStream* out) {
  std::string text;
  const auto schema = rows->schema();
  for (int i = 0; i < schema->num_fields(); ++i) {
    if (i > 0) text += ',';
    AppendCsvField(schema->field(i)->name(), &text);
  }
  text += '\n';
  std::string value;
  PL_ASSIGN_OR_RETURN(const int64_t count, ForEachBatch(rows, [&](const arrow::RecordBatch& batch) -> Status {
                        for (int64_t row = 0; row < batch.num_rows(); ++row) {
                          for (int i = 0; i < batch.num_columns(); ++i) {
                            if (i > 0) text += ',';
                            if (batch.column(i)->IsNull(row)) continue;
                            value.clear();
                            AppendPlain(*batch.column(i), row, &value);
                            AppendCsvField(value, &text);
                          }
                          text += '\n';
                          PL_RETURN_NOT_OK(FlushIfLarge(&text, out));
                        }
                        return Status::OK();
                      }));
  PL_RETURN_NOT_OK(out->Write(text));
  return count;
}

bool IsOfKind(const arrow::Field& field, const char* kind) {
  return field.metadata() != nullptr && field.metadata()->Get(kKindKey).ValueOr("") == kind;
}

Result<int64_t> WriteJson(arrow::RecordBatchReader* rows, arrow::io::OutputStream* out) {
  std::vector<std::string> keys;
  std::vector<bool> numbers;  // texts that are one
  for (const auto& field : rows->schema()->fields()) numbers.push_back(IsOfKind(*field, kNumberKind));
  for (const auto& field : rows->schema()->fields()) {
    std::string key = keys.empty() ? "{" : ",";
    AppendJsonString(field->name(), &key);
    keys.push_back(key + ":");
  }
  std::string text = "[";
  const char* separator = "\n";
  PL_ASSIGN_OR_RETURN(const int64_t count, ForEachBatch(rows, [&](const arrow::RecordBatch& batch) -> Status {
                        for (int64_t row = 0; row < batch.num_rows(); ++row) {
                          text += std::exchange(separator, ",\n");
                          for (size_t i = 0; i < keys.size(); ++i) {
                            text += keys[i];
                            const auto& column = *batch.column(static_cast<int>(i));
                            if (numbers[i] && column.IsValid(row)) {
                              AppendPlain(column, row, &text);
                              continue;
                            }
                            AppendJson(column, row, &text);
                          }
                          text += keys.empty() ? "{}" : "}";
                          PL_RETURN_NOT_OK(FlushIfLarge(&text, out));
                        }
                        return Status::OK();
                      }));
  PL_RETURN_NOT_OK(out->Write(text + "\n]\n"));
  return count;
}

Result<int64_t> WriteArrow(arrow::RecordBatchReader* rows, arrow::io::OutputStream* out) {
  PL_RETURN_NOT_OK(CheckFileTypes(*rows->schema(), "Arrow"));
  PL_ASSIGN_OR_RETURN(auto writer, arrow::ipc::MakeStreamWriter(out, rows->schema()));
  PL_ASSIGN_OR_RETURN(const int64_t count, ForEachBatch(rows, [&](const arrow::RecordBatch& batch) {
                        PL_RETURN_NOT_OK(CheckDigits(batch));
                        PL_RETURN_NOT_OK(writer->WriteRecordBatch(batch));
                        return out->Flush();  // the stream may hold the batch's buffers until then
                      }));
  PL_RETURN_NOT_OK(writer->Close());
  return count;
}

// A stream of the caller's as a file that is written; closing it is the caller's part.
class BorrowedOutput : public io::OutputFile {
 public:
  explicit BorrowedOutput(arrow::io::OutputStream* stream) : stream_(stream) {}
  arrow::io::OutputStream* stream() override { return stream_; }
  Status Close() override { return stream_->Flush(); }

 private:
  arrow::io::OutputStream* stream_;
};

constexpr int64_t kLeastRowGroupBytes = int64_t{1} << 20;

Result<int64_t> WriteParquet(arrow::RecordBatchReader* rows, int64_t memory_bytes,
                             arrow::io::OutputStream* out) {
  PL_RETURN_NOT_OK(CheckFileTypes(*rows->schema(), "Parquet"));
  PL_ASSIGN_OR_RETURN(const auto schema, ParquetSchemaOf(*rows->schema()));
  file::BlobParquetOptions parquet;
  parquet.row_group_bytes = std::clamp(memory_bytes / 2, kLeastRowGroupBytes, parquet.row_group_bytes);
  PL_ASSIGN_OR_RETURN(auto writer,
                      file::BlobParquetWriter::Open(std::make_unique<BorrowedOutput>(out), schema, parquet));
  PL_ASSIGN_OR_RETURN(const int64_t count, ForEachBatch(rows, [&](const arrow::RecordBatch& batch) -> Status {
                        PL_RETURN_NOT_OK(CheckDigits(batch));
                        PL_ASSIGN_OR_RETURN(const auto written, ForParquet(batch, schema));
                        return writer->Write(*written);
                      }));
  PL_RETURN_NOT_OK(writer->Close());
  return count;
}

}  // namespace

namespace {

constexpr std::array<std::pair<std::string_view, ResultFormat>, 5> kFormatNames = {
    {{"table", ResultFormat::kTable},
     {"csv", ResultFormat::kCsv},
     {"json", ResultFormat::kJson},
     {"parquet", ResultFormat::kParquet},
     {"arrow", ResultFormat::kArrow}}};

}  // namespace

Result<ResultFormat> ParseResultFormat(std::string_view name) {
  for (const auto& [known, format] : kFormatNames) {
    if (name == known) return format;
  }
  return Error(ErrorCode::kUsage,
               fmt::format("format '{}' is none of table, csv, json, parquet, arrow", name));
}

std::string_view ResultFormatName(ResultFormat format) {
  for (const auto& [name, known] : kFormatNames) {
    if (format == known) return name;
  }
  return "";
}

Result<int64_t> WriteResult(arrow::RecordBatchReader* rows, const WriteOptions& options,
                            arrow::io::OutputStream* out) {
  switch (options.format) {
    case ResultFormat::kTable:
      return WriteTableBox(rows, options, out);
    case ResultFormat::kCsv:
      return WriteCsv(rows, out);
    case ResultFormat::kJson:
      return WriteJson(rows, out);
    case ResultFormat::kParquet:
      return WriteParquet(rows, options.memory_bytes, out);
    case ResultFormat::kArrow:
      return WriteArrow(rows, out);
  }
  return Error(ErrorCode::kInternal, "no such result format");
}

}  // namespace pixlake::query
