#include <filesystem>

#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

using testing::AppendRows;
using testing::FailsWith;
using testing::Must;

class RestoreTest : public ::testing::Test {
 protected:
  // Version 1 has ids 1 and 2, version 2 also 3, version 3 only 3 and another property.
  void SetUp() override {
    table::TableDefinition definition;
    definition.schema = testing::IdNameSchema();
    table_ = Must(MakeDeltaFormat()->Create(folder_.location(), definition));
    ASSERT_TRUE(AppendRows(table_.get(), {1, 2}).ok());
    first_ = Must(Must(table_->Load())->Files()).at(0);
    ASSERT_TRUE(AppendRows(table_.get(), {3}).ok());
    const auto snapshot = Must(table_->Load());
    auto transaction = Must(table_->Begin(snapshot));
    for (const table::DataFile& file : Must(snapshot->Files())) {
      if (file.path == first_.path) {
        ASSERT_TRUE(transaction->Remove(file).ok());
      }
    }
    ASSERT_TRUE(transaction->SetProperties({{"color", "red"}}, {}).ok());
    ASSERT_TRUE(transaction->Commit().ok());
  }

  std::vector<std::string> Ids() {
    return testing::RowsAsText(*Must(testing::ScanAll(folder_.location(), *Must(table_->Load()))), {"id"});
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<table::Table> table_;
  table::DataFile first_;
};

TEST_F(RestoreTest, BringsRowsAndDefinitionBackInANewVersion) {
  const table::RestoreReport report = Must(Must(table_->file_care())->Restore({1, {}}));
  EXPECT_EQ(report.version, 4);
  EXPECT_EQ(report.restored, 1);
  EXPECT_EQ(report.metrics.at("numRestoredFiles"), "1");
  EXPECT_EQ(report.metrics.at("numRemovedFiles"), "1");
  EXPECT_THAT(Ids(), ::testing::ElementsAre("id=1|", "id=2|"));
  EXPECT_FALSE(Must(table_->Load())->definition().properties.contains("color"));
  EXPECT_EQ(Must(table_->History(1)).at(0).operation, "RESTORE");
  ASSERT_TRUE(Must(table_->file_care())->Restore({3, {}}).ok());
  EXPECT_THAT(Ids(), ::testing::ElementsAre("id=3|"));
  EXPECT_EQ(Must(table_->Load())->definition().properties.at("color"), "red");
}

TEST_F(RestoreTest, ToWhatItIsItDoesNothing) {
  EXPECT_FALSE(Must(Must(table_->file_care())->Restore({3, {}})).committed);
  EXPECT_EQ(Must(table_->Load())->version(), 3);
}

TEST_F(RestoreTest, RefusesAVersionWhoseFilesAreGone) {
  std::filesystem::remove(first_.path);
  EXPECT_THAT(Must(table_->file_care())->Restore({1, {}}), FailsWith(ErrorCode::kNotFound, first_.path));
  EXPECT_THAT(Must(table_->file_care())->Restore({9, {}}), FailsWith(ErrorCode::kNotFound, "no version 9"));
  EXPECT_THAT(Must(table_->file_care())->Restore({}), FailsWith(ErrorCode::kUsage, "which version"));
}

}  // namespace
}  // namespace pixlake::delta
