#include "kernel/kernel.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/codec/png.h"
#include "kernel/built_in.h"
#include "kernel/content_column.h"
#include "kernel/judged.h"
#include "kernel/registry.h"

namespace pixlake::kernel {
namespace {

using testing::HasSubstr;

std::string Png(uint32_t width, uint32_t height) {
  const std::vector<uint8_t> pixels(size_t{3} * width * height, 90);
  std::vector<uint8_t> png;
  EXPECT_TRUE(image::PngEncoder::Make()->Encode(image::RgbView{width, height, pixels}, &png).ok());
  return {png.begin(), png.end()};
}

KernelRegistry BuiltIns() {
  KernelRegistry registry;
  EXPECT_EQ(RegisterBuiltIns(&registry), Status::OK());
  return registry;
}

// `contents` (nullopt: null) as a column of the builder's type, and their names.
template <typename Builder>
std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<std::optional<std::string>>& contents,
                                          const std::string& name = "a.png") {
  Builder bytes;
  arrow::StringBuilder names;
  for (const auto& content : contents) {
    EXPECT_TRUE((content ? bytes.Append(*content) : bytes.AppendNull()).ok());
    EXPECT_TRUE(names.Append(name).ok());
  }
  const auto column = bytes.Finish().ValueOrDie();
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("content", column->type()), arrow::field("filename", arrow::utf8())}),
      column->length(), {column, names.Finish().ValueOrDie()});
}

std::string At(const arrow::RecordBatch& batch, const std::string& column, int64_t row) {
  return batch.GetColumnByName(column)->GetScalar(row).ValueOrDie()->ToString();
}

TEST(KernelTest, EachGivesWhatItSaysForEveryLayoutOfBytes) {
  const KernelRegistry registry = BuiltIns();
  const std::vector<std::optional<std::string>> contents = {Png(4, 3), std::nullopt, "no image", ""};
  for (const auto& batch : {Batch<arrow::BinaryBuilder>(contents), Batch<arrow::LargeBinaryBuilder>(contents),
                            Batch<arrow::BinaryViewBuilder>(contents)}) {
    for (const KernelInfo& info : registry.List()) {
      const auto kernel = registry.Make(info.name).ValueOrDie();
      const auto rows = kernel->Run(*batch, {}).ValueOrDie();
      EXPECT_EQ(rows->num_rows(), 4) << info.name;
      EXPECT_TRUE(rows->schema()->Equals(*kernel->output_schema())) << info.name;
      EXPECT_TRUE(rows->ValidateFull().ok()) << info.name;
      for (const auto& column : rows->columns()) EXPECT_TRUE(column->IsNull(1)) << info.name;
    }
  }
}

