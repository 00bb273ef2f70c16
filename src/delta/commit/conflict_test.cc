// Two transactions begin on the same snapshot, one commits first: which of the others may
// still commit, after what was done, and what the log says then.
#include <nlohmann/json.hpp>

#include "delta/log/log_listing_internal.h"
#include "delta/testing_internal.h"
#include "table/data_file_writer.h"

namespace pixlake::delta {
namespace {

using testing::AppendRows;
using testing::FailsWith;
using testing::Must;

table::Predicate IdAtLeast(int64_t least) {
  return table::Compare({"id"}, table::CompareOp::kGe, {arrow::MakeScalar(least)});
}

class ConflictTest : public ::testing::Test {
 protected:
  // A table with one file of ids 1 to 3 and one of ids 10 to 12.
  void SetUp() override {
    location_ = folder_.location();
    const auto format = MakeDeltaFormat();
    table::TableDefinition definition;
    definition.schema = testing::IdNameSchema();
    table_ = Must(format->Create(location_, definition));
    ASSERT_TRUE(AppendRows(table_.get(), {1, 2, 3}).ok());
    ASSERT_TRUE(AppendRows(table_.get(), {10, 11, 12}).ok());
    snapshot_ = Must(table_->Load());
    high_ = Must(snapshot_->Files(IdAtLeast(10))).at(0);
    low_ = Must(snapshot_->Files()).at(0).path == high_.path ? Must(snapshot_->Files()).at(1)
                                                             : Must(snapshot_->Files()).at(0);
  }

  std::unique_ptr<table::Transaction> Begin() { return Must(table_->Begin(snapshot_)); }

  Result<table::CommitOutcome> RemoveFile(const table::DataFile& file, bool data_change = true) {
    auto transaction = Begin();
    PL_RETURN_NOT_OK(transaction->Remove(file));
    transaction->SetDataChange(data_change);
    transaction->SetOperation({"DELETE", {}, {}});
    return transaction->Commit();
  }

  // An append by somebody who looked at the table first.
  void AppendNotBlind(const std::vector<int64_t>& ids) {
    arrow::Int64Builder id;
    arrow::StringBuilder name;
    for (const int64_t value : ids) {
      ASSERT_TRUE(id.Append(value).ok() && name.Append("x").ok());
    }
    const auto batch = arrow::RecordBatch::Make(testing::IdNameSchema(), static_cast<int64_t>(ids.size()),
                                                {*id.Finish(), *name.Finish()});
    auto writer = Must(table::DataFileWriter::Make(location_, batch->schema()));
    ASSERT_TRUE(writer->Write(*batch).ok());
    auto transaction = Begin();
    transaction->ReadFiles(IdAtLeast(1000));
    for (table::StagedFile& file : Must(writer->Finish())) transaction->Append(std::move(file));
    ASSERT_TRUE(transaction->Commit().ok());
  }

  nlohmann::json Action(int64_t version, const std::string& kind) {
    std::istringstream lines(testing::ReadText(CommitPath(location_, version)));
    for (std::string line; std::getline(lines, line);) {
      const auto value = nlohmann::json::parse(line);
      if (value.contains(kind)) return value[kind];
    }
    return {};
  }

