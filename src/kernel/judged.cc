#include "kernel/judged.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "kernel/content_column.h"
#include "kernel/fact_columns.h"

namespace pixlake::kernel {
namespace {

enum Column : int {
  kVerdict,
  kMessage,
  kOffset,
  kMimeType,
  kFormat,
  kWidth,
  kHeight,
  kChannels,
  kBitDepth,
  kKind,
  kMode,
  kLatitude,
  kLongitude,
  kAltitude,
  kDirection,
  kGpsTimestamp,
  kDocument,
};

struct Expected {
  const char* name;
  arrow::Type::type type;
};
constexpr std::array<Expected, 17> kColumns = {{{"verdict", arrow::Type::STRING},
                                                {"message", arrow::Type::STRING},
                                                {"offset", arrow::Type::INT64},
                                                {"mime_type", arrow::Type::STRING},
                                                {"format", arrow::Type::STRING},
                                                {"width", arrow::Type::INT64},
                                                {"height", arrow::Type::INT64},
                                                {"channels", arrow::Type::INT32},
                                                {"bit_depth", arrow::Type::INT32},
                                                {"kind", arrow::Type::STRING},
                                                {"mode", arrow::Type::STRING},
                                                {"latitude", arrow::Type::DOUBLE},
                                                {"longitude", arrow::Type::DOUBLE},
                                                {"altitude", arrow::Type::DOUBLE},
                                                {"direction", arrow::Type::DOUBLE},
                                                {"gps_timestamp", arrow::Type::STRING},
                                                {"document", arrow::Type::STRING}}};

template <typename Array>
auto NumberOr(const arrow::RecordBatch& rows, int column, int64_t row, typename Array::value_type fallback) {
  const auto& array = static_cast<const Array&>(*rows.column(column));
  return array.IsNull(row) ? fallback : array.Value(row);
}

// A column of flags, where any is set.
template <typename Flag>
Status AddFlags(std::span<const JudgeInput> inputs, const char* name, Flag flag, arrow::FieldVector* fields,
                arrow::ArrayVector* columns) {
  if (std::none_of(inputs.begin(), inputs.end(), flag)) return Status::OK();
  arrow::BooleanBuilder flags;
  for (const JudgeInput& input : inputs) PL_RETURN_NOT_OK(flags.Append(flag(input)));
  fields->push_back(arrow::field(name, arrow::boolean()));
  columns->emplace_back();
  return flags.Finish(&columns->back());
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(std::shared_ptr<arrow::Array> contents,
                                                    std::span<const JudgeInput> inputs) {
  arrow::StringBuilder names;
  for (const JudgeInput& input : inputs) PL_RETURN_NOT_OK(names.Append(input.filename));
  arrow::FieldVector fields = {arrow::field("content", contents->type()),
                               arrow::field("filename", arrow::utf8())};
  arrow::ArrayVector columns = {std::move(contents), nullptr};
  PL_RETURN_NOT_OK(names.Finish(&columns[1]));
  PL_RETURN_NOT_OK(AddFlags(
      inputs, "fetched", [](const JudgeInput& i) { return i.fetched; }, &fields, &columns));
  PL_RETURN_NOT_OK(AddFlags(
      inputs, "end_not_read", [](const JudgeInput& i) { return i.end_not_read; }, &fields, &columns));
  if (std::any_of(inputs.begin(), inputs.end(), [](const JudgeInput& i) { return i.descriptor >= 0; })) {
    arrow::Int32Builder descriptors;
    for (const JudgeInput& input : inputs) {
      PL_RETURN_NOT_OK(input.descriptor >= 0 ? descriptors.Append(input.descriptor)
                                             : descriptors.AppendNull());
    }
    fields.push_back(arrow::field("descriptor", arrow::int32()));
    columns.emplace_back();
    PL_RETURN_NOT_OK(descriptors.Finish(&columns.back()));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), static_cast<int64_t>(inputs.size()),
                                  std::move(columns));
}

std::optional<image::ImageFormat> FormatNamed(std::string_view name) {
  for (size_t i = 0; i < image::kImageFormats; ++i) {
    const auto format = static_cast<image::ImageFormat>(i);
    if (image::FormatName(format) == name) return format;
  }
  return std::nullopt;
}

}  // namespace

Result<Judged> Judged::Make(std::shared_ptr<arrow::RecordBatch> rows) {
  Judged judged(std::move(rows));
  for (const Expected& expected : kColumns) {
    const int index = judged.rows_->schema()->GetFieldIndex(expected.name);
    const bool described = expected.name == std::string_view("kind");
    if (index < 0 && described) break;
    if (index < 0 || judged.rows_->column(index)->type_id() != expected.type) {
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("the kernel that judges gave {}; expected a column `{}` of another type",
                               judged.rows_->schema()->ToString(), expected.name));
    }
    judged.columns_.push_back(index);
  }
  if (judged.columns_.size() == kColumns.size()) PL_RETURN_NOT_OK(judged.FindFacts());
  return judged;
}

Status Judged::FindFacts() {
  Status status;
  image::CommonFacts facts;
  image::VisitFacts(facts, [&](const char* name, const auto& member, const char*) {
    const int index = rows_->schema()->GetFieldIndex(name);
    if (index < 0 || !rows_->column(index)->type()->Equals(FactType(member))) {
      status = Error(ErrorCode::kSchemaMismatch,
                     fmt::format("the kernel that judges gave no column `{}` of type {}", name,
                                 FactType(member)->ToString()));
    }
    columns_.push_back(index);
  });
  return status;
}

