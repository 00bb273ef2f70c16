// A sink as somebody else would write it. docs/extending.md walks through this file.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sink/registry.h"

namespace pixlake::sink {
namespace {

using testing::ElementsAre;

struct ByKey {
  bool operator()(const UrlKey& a, const UrlKey& b) const {
    return std::pair(a.high, a.low) < std::pair(b.high, b.low);
  }
};
using Shelf = std::map<UrlKey, std::string, ByKey>;

// extending:sink
// Keeps rows in a map.
class ShelfSink : public Sink {
 public:
  explicit ShelfSink(Shelf* shelf) : shelf_(shelf) {
    for (const auto& [key, row] : *shelf) before_.push_back(key);
  }
  bool takes_values() const override { return true; }

  Status Known(const std::function<void(UrlKey)>& on_key) override {
    for (const UrlKey key : before_) on_key(key);
    return Status::OK();
  }

  Status Write(Rows rows) override {
    for (size_t i = 0; i < rows.keys.size(); ++i) {
      waiting_[rows.keys[i]] = std::get<std::string>(rows.values[i].front());
      written_.Insert(rows.keys[i]);
    }
    return Status::OK();
  }

  Status Flush() override {
    for (auto& [key, row] : waiting_) (*shelf_)[key] = std::move(row);
    waiting_.clear();
    return Status::OK();
  }

  Status Supersede(const UrlSet& urls) override {
    for (const UrlKey key : before_) {
      if (urls.Contains(key) && !written_.Contains(key)) shelf_->erase(key);
    }
    return Status::OK();
  }

  int64_t parts() const override { return static_cast<int64_t>(written_.size()); }

 private:
  Shelf* const shelf_;
  std::vector<UrlKey> before_;
  Shelf waiting_;
  UrlSet written_;
};
// extending:end

TEST(OwnSinkTest, OpensByItsScheme) {
  Shelf shelf = {{KeyOf("a"), "a"}, {KeyOf("b"), "b"}};
  // extending:register
  SinkRegistry registry;
  registry.Register("shelf",
                    [&](const std::string& uri, const SinkOptions&) -> Result<std::unique_ptr<Sink>> {
                      if (uri != "shelf:top") return Error(ErrorCode::kUsage, "'" + uri + "' is no shelf");
                      return std::make_unique<ShelfSink>(&shelf);
                    });
  // extending:end
  const auto sink = registry.Open("Shelf:top", {}).ValueOrDie();
  UrlSet known;
  ASSERT_TRUE(sink->Known([&](UrlKey key) { known.Insert(key); }).ok());
  EXPECT_EQ(known.size(), 2U);
  Rows rows;
  rows.keys = {KeyOf("c"), KeyOf("a")};
  rows.values = {{std::string("c")}, {std::string("again")}};
  ASSERT_TRUE(sink->Write(std::move(rows)).ok());
  EXPECT_EQ(shelf.size(), 2U);
  ASSERT_TRUE(sink->Flush().ok());
  ASSERT_TRUE(sink->Supersede(known).ok());
  EXPECT_EQ(shelf, (Shelf{{KeyOf("a"), "again"}, {KeyOf("c"), "c"}}));
  EXPECT_EQ(CodeOf(registry.Open("shelf:other", {}).status()), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(registry.Open("kafka://h/t", {}).status()), ErrorCode::kUnsupported);
}

TEST(OwnSinkTest, SchemesAreTheSameInAnyCase) {
  EXPECT_EQ(CodeOf(BuiltInSinks().Open("SQLITE:", {}).status()), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(BuiltInSinks().Open("sqlite:", {}).status()), ErrorCode::kUsage);
}

}  // namespace
}  // namespace pixlake::sink
