// judge and describe: what an image is, whether it is sound, and what it says of itself.
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "image/examine/examine.h"
#include "kernel/built_in.h"
#include "kernel/content_column.h"
#include "kernel/fact_columns.h"
#include "kernel/judge_options.h"
#include "sandbox/examiner.h"

namespace pixlake::kernel {
namespace {

// What is known of where a row's content came from; columns that are not there are null.
class Origins {
 public:
  static Result<Origins> Make(const KernelInfo& info, const arrow::RecordBatch& batch) {
    Origins origins;
    PL_ASSIGN_OR_RETURN(auto names, NeededArray(info, batch, "filename"));
    PL_ASSIGN_OR_RETURN(origins.names_, ContentColumn::Make(std::move(names)));
    PL_ASSIGN_OR_RETURN(origins.fetched_, NeededArray(info, batch, "fetched"));
    PL_ASSIGN_OR_RETURN(origins.end_not_read_, NeededArray(info, batch, "end_not_read"));
    PL_ASSIGN_OR_RETURN(origins.descriptors_, NeededArray(info, batch, "descriptor"));
    return origins;
  }

  sandbox::Origin At(int64_t row) const {
    sandbox::Origin origin;
    origin.filename = names_->Text(row);
    origin.fetched = Flag(fetched_, row);
    origin.end_not_read = Flag(end_not_read_, row);
    if (descriptors_ != nullptr && !descriptors_->IsNull(row))
      origin.descriptor = static_cast<const arrow::Int32Array&>(*descriptors_).Value(row);
    return origin;
  }

 private:
  static bool Flag(const std::shared_ptr<arrow::Array>& flags, int64_t row) {
    return flags != nullptr && !flags->IsNull(row) &&
           static_cast<const arrow::BooleanArray&>(*flags).Value(row);
  }

  std::optional<ContentColumn> names_;
  std::shared_ptr<arrow::Array> fetched_, end_not_read_, descriptors_;
};

std::vector<GivenColumn> Gives(bool describe) {
  using arrow::field;
  std::vector<GivenColumn> gives = {
      {field("verdict", arrow::utf8()),
       "ok, or what is wrong: empty, truncated_at, bomb, corrupt, unsupported, "
       "mislabelled, unreadable"},
      {field("message", arrow::utf8()), "why; null when ok"},
      {field("offset", arrow::int64()), "byte at which it was seen; null: no one place"},
      {field("mime_type", arrow::utf8()), "by the bytes, else by the name"},
      {field("format", arrow::utf8()),
       "JPEG, PNG, TIFF, GIF, BMP, WEBP, HEIF, AVIF; null: the bytes are none of them"},
      {field("width", arrow::int64()), "pixels, before EXIF orientation; null: the header cannot be read"},
      {field("height", arrow::int64()), "pixels"},
      {field("channels", arrow::int32()), "as decoded: a palette of colours is 3, 4 with transparency"},
      {field("bit_depth", arrow::int32()), "bits a sample"}};
  if (!describe) return gives;
  const std::vector<GivenColumn> described = {
      {field("kind", arrow::utf8()), "the format in Pillow's words, MPO among them"},
      {field("mode", arrow::utf8()), "Pillow's mode: RGB, L, I;16, CMYK …"},
      {field("latitude", arrow::float64()), "degrees, south negative"},
      {field("longitude", arrow::float64()), "degrees, west negative"},
      {field("altitude", arrow::float64()), "metres, below sea level negative"},
      {field("direction", arrow::float64()), "degrees the camera looked at, 0 to 360"},
      {field("gps_timestamp", arrow::utf8()), "ISO 8601, UTC"}};
  gives.insert(gives.end(), described.begin(), described.end());
  image::CommonFacts none;
  image::VisitFacts(none, [&](const char* name, const auto& member, const char* what) {
    gives.push_back({field(name, FactType(member)), what});
  });
  gives.push_back({field("document", arrow::utf8()),
                   "members of a JSON object: all of it (docs/metadata.md), without the verdict"});
  return gives;
}

// The columns of one run, row by row.
class Output {
 public:
  static Result<Output> Make(const std::shared_ptr<arrow::Schema>& schema, int64_t rows) {
    Output output;
    PL_ASSIGN_OR_RETURN(output.columns_,
                        arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool(), rows));
    return output;
  }

  Status Append(const image::Answer& answer, std::optional<image::ImageFormat> format,
                std::string_view mime_type, bool describe) {
    const image::Judgement& judgement = answer.judgement;
    const auto& header = answer.header;
    next_ = 0;
    PL_RETURN_NOT_OK(Text(image::VerdictName(judgement.verdict)));
    PL_RETURN_NOT_OK(Text(judgement.message));
    PL_RETURN_NOT_OK(Number<arrow::Int64Builder>(judgement.offset >= 0, judgement.offset));
    PL_RETURN_NOT_OK(Text(mime_type));
    PL_RETURN_NOT_OK(Text(format ? image::FormatName(*format) : std::string_view()));
    PL_RETURN_NOT_OK(Number<arrow::Int64Builder>(header.has_value(), header ? header->width : 0));
    PL_RETURN_NOT_OK(Number<arrow::Int64Builder>(header.has_value(), header ? header->height : 0));
    PL_RETURN_NOT_OK(Number<arrow::Int32Builder>(header.has_value(), header ? header->channels : 0));
    PL_RETURN_NOT_OK(Number<arrow::Int32Builder>(header.has_value(), header ? header->bit_depth : 0));
    return describe ? AppendDescription(answer.description) : Status::OK();
  }

