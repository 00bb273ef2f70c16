#include <chrono>
#include <filesystem>
#include <thread>

#include "delta/log/log_listing_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

namespace fs = std::filesystem;
using testing::AppendRows;
using testing::FailsWith;
using testing::Must;

class VacuumTest : public ::testing::Test {
 protected:
  void SetUp() override {
    location_ = folder_.location();
    root_ = location_.path;
    table::TableDefinition definition;
    definition.schema = testing::IdNameSchema();
    table_ = Must(MakeDeltaFormat()->Create(location_, definition));
    ASSERT_TRUE(AppendRows(table_.get(), {1, 2, 3}).ok());
    ASSERT_TRUE(AppendRows(table_.get(), {4}).ok());
    const auto snapshot = Must(table_->Load());
    const auto files = Must(snapshot->Files());
    removed_ = files.at(0).path;
    kept_ = files.at(1).path;
    auto transaction = Must(table_->Begin(snapshot));
    ASSERT_TRUE(transaction->Remove(files.at(0)).ok());
    ASSERT_TRUE(transaction->Commit().ok());
  }

  static void MakeOld(const fs::path& path) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(24 * 30));
  }
  void Write(const std::string& name, bool old = true) {
    fs::create_directories((root_ / name).parent_path());
    testing::WriteText(root_ / name, "x");
    if (old) MakeOld(root_ / name);
  }
  bool Exists(const std::string& name) const { return fs::exists(root_ / name); }

  table::VacuumRequest Everything() const {
    table::VacuumRequest request;
    request.retention_ms = 0;
    request.allow_short_retention = true;
    request.threads = 3;
    return request;
  }

  testing::TemporaryFolder folder_;
  io::Location location_;
  fs::path root_;
  std::unique_ptr<table::Table> table_;
  std::string removed_;
  std::string kept_;
};

TEST_F(VacuumTest, KeepsAWeekUnlessToldOtherwise) {
  MakeOld(removed_);  // long ago written, but removed just now
  EXPECT_EQ(Must(Must(table_->file_care())->Vacuum({})).files_deleted, 0);
  table::VacuumRequest request;
  request.retention_ms = 0;
  EXPECT_THAT(Must(table_->file_care())->Vacuum(request), FailsWith(ErrorCode::kUsage, "168"));
  EXPECT_TRUE(fs::exists(removed_));
}

TEST_F(VacuumTest, DryRunSaysAndDeletesNothing) {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  table::VacuumRequest request = Everything();
  request.dry_run = true;
  const auto report = Must(Must(table_->file_care())->Vacuum(request));
  EXPECT_THAT(report.paths, ::testing::ElementsAre(removed_));
  EXPECT_TRUE(fs::exists(removed_));
  EXPECT_EQ(Must(table_->Load())->version(), 3);
}

TEST_F(VacuumTest, DeletesWhatNobodyNeedsAndNothingHidden) {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  Write("orphan.parquet");
  Write("date=2026-11-21/orphan.parquet");
  Write("_hidden=1/orphan.parquet");
  Write("_change_data/cdc-1.parquet");
  Write(".part.parquet.8f3c1a52-0b7e-4c43-9d5e-0a1b2c3d4e5f.tmp");
  for (const char* kept : {"_pixlake/ids/run", "_delta_log/notes.txt", "_other/file", ".hidden", "_SUCCESS"})
    Write(kept);
  const auto report = Must(Must(table_->file_care())->Vacuum(Everything()));
  EXPECT_EQ(report.files_deleted, 6);
  EXPECT_THAT(report.failures, ::testing::IsEmpty());
  EXPECT_FALSE(fs::exists(removed_));
  EXPECT_TRUE(fs::exists(kept_));
  for (const char* gone :
       {"orphan.parquet", "date=2026-11-21/orphan.parquet", "_hidden=1/orphan.parquet",
        "_change_data/cdc-1.parquet", ".part.parquet.8f3c1a52-0b7e-4c43-9d5e-0a1b2c3d4e5f.tmp"}) {
    EXPECT_FALSE(Exists(gone)) << gone;
  }
  for (const char* kept :
       {"_pixlake/ids/run", "_delta_log/notes.txt", "_other/file", ".hidden", "_SUCCESS"}) {
    EXPECT_TRUE(Exists(kept)) << kept;
  }
  const auto rows = Must(testing::ScanAll(location_, *Must(table_->Load())));
  EXPECT_THAT(testing::RowsAsText(*rows, {"id"}), ::testing::ElementsAre("id=1|", "id=2|", "id=3|"));
  const auto history = Must(table_->History(2));
  EXPECT_EQ(history.at(0).operation, "VACUUM END");
  EXPECT_EQ(history.at(0).metrics.at("numDeletedFiles"), "6");
  EXPECT_EQ(history.at(1).operation, "VACUUM START");
}

TEST_F(VacuumTest, FromTheLogItLeavesWhatTheLogDoesNotKnow) {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  Write("orphan.parquet");
  table::VacuumRequest request = Everything();
  request.from_log = true;
  EXPECT_THAT(Must(Must(table_->file_care())->Vacuum(request)).paths, ::testing::ElementsAre(removed_));
  EXPECT_FALSE(fs::exists(removed_));
  EXPECT_TRUE(fs::exists(kept_));
  EXPECT_TRUE(Exists("orphan.parquet"));
}

TEST_F(VacuumTest, FromALogThatWasCutItAsksForAFullOne) {
  ASSERT_TRUE(Must(table_->log_care())->Checkpoint().ok());
  fs::remove(CommitPath(location_, 0));
  table::VacuumRequest request = Everything();
  request.from_log = true;
  EXPECT_THAT(Must(Must(MakeDeltaFormat()->Open(location_))->file_care())->Vacuum(request),
              FailsWith(ErrorCode::kUnsupported, "run a full one"));
}

TEST_F(VacuumTest, KeepsDeletionVectorsOfLiveFiles) {
  auto feature = Must(table_->Begin(Must(table_->Load())));
  ASSERT_TRUE(feature->EnableFeatures({"deletionVectors"}).ok());
  ASSERT_TRUE(feature->Commit().ok());
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < 5000; ++i) ids.push_back(i);
  ASSERT_TRUE(AppendRows(table_.get(), ids).ok());
  const auto snapshot = Must(table_->Load());
  auto transaction = Must(table_->Begin(snapshot));
  std::vector<uint64_t> odd;
  for (uint64_t i = 1; i < 5000; i += 2) odd.push_back(i);
  for (const table::DataFile& file : Must(snapshot->Files())) {
    if (file.num_rows == 5000) {
      ASSERT_TRUE(transaction->SetDeletedRows(file, odd).ok());
    }
  }
  ASSERT_TRUE(transaction->Commit().ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_TRUE(Must(table_->file_care())->Vacuum(Everything()).ok());
  EXPECT_EQ(Must(testing::ScanAll(location_, *Must(table_->Load())))->num_rows(), 2503);
}

}  // namespace
}  // namespace pixlake::delta
