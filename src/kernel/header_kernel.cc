// header: format and shape by the first bytes.
#include <arrow/api.h>

#include "image/header/image_header.h"
#include "kernel/built_in.h"
#include "kernel/content_column.h"

namespace pixlake::kernel {
namespace {

class Header : public Kernel {
 public:
  Header() {
    info_.name = "header";
    info_.what = "Format and shape, by magic and header alone: nothing is judged, no pixel decoded";
    info_.needs = {{"content", arrow::binary_view(), true, "the bytes of a file"},
                   {"filename", arrow::utf8(), false, "for the MIME type of what is no image"}};
    info_.gives = {{arrow::field("mime_type", arrow::utf8()), "by the bytes, else by the name"},
                   {arrow::field("format", arrow::utf8()),
                    "JPEG, PNG, TIFF, GIF, BMP, WEBP, HEIF, AVIF; null: none of these"},
                   {arrow::field("width", arrow::int64()),
                    "pixels, before EXIF orientation; null: the header cannot be read"},
                   {arrow::field("height", arrow::int64()), "pixels"},
                   {arrow::field("channels", arrow::int32()),
                    "as decoded: a palette of colours is 3, 4 with transparency"},
                   {arrow::field("bit_depth", arrow::int32()), "bits a sample"}};
  }
  const KernelInfo& info() const override { return info_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(auto array, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(array, NeededArray(info_, batch, "filename"));
    PL_ASSIGN_OR_RETURN(const ContentColumn names, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(
        const auto builder,
        arrow::RecordBatchBuilder::Make(output_schema(), arrow::default_memory_pool(), batch.num_rows()));
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      PL_RETURN_NOT_OK(context.stop.Check());
      PL_RETURN_NOT_OK(Append(contents.Bytes(row), names.Text(row), builder.get()));
    }
    return builder->Flush();
  }

 private:
  static Status Append(const std::optional<std::span<const uint8_t>>& bytes, std::string_view name,
                       arrow::RecordBatchBuilder* to) {
    const auto format = bytes ? image::DetectFormat(*bytes) : std::nullopt;
    const auto header = format ? image::ReadHeader(*bytes).header : std::nullopt;
    const auto number = [&](int column, int64_t value) {
      auto* field = to->GetField(column);
      if (!header) return field->AppendNull();
      return field->type()->id() == arrow::Type::INT64
                 ? static_cast<arrow::Int64Builder*>(field)->Append(value)
                 : static_cast<arrow::Int32Builder*>(field)->Append(static_cast<int32_t>(value));
    };
    auto* mime_type = to->GetFieldAs<arrow::StringBuilder>(0);
    PL_RETURN_NOT_OK(!bytes ? mime_type->AppendNull()
                            : mime_type->Append(format ? image::FormatMimeType(*format)
                                                       : image::GuessMimeType(*bytes, name)));
    auto* words = to->GetFieldAs<arrow::StringBuilder>(1);
    PL_RETURN_NOT_OK(format ? words->Append(image::FormatName(*format)) : words->AppendNull());
    PL_RETURN_NOT_OK(number(2, header ? header->width : 0));
    PL_RETURN_NOT_OK(number(3, header ? header->height : 0));
    PL_RETURN_NOT_OK(number(4, header ? header->channels : 0));
    return number(5, header ? header->bit_depth : 0);
  }

  KernelInfo info_;
};

}  // namespace

Status RegisterHeader(KernelRegistry* registry) {
  return registry->Register({}, [](const ParameterValues&) -> Result<std::unique_ptr<Kernel>> {
    return std::make_unique<Header>();
  });
}

}  // namespace pixlake::kernel
