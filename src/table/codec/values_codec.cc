#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/base64.h>
#include <arrow/util/compression.h>

#include "table/codec/values_codec_internal.h"

namespace pixlake::table {
namespace {

Status NoColumns(const std::string& why) {
  return Error(ErrorCode::kCorrupt, "values of a plan cannot be read: " + why);
}

// Fields with this name and of type null stand for a null pointer.
constexpr char kUnknown[] = "unknown";
constexpr char kKnown[] = "known";

Result<std::shared_ptr<arrow::Buffer>> FromBase64(const std::string& text) {
  auto bytes = arrow::util::base64_decode(text);
  if (!bytes.ok()) return NoColumns(bytes.status().message());
  return arrow::Buffer::FromString(*std::move(bytes));
}

}  // namespace

Result<std::string> EncodeColumns(const arrow::RecordBatch& columns) {
  PL_ASSIGN_OR_RETURN(const auto out, arrow::io::BufferOutputStream::Create());
  arrow::ipc::IpcWriteOptions options;
  PL_ASSIGN_OR_RETURN(options.codec, arrow::util::Codec::Create(arrow::Compression::ZSTD));
  PL_ASSIGN_OR_RETURN(const auto writer, arrow::ipc::MakeStreamWriter(out, columns.schema(), options));
  PL_RETURN_NOT_OK(writer->WriteRecordBatch(columns));
  PL_RETURN_NOT_OK(writer->Close());
  PL_ASSIGN_OR_RETURN(const auto bytes, out->Finish());
  return arrow::util::base64_encode(std::string_view(*bytes));
}

Result<std::shared_ptr<arrow::RecordBatch>> DecodeColumns(const std::string& text) {
  PL_ASSIGN_OR_RETURN(auto bytes, FromBase64(text));
  const auto input = std::make_shared<arrow::io::BufferReader>(std::move(bytes));
  const auto read = [&]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
    PL_ASSIGN_OR_RETURN(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(input));
    std::shared_ptr<arrow::RecordBatch> batch, more;
    PL_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) return Status::Invalid("there are none");
    PL_RETURN_NOT_OK(batch->ValidateFull());
    PL_RETURN_NOT_OK(reader->ReadNext(&more));
    if (more != nullptr) return Status::Invalid("there are more than one batch");
    return batch;
  };
  auto batch = read();
  return batch.ok() ? batch : NoColumns(batch.status().message());
}

Result<std::string> EncodeScalars(const std::vector<std::shared_ptr<arrow::Scalar>>& values) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& value : values) {
    const bool known = value != nullptr;
    PL_ASSIGN_OR_RETURN(auto column, known ? arrow::MakeArrayFromScalar(*value, 1)
                                           : arrow::MakeArrayOfNull(arrow::null(), 1));
    fields.push_back(arrow::field(known ? kKnown : kUnknown, column->type()));
    columns.push_back(std::move(column));
  }
  return EncodeColumns(*arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, std::move(columns)));
}

Result<std::vector<std::shared_ptr<arrow::Scalar>>> DecodeScalars(const std::string& text) {
  PL_ASSIGN_OR_RETURN(const auto batch, DecodeColumns(text));
  if (batch->num_rows() != 1) return NoColumns("expected a row");
  std::vector<std::shared_ptr<arrow::Scalar>> values;
  for (int i = 0; i < batch->num_columns(); ++i) {
    values.emplace_back();
    if (batch->schema()->field(i)->name() == kUnknown) continue;
    PL_ASSIGN_OR_RETURN(values.back(), batch->column(i)->GetScalar(0));
  }
  return values;
}

Result<std::string> EncodeSchema(const arrow::Schema& schema) {
  PL_ASSIGN_OR_RETURN(const auto bytes, arrow::ipc::SerializeSchema(schema));
  return arrow::util::base64_encode(std::string_view(*bytes));
}

Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& text) {
  PL_ASSIGN_OR_RETURN(auto bytes, FromBase64(text));
  arrow::io::BufferReader input(std::move(bytes));
  arrow::ipc::DictionaryMemo memo;
  auto schema = arrow::ipc::ReadSchema(&input, &memo);
  return schema.ok() ? schema : NoColumns(schema.status().message());
}

}  // namespace pixlake::table