TEST(KernelTest, HashIsWhatSha256sumPrints) {
  const auto rows = BuiltIns().Make("hash").ValueOrDie()->Run(*Batch<arrow::BinaryBuilder>({"abc", ""}), {});
  EXPECT_EQ(At(**rows, "id", 0), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(At(**rows, "id", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(At(**rows, "size", 0), "3");
}

TEST(KernelTest, WhatIsWrongWithOneImageIsAValueInItsRow) {
  const std::string png = Png(40, 30);
  const auto kernel = BuiltIns().Make("judge").ValueOrDie();
  const auto rows =
      kernel->Run(*Batch<arrow::BinaryViewBuilder>({png, png.substr(0, png.size() - 5), "text", ""}), {})
          .ValueOrDie();
  EXPECT_EQ(At(*rows, "verdict", 0), "ok");
  EXPECT_EQ(At(*rows, "width", 0), "40");
  EXPECT_EQ(At(*rows, "verdict", 1), "truncated_at");
  EXPECT_FALSE(rows->GetColumnByName("offset")->IsNull(1));
  EXPECT_EQ(At(*rows, "verdict", 2), "mislabelled");
  EXPECT_EQ(At(*rows, "verdict", 3), "empty");
}

TEST(KernelTest, DescribeIsJudgeThatDescribes) {
  const auto registry = BuiltIns();
  const auto batch = Batch<arrow::BinaryBuilder>({Png(4, 3)});
  const auto described = registry.Make("describe").ValueOrDie()->Run(*batch, {}).ValueOrDie();
  const auto judged = registry.Make("judge", {{"describe", true}}).ValueOrDie()->Run(*batch, {}).ValueOrDie();
  EXPECT_TRUE(described->Equals(*judged));
  EXPECT_EQ(At(*described, "mode", 0), "RGB");
  EXPECT_THAT(At(*described, "document", 0), HasSubstr("\"exif\":"));
}

TEST(KernelTest, BatchesWithoutTheColumnAreRefusedByName) {
  const auto kernel = BuiltIns().Make("judge").ValueOrDie();
  const auto numbers = arrow::MakeArrayOfNull(arrow::int32(), 1).ValueOrDie();
  for (const char* name : {"content", "other"}) {
    const auto batch =
        arrow::RecordBatch::Make(arrow::schema({arrow::field(name, arrow::int32())}), 1, {numbers});
    const Status refused = kernel->Run(*batch, {}).status();
    EXPECT_EQ(CodeOf(refused), ErrorCode::kSchemaMismatch);
    EXPECT_THAT(refused.message(), HasSubstr("kernel judge needs"));
  }
}

TEST(KernelTest, AStopEndsTheRun) {
  StopSource stop;
  stop.Stop();
  Context context;
  context.stop = stop.token();
  for (const KernelInfo& info : BuiltIns().List()) {
    const auto kernel = BuiltIns().Make(info.name).ValueOrDie();
    EXPECT_EQ(CodeOf(kernel->Run(*Batch<arrow::BinaryBuilder>({Png(2, 2)}), context).status()),
              ErrorCode::kCancelled)
        << info.name;
  }
}

TEST(RegistryTest, WhatIsNotThereIsAnsweredWithWhatIsNear) {
  const auto registry = BuiltIns();
  EXPECT_THAT(registry.Make("jugde").status().message(), HasSubstr("did you mean 'judge'?"));
  EXPECT_THAT(registry.Make("judge", {{"chek", std::string("full")}}).status().message(),
              HasSubstr("did you mean 'check'?"));
  EXPECT_EQ(CodeOf(registry.Make("judge", {{"max_pixels", int64_t{0}}}).status()), ErrorCode::kUsage);
}

// Finds every image corrupt.
class Pessimist : public Kernel {
 public:
  explicit Pessimist(std::unique_ptr<Kernel> judge) : judge_(std::move(judge)) {}
  const KernelInfo& info() const override { return judge_->info(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const Context& context) const override {
    PL_ASSIGN_OR_RETURN(const auto rows, judge_->Run(batch, context));
    PL_ASSIGN_OR_RETURN(const auto verdicts,
                        arrow::MakeArrayFromScalar(arrow::StringScalar("corrupt"), rows->num_rows()));
    return rows->SetColumn(0, rows->schema()->field(0), verdicts);
  }

 private:
  const std::unique_ptr<Kernel> judge_;
};

TEST(RegistryTest, AKernelTakesThePlaceOfAnother) {
  const KernelRegistry own = BuiltIns();
  KernelRegistry registry = BuiltIns();
  const ParameterSchema parameters = own.Make("judge").ValueOrDie()->info().parameters;
  ASSERT_EQ(registry.Register(parameters,
                              [&](const ParameterValues& given) -> Result<std::unique_ptr<Kernel>> {
                                PL_ASSIGN_OR_RETURN(auto judge, own.Make("judge", given));
                                return std::make_unique<Pessimist>(std::move(judge));
                              }),
            Status::OK());
  const std::string png = Png(4, 3);
  const std::span bytes(reinterpret_cast<const uint8_t*>(png.data()), png.size());
  JudgeInput input;
  input.bytes = bytes;
  const auto judged = JudgeOne(*registry.Make("judge").ValueOrDie(), input, {}).ValueOrDie();
  EXPECT_EQ(judged.Answer(0).judgement.verdict, image::Verdict::kCorrupt);
  EXPECT_EQ(judged.Answer(0).header->width, 4);
  EXPECT_EQ(judged.MimeType(0), "image/png");
}

TEST(ViewsOfTest, ContentsStayWhereTheyAre) {
  const auto one = arrow::Buffer::FromString("the first buffer's bytes");
  const auto two = arrow::Buffer::FromString("another one, twelve and more");
  const std::vector<std::shared_ptr<arrow::Buffer>> owners = {one, two};
  const std::vector<std::span<const uint8_t>> contents = {
      {two->data() + 3, 20}, {}, {one->data(), 24}, {one->data() + 1, 2}};
  const auto array = ViewsOf(contents, owners).ValueOrDie();
  ASSERT_TRUE(array->ValidateFull().ok());
  const ContentColumn column = ContentColumn::Make(array).ValueOrDie();
  EXPECT_EQ(column.Bytes(0)->data(), two->data() + 3);
  EXPECT_FALSE(column.Bytes(1).has_value());
  EXPECT_EQ(column.Text(2), one->ToString());
  EXPECT_EQ(column.Text(3), "he");
  const uint8_t elsewhere[20] = {};
  EXPECT_EQ(CodeOf(ViewsOf(std::vector<std::span<const uint8_t>>{elsewhere}, owners).status()),
            ErrorCode::kUsage);
}

}  // namespace
}  // namespace pixlake::kernel
