// A kernel as somebody else would write it. docs/extending.md walks through this file.
#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/built_in.h"
#include "kernel/content_column.h"
#include "kernel/kernel.h"
#include "kernel/registry.h"

namespace pixlake::kernel {
namespace {

// extending:kernel
// How many bytes of a content are zero, as a share of all of them.
class ZeroShare : public Kernel {
 public:
  explicit ZeroShare(int64_t most_bytes) : most_bytes_(most_bytes) {
    info_.name = "zero_share";
    info_.what = "How much of each content is bytes of zero";
    info_.parameters = Parameters();
    info_.needs = {{"content", arrow::binary_view(), true, "any bytes"}};
    info_.gives = {{arrow::field("zero_share", arrow::float64()), "0 to 1; null: there are no bytes"}};
  }

  static ParameterSchema Parameters() {
    return {{"most_bytes",
             ParameterType::kInteger,
             int64_t{1} << 20,
             "only the first bytes are looked at",
             {},
             1,
             1e12}};
  }

  const KernelInfo& info() const override { return info_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(auto column, NeededArray(info_, batch, "content"));
    PL_ASSIGN_OR_RETURN(const ContentColumn contents, ContentColumn::Make(std::move(column)));
    arrow::DoubleBuilder shares;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      PL_RETURN_NOT_OK(context.stop.Check());
      const auto bytes = contents.Bytes(row).value_or(std::span<const uint8_t>());
      const auto first = bytes.first(std::min(bytes.size(), static_cast<size_t>(most_bytes_)));
      const auto zeros = static_cast<double>(std::count(first.begin(), first.end(), 0));
      PL_RETURN_NOT_OK(first.empty() ? shares.AppendNull()
                                     : shares.Append(zeros / static_cast<double>(first.size())));
    }
    PL_ASSIGN_OR_RETURN(auto given, shares.Finish());
    return arrow::RecordBatch::Make(output_schema(), batch.num_rows(), {std::move(given)});
  }

 private:
  const int64_t most_bytes_;
  KernelInfo info_;
};
// extending:end

TEST(OwnKernelTest, RunsByItsName) {
  arrow::BinaryBuilder builder;
  ASSERT_TRUE(builder.Append(std::string("\0\0ab", 4)).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  ASSERT_TRUE(builder.Append("").ok());
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("content", arrow::binary())}), 3,
                                              {builder.Finish().ValueOrDie()});

  // extending:register
  KernelRegistry registry;
  ASSERT_TRUE(RegisterBuiltIns(&registry).ok());
  ASSERT_TRUE(registry
                  .Register(ZeroShare::Parameters(),
                            [](const ParameterValues& given) -> Result<std::unique_ptr<Kernel>> {
                              return std::make_unique<ZeroShare>(std::get<int64_t>(given.at("most_bytes")));
                            })
                  .ok());
  // extending:end

  // extending:run
  const auto parameters = ParseParameters("{most_bytes: 2}").ValueOrDie();
  const auto kernel = registry.Make("zero_share", parameters).ValueOrDie();
  const auto rows = kernel->Run(*batch, {}).ValueOrDie();
  // extending:end

  EXPECT_EQ(rows->column(0)->GetScalar(0).ValueOrDie()->ToString(), "1");
  EXPECT_EQ(rows->column(0)->null_count(), 2);
  EXPECT_EQ(CodeOf(registry.Make("zero_share", ParseParameters("{most_bytes: 0}").ValueOrDie()).status()),
            ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(registry.Make("zero_share", ParseParameters("{most: 1}").ValueOrDie()).status()),
            ErrorCode::kUsage);
}

}  // namespace
}  // namespace pixlake::kernel
