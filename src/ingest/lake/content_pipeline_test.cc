#include <memory>
#include <string>
#include <vector>

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include "ingest/lake/content_pipeline_internal.h"
#include "kernel/built_in.h"

namespace pixlake::ingest {
namespace {

// Batches of one small text each.
class CountedSource final : public Source {
 public:
  explicit CountedSource(int64_t count) : count_(count) {}

  Result<bool> Next(int64_t /*max_bytes*/, int64_t /*max_items*/, std::vector<SourceItem>* items) override {
    SourceItem& item = items->emplace_back();
    item.uri = "file:///" + std::to_string(given_);
    item.bytes = arrow::Buffer::FromString("content " + std::to_string(given_));
    item.size = item.bytes->size();
    return ++given_ < count_;
  }
  std::vector<std::string> complete_roots() const override { return {}; }
  int64_t skipped() const override { return 0; }

 private:
  const int64_t count_;
  int64_t given_ = 0;
};

// The uris that come out when all but every `stride`th are known. It hangs where bytes are
// not given back, so its caller's time limit is part of the test.
std::vector<std::string> UrisOf(int64_t count, int64_t stride, int threads) {
  CountedSource source(count);
  kernel::KernelRegistry kernels;
  EXPECT_TRUE(kernel::RegisterBuiltIns(&kernels).ok());
  const auto judge = kernels.Make("judge").ValueOrDie();
  PipelineOptions options;
  options.content.judge = judge.get();
  options.threads = threads;
  options.budget_bytes = int64_t{1} << 20;
  options.batch_bytes = int64_t{1} << 18;
  int64_t seen = 0;
  options.drop_known = [&](std::vector<SourceItem>* items) {
    std::erase_if(*items, [&](const SourceItem& /*item*/) { return ++seen % stride != 0; });
  };
  ContentPipeline pipeline(&source, std::move(options));
  std::vector<std::string> uris;
  while (true) {
    auto batch = pipeline.Next();
    EXPECT_TRUE(batch.ok()) << batch.status().ToString();
    if (!batch.ok() || *batch == nullptr) return uris;
    for (const Content& content : (*batch)->contents) uris.push_back(content.item.uri);
    pipeline.Done(*std::move(batch));
  }
}

TEST(ContentPipelineTest, WhatIsKnownKeepsNoRoom) {
  EXPECT_TRUE(UrisOf(500, 1000, 1).empty());
  EXPECT_TRUE(UrisOf(500, 1000, 3).empty());
}

TEST(ContentPipelineTest, WhatIsNewComesInTheSourcesOrder) {
  for (const int64_t stride : {1, 7}) {
    const std::vector<std::string> uris = UrisOf(500, stride, 3);
    ASSERT_EQ(uris.size(), static_cast<size_t>(500 / stride));
    for (size_t i = 0; i < uris.size(); ++i) {
      EXPECT_EQ(uris[i], "file:///" + std::to_string((i + 1) * stride - 1));
    }
  }
}

}  // namespace
}  // namespace pixlake::ingest