  testing::TemporaryFolder folder_;
  io::Location location_;
  std::unique_ptr<table::Table> table_;
  std::shared_ptr<const table::Snapshot> snapshot_;
  table::DataFile low_;
  table::DataFile high_;
};

TEST_F(ConflictTest, BlindAppendMayComeBeforeWhoReadTheWholeTable) {
  auto transaction = Begin();
  transaction->ReadWholeTable();
  ASSERT_TRUE(transaction->Remove(low_).ok());
  ASSERT_TRUE(AppendRows(table_.get(), {20}).ok());
  const table::CommitOutcome outcome = Must(transaction->Commit());
  EXPECT_EQ(outcome.version, 4);
  EXPECT_EQ(outcome.attempts, 2);
  EXPECT_EQ(*Must(Must(table_->Load())->Totals()).num_rows, 4);
  EXPECT_FALSE(Action(4, "commitInfo")["isBlindAppend"].get<bool>());
  EXPECT_TRUE(Action(3, "commitInfo")["isBlindAppend"].get<bool>());
}

TEST_F(ConflictTest, RowsThatShouldHaveBeenReadAreAConflict) {
  auto meets = Begin();
  meets->ReadFiles(IdAtLeast(10));
  ASSERT_TRUE(meets->Remove(high_).ok());
  auto misses = Begin();
  misses->ReadFiles(IdAtLeast(100));
  misses->SetDomain("pixlake.test", "{}");
  AppendNotBlind({20, 21});
  EXPECT_THAT(meets->Commit(),
              FailsWith(ErrorCode::kCommitConflict, "commit 3 by another writer (WRITE by pixlake/"));
  EXPECT_EQ(Must(misses->Commit()).version, 4);
}

TEST_F(ConflictTest, TwoCannotRemoveOneFile) {
  auto second = Begin();
  ASSERT_TRUE(second->Remove(low_).ok());
  auto other_file = Begin();
  ASSERT_TRUE(other_file->Remove(high_).ok());
  ASSERT_TRUE(RemoveFile(low_).ok());
  EXPECT_THAT(second->Commit(), FailsWith(ErrorCode::kCommitConflict, "which this transaction removes"));
  EXPECT_EQ(Must(other_file->Commit()).version, 4);
}

TEST_F(ConflictTest, RemovalOfAFileThatWasReadIsAConflictEvenWhenNoRowChanged) {
  auto reads_it = Begin();
  reads_it->ReadFiles(IdAtLeast(10));
  reads_it->SetDomain("pixlake.test", "{}");
  auto reads_other = Begin();
  reads_other->ReadFiles(table::Compare({"id"}, table::CompareOp::kLt, {arrow::MakeScalar(int64_t{5})}));
  reads_other->SetDomain("pixlake.other", "{}");
  ASSERT_TRUE(RemoveFile(high_, false).ok());
  EXPECT_THAT(reads_it->Commit(), FailsWith(ErrorCode::kCommitConflict, "which this transaction read"));
  EXPECT_TRUE(reads_other->Commit().ok());
}

TEST_F(ConflictTest, ArrangingRowsAnewBearsEveryAppend) {
  auto optimize = Begin();
  optimize->SetDataChange(false);
  ASSERT_TRUE(optimize->Remove(low_).ok());
  AppendNotBlind({1, 2, 3});
  EXPECT_EQ(Must(optimize->Commit()).version, 4);
  EXPECT_FALSE(Action(4, "remove")["dataChange"].get<bool>());
  EXPECT_EQ(Action(4, "remove")["size"].get<int64_t>(), low_.size);
}

TEST_F(ConflictTest, ChangedPropertiesStopWhoRemovesButNoAppend) {
  auto remove = Begin();
  ASSERT_TRUE(remove->Remove(low_).ok());
  auto properties = Begin();
  ASSERT_TRUE(properties->SetProperties({{"a", "1"}}, {}).ok());
  auto more = Begin();
  ASSERT_TRUE(more->SetProperties({{"b", "1"}}, {}).ok());
  ASSERT_TRUE(properties->Commit().ok());
  EXPECT_THAT(remove->Commit(), FailsWith(ErrorCode::kCommitConflict, "changed the table's definition"));
  EXPECT_THAT(more->Commit(), FailsWith(ErrorCode::kCommitConflict, "changed the table's definition"));
  EXPECT_EQ(Must(AppendRows(table_.get(), {30})).version, 4);
  EXPECT_EQ(Must(table_->Load())->definition().properties.at("a"), "1");
}

TEST_F(ConflictTest, TwoCannotChangeOneDomain) {
  auto first = Begin();
  first->SetDomain("pixlake.test", "1");
  auto second = Begin();
  second->SetDomain("pixlake.test", "2");
  ASSERT_TRUE(first->Commit().ok());
  EXPECT_THAT(second->Commit(), FailsWith(ErrorCode::kCommitConflict, "pixlake.test"));
}

TEST_F(ConflictTest, AppendOnlyTablesKeepTheirRowsButMayBeRearranged) {
  auto properties = Begin();
  ASSERT_TRUE(properties->SetProperties({{"delta.appendOnly", "true"}}, {}).ok());
  ASSERT_TRUE(properties->Commit().ok());
  snapshot_ = Must(table_->Load());
  const std::vector<table::DataFile> files = Must(snapshot_->Files());
  EXPECT_THAT(RemoveFile(files.at(0)), FailsWith(ErrorCode::kUnsupported, "append-only"));
  EXPECT_TRUE(RemoveFile(files.at(0), false).ok());
}

TEST_F(ConflictTest, RowIdsStayUniqueOverALostRace) {
  auto feature = Begin();
  ASSERT_TRUE(feature->EnableFeatures({"rowTracking"}).ok());
  ASSERT_TRUE(feature->Commit().ok());
  EXPECT_EQ(Action(3, "protocol")["writerFeatures"].size(),
            4);  // with appendOnly, invariants, domainMetadata
  ASSERT_TRUE(AppendRows(table_.get(), {20, 21}).ok());
  const auto stale = Must(table_->Load({3, {}}));
  auto loser = Must(table_->Begin(stale));
  auto writer = Must(table::DataFileWriter::Make(location_, testing::IdNameSchema()));
  const auto rows = Must(testing::ScanAll(location_, *stale));
  ASSERT_TRUE(writer->Write(**rows->CombineChunksToBatch()).ok());
  for (table::StagedFile& file : Must(writer->Finish())) loser->Append(std::move(file));
  EXPECT_EQ(Must(loser->Commit()).version, 5);
  EXPECT_EQ(Action(4, "add")["baseRowId"], 0);
  EXPECT_EQ(Action(5, "add")["baseRowId"], 2);
  EXPECT_EQ(Action(5, "add")["defaultRowCommitVersion"], 5);
  EXPECT_EQ(Action(5, "domainMetadata")["configuration"], R"({"rowIdHighWaterMark":7})");
}

TEST_F(ConflictTest, InCommitTimestampsSaySinceWhen) {
  auto properties = Begin();
  ASSERT_TRUE(properties->SetProperties({{"delta.enableInCommitTimestamps", "true"}}, {}).ok());
  ASSERT_TRUE(properties->Commit().ok());
  EXPECT_EQ(Action(3, "metaData")["configuration"]["delta.inCommitTimestampEnablementVersion"], "3");
  EXPECT_EQ(Action(3, "metaData")["configuration"]["delta.inCommitTimestampEnablementTimestamp"],
            std::to_string(Action(3, "commitInfo")["inCommitTimestamp"].get<int64_t>()));
  ASSERT_TRUE(AppendRows(table_.get(), {20}).ok());
  EXPECT_GT(Action(4, "commitInfo")["inCommitTimestamp"], Action(3, "commitInfo")["inCommitTimestamp"]);
}

TEST_F(ConflictTest, DeletedRowsAreGoneAndOptimizeMeetsThem) {
  auto feature = Begin();
  ASSERT_TRUE(feature->EnableFeatures({"deletionVectors"}).ok());
  ASSERT_TRUE(feature->Commit().ok());
  snapshot_ = Must(table_->Load());
  const table::DataFile file = Must(snapshot_->Files(IdAtLeast(10))).at(0);
  auto optimize = Begin();
  optimize->SetDataChange(false);
  ASSERT_TRUE(optimize->Remove(file).ok());
  auto remove = Begin();
  ASSERT_TRUE(remove->SetDeletedRows(file, {0, 2}).ok());
  ASSERT_TRUE(remove->Commit().ok());
  const auto rows = Must(testing::ScanAll(location_, *Must(table_->Load())));
  EXPECT_THAT(testing::RowsAsText(*rows, {"id"}),
              ::testing::ElementsAre("id=11|", "id=1|", "id=2|", "id=3|"));
  EXPECT_EQ(nlohmann::json::parse(Action(4, "add")["stats"].get<std::string>())["tightBounds"], false);
  EXPECT_THAT(optimize->Commit(), FailsWith(ErrorCode::kCommitConflict, "removed or changed"));
}

TEST_F(ConflictTest, WhoeverHasALaterEpochOfALeaseShutsOutTheEarlierOnes) {
  const auto under = [&](std::shared_ptr<const table::Snapshot> read, int64_t epoch,
                         int64_t batch) -> Result<table::CommitOutcome> {
    PL_ASSIGN_OR_RETURN(const auto transaction, table_->Begin(std::move(read)));
    PL_RETURN_NOT_OK(transaction->CommitUnder({"pixlake/lease/ingest", epoch}));
    transaction->SetTxn("batches", batch);
    return transaction->Commit();
  };
  // Of one epoch many commits may meet.
  ASSERT_TRUE(under(snapshot_, 4, 1).ok());
  EXPECT_EQ(Must(under(snapshot_, 4, 2)).attempts, 2);
  // What an earlier epoch began before it was taken over meets the later one on its way; what it begins
  // afterwards sees it in the snapshot, also where there would be nothing to do.
  ASSERT_TRUE(under(snapshot_, 7, 3).ok());
  EXPECT_THAT(under(snapshot_, 4, 4), FailsWith(ErrorCode::kCommitConflict, "took this piece of work over"));
  EXPECT_THAT(under(snapshot_, 4, 3), FailsWith(ErrorCode::kCommitConflict, "took this piece of work over"));
  EXPECT_THAT(under(Must(table_->Load()), 4, 4), FailsWith(ErrorCode::kCommitConflict, "epoch 7"));
  EXPECT_THAT(under(Must(table_->Load()), 4, 1), FailsWith(ErrorCode::kCommitConflict, "epoch 7"));
  EXPECT_EQ(Must(table_->Load())->TxnVersion("batches"), 3);
  EXPECT_TRUE(Must(under(Must(table_->Load()), 7, 3)).already_done);
  // Other leases are other work.
  const auto other = Must(table_->Begin(snapshot_));
  ASSERT_TRUE(other->CommitUnder({"pixlake/lease/run", 1}).ok());
  other->SetTxn("steps", 1);
  EXPECT_TRUE(other->Commit().ok());
}

}  // namespace
}  // namespace pixlake::delta