int64_t Judged::num_rows() const {
  return rows_->num_rows();
}

std::string_view Judged::Text(int column, int64_t row) const {
  const auto& array =
      static_cast<const arrow::StringArray&>(*rows_->column(columns_[static_cast<size_t>(column)]));
  return array.IsNull(row) ? std::string_view() : array.GetView(row);
}

std::optional<double> Judged::Coordinate(int column, int64_t row) const {
  const auto& array =
      static_cast<const arrow::DoubleArray&>(*rows_->column(columns_[static_cast<size_t>(column)]));
  return array.IsNull(row) ? std::nullopt : std::optional(array.Value(row));
}

bool Judged::IsOk(int64_t row) const {
  return Text(kVerdict, row) == image::VerdictName(image::Verdict::kOk);
}

std::string_view Judged::MimeType(int64_t row) const {
  return Text(kMimeType, row);
}

bool Judged::HasFormat(int64_t row) const {
  return !Text(kFormat, row).empty();
}

image::Answer Judged::Answer(int64_t row) const {
  const auto at = [&](Column column) { return columns_[static_cast<size_t>(column)]; };
  image::Answer answer;
  answer.judgement.verdict =
      image::VerdictFromName(Text(kVerdict, row)).value_or(image::Verdict::kUnreadable);
  answer.judgement.message = Text(kMessage, row);
  answer.judgement.offset = NumberOr<arrow::Int64Array>(*rows_, at(kOffset), row, -1);
  const auto format = FormatNamed(Text(kFormat, row));
  if (format && rows_->column(at(kWidth))->IsValid(row)) {
    image::ImageHeader& header = answer.header.emplace();
    header.format = *format;
    header.width = NumberOr<arrow::Int64Array>(*rows_, at(kWidth), row, 0);
    header.height = NumberOr<arrow::Int64Array>(*rows_, at(kHeight), row, 0);
    header.channels = NumberOr<arrow::Int32Array>(*rows_, at(kChannels), row, 0);
    header.bit_depth = NumberOr<arrow::Int32Array>(*rows_, at(kBitDepth), row, 0);
  }
  if (columns_.size() < kColumns.size()) return answer;
  image::Description& description = answer.description;
  description.format = Text(kKind, row);
  description.mode = Text(kMode, row);
  description.members = Text(kDocument, row);
  size_t fact = kColumns.size();
  image::VisitFacts(description.facts, [&](const char*, auto& member, const char*) {
    TakeFact(*rows_->column(columns_[fact++]), row, &member);
  });
  image::GpsPosition gps;
  gps.latitude = Coordinate(kLatitude, row);
  gps.longitude = Coordinate(kLongitude, row);
  gps.altitude = Coordinate(kAltitude, row);
  gps.direction = Coordinate(kDirection, row);
  gps.timestamp = Text(kGpsTimestamp, row);
  if (gps.latitude || gps.longitude || gps.altitude || gps.direction || !gps.timestamp.empty())
    description.gps = gps;
  return answer;
}

namespace {

Result<Judged> RunBatch(const Kernel& kernel, const arrow::RecordBatch& batch, const Context& context) {
  PL_ASSIGN_OR_RETURN(auto rows, kernel.Run(batch, context));
  PL_ASSIGN_OR_RETURN(Judged judged, Judged::Make(std::move(rows)));
  if (judged.num_rows() == batch.num_rows()) return judged;
  return Error(ErrorCode::kInternal, fmt::format("kernel {} gave {} rows for {}", kernel.info().name,
                                                 judged.num_rows(), batch.num_rows()));
}

Result<Judged> Run(const Kernel& kernel, std::shared_ptr<arrow::Array> contents,
                   std::span<const JudgeInput> inputs, const Context& context) {
  PL_ASSIGN_OR_RETURN(const auto batch, BatchOf(std::move(contents), inputs));
  return RunBatch(kernel, *batch, context);
}

}  // namespace

Result<Judged> Judge(const Kernel& kernel, std::span<const JudgeInput> inputs,
                     std::span<const std::shared_ptr<arrow::Buffer>> owners, const Context& context) {
  static const uint8_t nothing = 0;
  std::vector<std::span<const uint8_t>> contents;
  // No bytes are not no content.
  for (const JudgeInput& input : inputs)
    contents.push_back(input.bytes.data() == nullptr ? std::span(&nothing, 0) : input.bytes);
  PL_ASSIGN_OR_RETURN(auto column, ViewsOf(contents, owners));
  return Run(kernel, std::move(column), inputs, context);
}

Result<Judged> JudgeColumn(const Kernel& kernel, std::shared_ptr<arrow::Array> contents,
                           const Context& context) {
  const int64_t rows = contents->length();
  const auto schema = arrow::schema({arrow::field("content", contents->type())});
  return RunBatch(kernel, *arrow::RecordBatch::Make(schema, rows, {std::move(contents)}), context);
}

// As large_binary, which holds what a view of 2 GiB cannot.
Result<Judged> JudgeOne(const Kernel& kernel, const JudgeInput& input, const Context& context) {
  const auto size = static_cast<int64_t>(input.bytes.size());
  const std::array<int64_t, 2> ends = {0, size};
  auto offsets = std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(ends.data()), sizeof(ends));
  auto data = std::make_shared<arrow::Buffer>(input.bytes.data(), size);
  auto column = std::make_shared<arrow::LargeBinaryArray>(1, std::move(offsets), std::move(data));
  return Run(kernel, std::move(column), {&input, 1}, context);
}

}  // namespace pixlake::kernel
