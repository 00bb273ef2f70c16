// pixels: what the pixels of each image are like.
#include <arrow/api.h>

#include "image/header/image_header.h"
#include "image/pixels/pixel_statistics.h"
#include "image/thumbnail/thumbnail.h"
#include "kernel/built_in.h"
#include "kernel/content_column.h"

namespace pixlake::kernel {
namespace {

constexpr char kModel[] = "rgb-histogram-64/1";

class Pixels : public Kernel {
 public:
  Pixels(int64_t max_side, int64_t max_pixels)
      : max_side_(static_cast<int>(max_side)), max_pixels_(max_pixels) {
    info_.name = "pixels";
    info_.what =
        "How bright, sharp and noisy each image is, and its colours as a vector; decoded once, small";
    info_.parameters = ParametersOfPixels();
    info_.needs = {{"content", arrow::binary_view(), true, "the bytes of an image"}};
    const auto number = [](const char* name) { return arrow::field(name, arrow::float64()); };
    info_.gives = {
        {arrow::field("feature_vector", arrow::list(arrow::float32())),
         "shares of 64 colours (4 levels of red, green, blue), together 1"},
        {arrow::field("model_version", arrow::utf8()), "what made the vector"},
        {number("brightness"), "mean luma, 0 black to 1 white"},
        {number("contrast"), "standard deviation of luma, 0 to 0.5"},
        {number("sharpness"), "variance of luma's Laplacian, in squared levels of 256"},
        {number("noise"), "standard deviation of noise, in levels of 256 (Immerkaer)"},
        {number("uniform_share"), "of pixels of the most frequent of 4,096 colours"},
        {arrow::field("problem", arrow::utf8()), "why it cannot be decoded; the rest is null then"}};
  }
  const KernelInfo& info() const override { return info_; }

  static ParameterSchema ParametersOfPixels() {
    return {{"max_side",
             ParameterType::kInteger,
             int64_t{512},
             "pixels that neither side of what is looked at is over",
             {},
             8,
             4096},
            {"max_pixels",
             ParameterType::kInteger,
             image::HeaderLimits().max_pixels,
             "images of more pixels are not decoded",
             {},
             1,
             static_cast<double>(int64_t{1} << 40)}};
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(auto array, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(
        const auto builder,
        arrow::RecordBatchBuilder::Make(output_schema(), arrow::default_memory_pool(), batch.num_rows()));
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      PL_RETURN_NOT_OK(context.stop.Check());
      const auto bytes = contents.Bytes(row);
      if (!bytes) {
        PL_RETURN_NOT_OK(AppendNulls("", builder.get()));
        continue;
      }
      const auto picture = image::MakeThumbnail(*bytes, max_side_, max_pixels_);
      PL_RETURN_NOT_OK(picture.ok() ? AppendStatistics(image::StatisticsOf(picture->view()), builder.get())
                                    : AppendNulls(picture.status().message(), builder.get()));
    }
    return builder->Flush();
  }

 private:
  static Status AppendStatistics(const image::PixelStatistics& statistics, arrow::RecordBatchBuilder* to) {
    auto* vector = to->GetFieldAs<arrow::ListBuilder>(0);
    PL_RETURN_NOT_OK(vector->Append());
    PL_RETURN_NOT_OK(
        static_cast<arrow::FloatBuilder*>(vector->value_builder())
            ->AppendValues(statistics.histogram.data(), static_cast<int64_t>(statistics.histogram.size())));
    PL_RETURN_NOT_OK(to->GetFieldAs<arrow::StringBuilder>(1)->Append(kModel));
    int column = 2;
    for (const double number : {statistics.brightness, statistics.contrast, statistics.sharpness,
                                statistics.noise, statistics.uniform_share})
      PL_RETURN_NOT_OK(to->GetFieldAs<arrow::DoubleBuilder>(column++)->Append(number));
    return to->GetField(column)->AppendNull();
  }

  static Status AppendNulls(const std::string& problem, arrow::RecordBatchBuilder* to) {
    for (int column = 0; column < 7; ++column) PL_RETURN_NOT_OK(to->GetField(column)->AppendNull());
    auto* problems = to->GetFieldAs<arrow::StringBuilder>(7);
    return problem.empty() ? problems->AppendNull() : problems->Append(problem);
  }

  const int max_side_;
  const int64_t max_pixels_;
  KernelInfo info_;
};

}  // namespace

Status RegisterPixels(KernelRegistry* registry) {
  return registry->Register(Pixels::ParametersOfPixels(),
                            [](const ParameterValues& parameters) -> Result<std::unique_ptr<Kernel>> {
                              return std::make_unique<Pixels>(std::get<int64_t>(parameters.at("max_side")),
                                                              std::get<int64_t>(parameters.at("max_pixels")));
                            });
}

}  // namespace pixlake::kernel