  Status AppendNull() {
    for (int i = 0; i < columns_->num_fields(); ++i) PL_RETURN_NOT_OK(columns_->GetField(i)->AppendNull());
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Finish() { return columns_->Flush(); }

 private:
  Status AppendDescription(const image::Description& description) {
    const image::GpsPosition gps = description.gps.value_or(image::GpsPosition{});
    PL_RETURN_NOT_OK(Text(description.format));
    PL_RETURN_NOT_OK(Text(description.mode));
    for (const auto& coordinate : {gps.latitude, gps.longitude, gps.altitude, gps.direction})
      PL_RETURN_NOT_OK(Number<arrow::DoubleBuilder>(coordinate.has_value(), coordinate.value_or(0)));
    PL_RETURN_NOT_OK(Text(gps.timestamp));
    Status status;
    image::VisitFacts(description.facts, [&](const char*, const auto& member, const char*) {
      if (status.ok()) status = AppendFact(member, columns_->GetField(next_++));
    });
    PL_RETURN_NOT_OK(status);
    return Text(description.members);
  }

  // Null for no text.
  Status Text(std::string_view text) {
    auto* column = columns_->GetFieldAs<arrow::StringBuilder>(next_++);
    return text.empty() ? column->AppendNull() : column->Append(text);
  }

  template <typename Builder, typename T>
  Status Number(bool there, T value) {
    auto* column = columns_->GetFieldAs<Builder>(next_++);
    return there ? column->Append(static_cast<typename Builder::value_type>(value)) : column->AppendNull();
  }

  std::unique_ptr<arrow::RecordBatchBuilder> columns_;
  int next_ = 0;
};

class Judge : public Kernel {
 public:
  // `name` is "judge", or "describe", which always describes.
  Judge(std::string name, const sandbox::ExamineOptions& options) : options_(options) {
    info_.name = std::move(name);
    // 2: columns for what people ask for; the document's shapes (docs/metadata.md).
    if (options_.describe) info_.version = 2;
    info_.what = info_.name == "judge"
                     ? "Whether each content is a sound image, and if not, what is wrong where"
                     : "What each image says of itself: EXIF, GPS, XMP, IPTC, ICC; and its verdict";
    info_.parameters = JudgeParameters();
    if (info_.name == "describe") info_.parameters.pop_back();
    info_.needs = {
        {"content", arrow::binary_view(), true, "the bytes of a file"},
        {"filename", arrow::utf8(), false, "for what the name claims"},
        {"fetched", arrow::boolean(), false, "came over a network: decoded apart unless sandbox is never"},
        {"end_not_read", arrow::boolean(), false, "the end of the bytes is not what the file has"},
        {"descriptor", arrow::int32(), false, "an open file of the bytes, which the sandbox maps"}};
    info_.gives = Gives(options_.describe);
    schema_ = output_schema();
  }
  const KernelInfo& info() const override { return info_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(auto array, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(const Origins origins, Origins::Make(info_, batch));
    PL_ASSIGN_OR_RETURN(Output output, Output::Make(schema_, batch.num_rows()));
    sandbox::ExamineOptions options = options_;
    std::optional<sandbox::Examiner> here;
    sandbox::Examiner* examiner = context.examiner;
    if (examiner == nullptr) {
      PL_RETURN_NOT_OK(AllowsToDecodeHere());
      options.sandbox = sandbox::Sandbox::kNever;
      examiner = &here.emplace(sandbox::ExaminerOptions{context.memory_bytes, 1});
    }
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      PL_RETURN_NOT_OK(context.stop.Check());
      const auto bytes = contents.Bytes(row);
      if (!bytes) {
        PL_RETURN_NOT_OK(output.AppendNull());
        continue;
      }
      const sandbox::Origin origin = origins.At(row);
      PL_ASSIGN_OR_RETURN(const image::Answer answer, examiner->Examine(*bytes, options, origin));
      const auto format = image::DetectFormat(*bytes);
      const std::string_view mime_type =
          format ? image::FormatMimeType(*format) : image::GuessMimeType(*bytes, origin.filename);
      PL_RETURN_NOT_OK(output.Append(answer, format, mime_type, options_.describe));
    }
    return output.Finish();
  }

 private:
  Status AllowsToDecodeHere() const {
    if (options_.sandbox != sandbox::Sandbox::kAlways) return Status::OK();
    return Error(ErrorCode::kUsage,
                 fmt::format("kernel {}: sandbox is always, and whoever runs it has none", info_.name));
  }

  const sandbox::ExamineOptions options_;
  KernelInfo info_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Status RegisterJudge(KernelRegistry* registry) {
  PL_RETURN_NOT_OK(registry->Register(
      JudgeParameters(), [](const ParameterValues& parameters) -> Result<std::unique_ptr<Kernel>> {
        return std::make_unique<Judge>("judge", ToExamineOptions(parameters));
      }));
  ParameterSchema parameters = JudgeParameters();
  parameters.pop_back();  // describe
  return registry->Register(parameters, [](ParameterValues given) -> Result<std::unique_ptr<Kernel>> {
    given["describe"] = true;
    return std::make_unique<Judge>("describe", ToExamineOptions(given));
  });
}

}  // namespace pixlake::kernel
