#include "fetch/content_stream.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fetch/reference.h"
#include "image/codec/png.h"
#include "kernel/built_in.h"
#include "kernel/judged.h"
#include "kernel/registry.h"

namespace pixlake::fetch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ContentStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("fetch_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_" +
               std::to_string(reinterpret_cast<uintptr_t>(this)));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

struct Ref {
  std::string uri;
  std::optional<int64_t> offset = {}, length = {};
};

std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<Ref>& refs) {
  arrow::StringBuilder uris;
  arrow::Int64Builder offsets, lengths;
  for (const Ref& ref : refs) {
    EXPECT_TRUE(uris.Append(ref.uri).ok());
    EXPECT_TRUE((ref.offset ? offsets.Append(*ref.offset) : offsets.AppendNull()).ok());
    EXPECT_TRUE((ref.length ? lengths.Append(*ref.length) : lengths.AppendNull()).ok());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field(kUriColumn, arrow::utf8()), arrow::field(kOffsetColumn, arrow::int64()),
                     arrow::field(kLengthColumn, arrow::int64())}),
      static_cast<int64_t>(refs.size()),
      {uris.Finish().ValueOrDie(), offsets.Finish().ValueOrDie(), lengths.Finish().ValueOrDie()});
}

// By reference: its bytes, or "code: message".
std::map<int64_t, std::string> All(const std::vector<Ref>& refs, ContentStreamOptions options = {},
                                   std::vector<int64_t>* sizes = nullptr) {
  std::map<int64_t, std::string> out;
  const auto stream = ContentStream::Open(Batch(refs), std::move(options)).ValueOrDie();
  while (const auto batch = stream->Next().ValueOrDie()) {
    EXPECT_TRUE(batch->ValidateFull().ok());
    EXPECT_TRUE(batch->schema()->Equals(*ContentSchema()));
    if (sizes != nullptr) sizes->push_back(batch->num_rows());
    const auto& rows = static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("row"));
    const auto& contents = static_cast<const arrow::BinaryViewArray&>(*batch->GetColumnByName("content"));
    const auto& codes = static_cast<const arrow::StringArray&>(*batch->GetColumnByName("code"));
    const auto& messages = static_cast<const arrow::StringArray&>(*batch->GetColumnByName("message"));
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      EXPECT_NE(contents.IsNull(i), codes.IsNull(i));
      const bool first =
          out.emplace(rows.Value(i), contents.IsNull(i) ? codes.GetString(i) + ": " + messages.GetString(i)
                                                        : std::string(contents.GetView(i)))
              .second;
      EXPECT_TRUE(first) << "reference " << rows.Value(i) << " twice";
    }
  }
  return out;
}

TEST_F(ContentStreamTest, EveryReferenceIsARow) {
  const std::string a = Write("a.bin", "0123456789"), empty = Write("empty.bin", "");
  const auto got = All({{a},
                        {"file://" + a},
                        {empty},
                        {"data:text/plain;base64,aGVsbG8="},
                        {a, 2, 3},
                        {a, 8, std::nullopt},
                        {"data:,abcdef", 1, 2},
                        {(folder_ / "missing").string()},
                        {a, 8, 3},
                        {a, -1, 3},
                        {"ftp://h/a"},
                        {""},
                        {folder_.string()}});
  ASSERT_EQ(got.size(), 13U);
  EXPECT_EQ(got.at(0), "0123456789");
  EXPECT_EQ(got.at(1), "0123456789");
  EXPECT_EQ(got.at(2), "");
  EXPECT_EQ(got.at(3), "hello");
  EXPECT_EQ(got.at(4), "234");
  EXPECT_EQ(got.at(5), "89");
  EXPECT_EQ(got.at(6), "bc");
  EXPECT_THAT(got.at(7), testing::StartsWith("not_found: "));
  EXPECT_THAT(got.at(8), HasSubstr("corrupt: 3 bytes from byte 8"));
  EXPECT_THAT(got.at(9), testing::StartsWith("corrupt: "));
  EXPECT_THAT(got.at(10), HasSubstr("unsupported: no bytes can be had by 'ftp://'"));
  EXPECT_THAT(got.at(11), testing::StartsWith("usage: "));
  EXPECT_THAT(got.at(12), HasSubstr("is a folder"));
}

TEST_F(ContentStreamTest, BatchesCloseByRowsAndBytes) {
  std::vector<Ref> refs;
  for (int i = 0; i < 10; ++i) refs.push_back({Write("f" + std::to_string(i), std::string(1000, 'x'))});
  std::vector<int64_t> sizes;
  ContentStreamOptions by_rows;
  by_rows.batch_rows = 4;
  All(refs, by_rows, &sizes);
  EXPECT_THAT(sizes, ElementsAre(4, 4, 2));
  sizes.clear();
  ContentStreamOptions by_bytes;
  by_bytes.batch_bytes = 2500;
  All(refs, by_bytes, &sizes);
  EXPECT_THAT(sizes, ElementsAre(3, 3, 3, 1));
}

// The bytes of a batch outlive the stream, and what was fetched the fetcher.
TEST_F(ContentStreamTest, ABatchKeepsItsBytes) {
  auto stream = ContentStream::Open(Batch({{"data:,abcdefghijklmnopqrstuvwxyz"}}), {}).ValueOrDie();
  const auto batch = stream->Next().ValueOrDie();
  stream.reset();
  EXPECT_EQ(static_cast<const arrow::BinaryViewArray&>(*batch->column(1)).GetView(0),
            "abcdefghijklmnopqrstuvwxyz");
}

TEST_F(ContentStreamTest, WhatComesOutIsWhatJudgeTakes) {
  std::vector<uint8_t> png;
  const std::vector<uint8_t> pixels(size_t{3} * 5 * 4, 90);
  ASSERT_TRUE(image::PngEncoder::Make()->Encode(image::RgbView{5, 4, pixels}, &png).ok());
  const std::string good = Write("good.png", {png.begin(), png.end()});
  const std::string bad = Write("bad.png", std::string(png.begin(), png.end() - 20));
  kernel::KernelRegistry kernels;
  ASSERT_TRUE(kernel::RegisterBuiltIns(&kernels).ok());
  const auto judge = kernels.Make("judge").ValueOrDie();
  const auto stream = ContentStream::Open(Batch({{good}, {bad}, {"/no/such.png"}}), {}).ValueOrDie();
  const auto batch = stream->Next().ValueOrDie();
  const auto verdicts = judge->Run(*batch, {}).ValueOrDie()->GetColumnByName("verdict");
  EXPECT_EQ(verdicts->GetScalar(0).ValueOrDie()->ToString(), "ok");
  EXPECT_EQ(verdicts->GetScalar(1).ValueOrDie()->ToString(), "truncated_at");
  EXPECT_TRUE(verdicts->IsNull(2));
}

TEST_F(ContentStreamTest, OtherColumnsAreRefused) {
  const auto numbers = arrow::Int64Builder().Finish().ValueOrDie();
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field(kUriColumn, arrow::int64())}), 0, {numbers});
  const Status status = ContentStream::Open(batch, {}).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kSchemaMismatch);
  EXPECT_THAT(status.message(), HasSubstr("`uri`"));
}

}  // namespace
}  // namespace pixlake::fetch
