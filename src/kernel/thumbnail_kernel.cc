// thumbnail: a small picture of each image.
#include <utility>
#include <vector>

#include <arrow/api.h>

#include "image/codec/png.h"
#include "image/header/image_header.h"
#include "image/thumbnail/thumbnail.h"
#include "kernel/built_in.h"
#include "kernel/content_column.h"

namespace pixlake::kernel {
namespace {

class Thumbnail : public Kernel {
 public:
  Thumbnail(int64_t max_side, int64_t max_pixels, bool encoded)
      : max_side_(static_cast<int>(max_side)), max_pixels_(max_pixels), encoded_(encoded) {
    info_.name = "thumbnail";
    info_.what = "A small picture of each image, upright";
    info_.parameters = Parameters();
    info_.needs = {{"content", arrow::binary_view(), true, "the bytes of an image"}};
    info_.gives = {{arrow::field("thumbnail", arrow::large_binary()),
                    "8-bit RGB, PNG or rows of pixels; null: it cannot be drawn"},
                   {arrow::field("width", arrow::int32()), "pixels of the thumbnail"},
                   {arrow::field("height", arrow::int32()), "pixels of the thumbnail"},
                   {arrow::field("problem", arrow::utf8()), "why it cannot be drawn"}};
  }
  const KernelInfo& info() const override { return info_; }

  static ParameterSchema Parameters() {
    return {
        {"max_side", ParameterType::kInteger, int64_t{256}, "pixels that neither side is over", {}, 1, 4096},
        {"max_pixels",
         ParameterType::kInteger,
         image::HeaderLimits().max_pixels,
         "images of more pixels are not decoded",
         {},
         1,
         static_cast<double>(int64_t{1} << 40)},
        {"as",
         ParameterType::kString,
         std::string("png"),
         "png, or rgb: rows of pixels, 3 * width * height bytes",
         {"png", "rgb"}}};
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(auto array, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(image::PngEncoder encoder, image::PngEncoder::Make());
    arrow::LargeBinaryBuilder pictures;
    arrow::Int32Builder widths, heights;
    arrow::StringBuilder problems;
    std::vector<uint8_t> png;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      PL_RETURN_NOT_OK(context.stop.Check());
      const auto bytes = contents.Bytes(row);
      Result<image::RgbImage> small = Error(ErrorCode::kNotFound, "");
      if (bytes) small = image::MakeThumbnail(*bytes, max_side_, max_pixels_);
      if (!small.ok()) {
        PL_RETURN_NOT_OK(pictures.AppendNull());
        PL_RETURN_NOT_OK(widths.AppendNull());
        PL_RETURN_NOT_OK(heights.AppendNull());
        PL_RETURN_NOT_OK(bytes ? problems.Append(small.status().message()) : problems.AppendNull());
        continue;
      }
      png.clear();
      if (encoded_) PL_RETURN_NOT_OK(encoder.Encode(small->view(), &png));
      const std::vector<uint8_t>& picture = encoded_ ? png : small->pixels;
      PL_RETURN_NOT_OK(pictures.Append(picture.data(), static_cast<int64_t>(picture.size())));
      PL_RETURN_NOT_OK(widths.Append(static_cast<int32_t>(small->width)));
      PL_RETURN_NOT_OK(heights.Append(static_cast<int32_t>(small->height)));
      PL_RETURN_NOT_OK(problems.AppendNull());
    }
    arrow::ArrayVector columns(4);
    PL_RETURN_NOT_OK(pictures.Finish(&columns[0]));
    PL_RETURN_NOT_OK(widths.Finish(&columns[1]));
    PL_RETURN_NOT_OK(heights.Finish(&columns[2]));
    PL_RETURN_NOT_OK(problems.Finish(&columns[3]));
    return arrow::RecordBatch::Make(output_schema(), batch.num_rows(), std::move(columns));
  }

 private:
  const int max_side_;
  const int64_t max_pixels_;
  const bool encoded_;
  KernelInfo info_;
};

}  // namespace

Status RegisterThumbnail(KernelRegistry* registry) {
  return registry->Register(
      Thumbnail::Parameters(), [](const ParameterValues& parameters) -> Result<std::unique_ptr<Kernel>> {
        return std::make_unique<Thumbnail>(std::get<int64_t>(parameters.at("max_side")),
                                           std::get<int64_t>(parameters.at("max_pixels")),
                                           std::get<std::string>(parameters.at("as")) == "png");
      });
}

}  // namespace pixlake::kernel
