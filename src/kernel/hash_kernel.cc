// hash: the id of a content.
#include <vector>

#include <arrow/api.h>

#include "image/hash/sha256_batch.h"
#include "kernel/built_in.h"
#include "kernel/content_column.h"

namespace pixlake::kernel {
namespace {

class Hash : public Kernel {
 public:
  Hash() {
    info_.name = "hash";
    info_.what = "The id of each content: its SHA-256, as `sha256sum` prints it; and its size";
    info_.needs = {{"content", arrow::binary_view(), true, "the bytes of a file"}};
    info_.gives = {{arrow::field("id", arrow::utf8()), "SHA-256, 64 lower-case hex digits"},
                   {arrow::field("size", arrow::int64()), "bytes"}};
  }
  const KernelInfo& info() const override { return info_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_RETURN_NOT_OK(context.stop.Check());
    PL_ASSIGN_OR_RETURN(auto array, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(array)));
    std::vector<std::span<const uint8_t>> spans;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (const auto bytes = contents.Bytes(row)) spans.push_back(*bytes);
    }
    const std::vector<image::Sha256Digest> digests = image::Sha256Many(spans);
    arrow::StringBuilder ids;
    arrow::Int64Builder sizes;
    PL_RETURN_NOT_OK(ids.Reserve(batch.num_rows()));
    PL_RETURN_NOT_OK(ids.ReserveData(64 * static_cast<int64_t>(digests.size())));
    PL_RETURN_NOT_OK(sizes.Reserve(batch.num_rows()));
    size_t next = 0;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const auto bytes = contents.Bytes(row);
      if (!bytes) {
        ids.UnsafeAppendNull();
        sizes.UnsafeAppendNull();
        continue;
      }
      ids.UnsafeAppend(image::ToHex(digests[next++]));
      sizes.UnsafeAppend(static_cast<int64_t>(bytes->size()));
    }
    PL_ASSIGN_OR_RETURN(auto id, ids.Finish());
    PL_ASSIGN_OR_RETURN(auto size, sizes.Finish());
    return arrow::RecordBatch::Make(output_schema(), batch.num_rows(), {std::move(id), std::move(size)});
  }

 private:
  KernelInfo info_;
};

}  // namespace

Status RegisterHash(KernelRegistry* registry) {
  return registry->Register(
      {}, [](const ParameterValues&) -> Result<std::unique_ptr<Kernel>> { return std::make_unique<Hash>(); });
}

}  // namespace pixlake::kernel
