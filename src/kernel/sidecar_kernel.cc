// sidecar: what a JSON or YAML file beside an image says.
#include <arrow/api.h>

#include "kernel/built_in.h"
#include "kernel/content_column.h"
#include "kernel/sidecar_document.h"

namespace pixlake::kernel {
namespace {

class Sidecar : public Kernel {
 public:
  explicit Sidecar(bool any_name) : any_name_(any_name) {
    info_.name = "sidecar";
    info_.parameters = ParametersOfSidecar();
    info_.what = "What a JSON or YAML file says, as JSON; other files, by their names, give nulls";
    info_.needs = {{"content", arrow::binary_view(), true, "the bytes of a file"},
                   {"filename", arrow::utf8(), true, "ends in .json, .yaml or .yml"}};
    info_.gives = {{arrow::field("document", arrow::utf8()), "JSON; null where it does not parse"},
                   {arrow::field("verdict", arrow::utf8()),
                    "ok, or why there is no document; null: no sidecar by its name"},
                   {arrow::field("message", arrow::utf8()), "what is wrong"},
                   {arrow::field("offset", arrow::int64()), "at which byte, where that is known"}};
  }
  const KernelInfo& info() const override { return info_; }

  static ParameterSchema ParametersOfSidecar() {
    return {{"any_name",
             ParameterType::kBoolean,
             false,
             "read files of other names, too: the same bytes may have another name elsewhere",
             {},
             {},
             {}}};
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(auto array, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(array, NeededArray(info_, batch, "filename"));
    PL_ASSIGN_OR_RETURN(const ContentColumn names, ContentColumn::Make(std::move(array)));
    PL_ASSIGN_OR_RETURN(
        const auto builder,
        arrow::RecordBatchBuilder::Make(output_schema(), arrow::default_memory_pool(), batch.num_rows()));
    const auto text = [&](int column, const std::string& value) {
      auto* to = builder->GetFieldAs<arrow::StringBuilder>(column);
      return value.empty() ? to->AppendNull() : to->Append(value);
    };
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      PL_RETURN_NOT_OK(context.stop.Check());
      const auto bytes = contents.Bytes(row);
      SidecarDocument document;
      const bool is_sidecar = bytes && (any_name_ || IsSidecarName(names.Text(row)));
      if (is_sidecar) document = ReadSidecar(*bytes, names.Text(row));
      PL_RETURN_NOT_OK(text(0, document.json));
      PL_RETURN_NOT_OK(
          text(1, is_sidecar ? std::string(image::VerdictName(document.judgement.verdict)) : std::string()));
      PL_RETURN_NOT_OK(text(2, document.judgement.message));
      auto* offsets = builder->GetFieldAs<arrow::Int64Builder>(3);
      PL_RETURN_NOT_OK(document.judgement.offset < 0 ? offsets->AppendNull()
                                                     : offsets->Append(document.judgement.offset));
    }
    return builder->Flush();
  }

 private:
  const bool any_name_;
  KernelInfo info_;
};

}  // namespace

Status RegisterSidecar(KernelRegistry* registry) {
  return registry->Register(Sidecar::ParametersOfSidecar(),
                            [](const ParameterValues& parameters) -> Result<std::unique_ptr<Kernel>> {
                              return std::make_unique<Sidecar>(std::get<bool>(parameters.at("any_name")));
                            });
}

}  // namespace pixlake::kernel
