// What a process knows of a table it opens again, and logs that other engines look after.
#include <cstdlib>

#include <fmt/format.h>

#include "delta/care/check_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

namespace fs = std::filesystem;
using testing::AppendRows;
using testing::Must;

class OpenedAgainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    location_ = folder_.location();
    table::TableDefinition definition;
    definition.schema = testing::IdNameSchema();
    writer_ = Must(other_->Create(location_, definition));
    for (int64_t id = 1; id <= 5; ++id) {
      Must(AppendRows(writer_.get(), {id}));
    }
  }

  fs::path Commit(int64_t version) const {
    return fs::path(location_.path) / "_delta_log" / fmt::format("{:020}.json", version);
  }
  // Whoever reads the commit again fails.
  void Spoil(int64_t version) { testing::WriteText(Commit(version), "no json"); }

  Result<int64_t> Rows(table::Table* table, const table::VersionSpec& spec = {}) {
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(spec));
    PL_ASSIGN_OR_RETURN(const auto totals, snapshot->Totals());
    return totals.num_rows.value_or(-1);
  }

  testing::TemporaryFolder folder_;
  io::Location location_;
  const std::unique_ptr<table::TableFormat> format_ = MakeDeltaFormat();
  const std::unique_ptr<table::TableFormat> other_ = MakeDeltaFormat();  // knows nothing of the first
  std::unique_ptr<table::Table> writer_;
};

TEST_F(OpenedAgainTest, OnlyNewCommitsAreRead) {
  const auto reader = Must(format_->Open(location_));
  EXPECT_EQ(Must(Rows(reader.get())), 5);
  Must(AppendRows(writer_.get(), {6, 7}));
  Spoil(2);
  EXPECT_EQ(Must(Rows(reader.get())), 7);
  EXPECT_EQ(Must(Rows(Must(format_->Open(location_)).get())), 7);
  // A process that knows nothing has to read it.
  EXPECT_FALSE(Rows(Must(MakeDeltaFormat()->Open(location_)).get()).ok());
}

TEST_F(OpenedAgainTest, RemovedFilesAreGoneFromWhatIsKnown) {
  const auto reader = Must(format_->Open(location_));
  const auto before = Must(reader->Load());
  const auto snapshot = Must(writer_->Load());
  auto transaction = Must(writer_->Begin(snapshot));
  ASSERT_TRUE(transaction->Remove(Must(snapshot->Files()).at(1)).ok());
  Must(transaction->Commit());
  EXPECT_EQ(Must(Rows(reader.get())), 4);
  EXPECT_EQ(Must(before->Totals()).num_files, 5) << "a snapshot in use does not change";
  EXPECT_EQ(Must(Rows(reader.get(), {.version = 5, .as_of_ms = {}})), 5);
}

TEST_F(OpenedAgainTest, ATableThatWasMadeAnewIsReadAnew) {
  const auto reader = Must(format_->Open(location_));
  EXPECT_EQ(Must(Rows(reader.get())), 5);
  fs::remove_all(location_.path);
  table::TableDefinition definition;
  definition.schema = testing::IdNameSchema();
  const auto again = Must(other_->Create(location_, definition));
  for (int64_t id = 1; id <= 6; ++id) {
    Must(AppendRows(again.get(), {id, id}));
  }
  EXPECT_EQ(Must(Rows(reader.get())), 12);
}

TEST_F(OpenedAgainTest, AVersionThatIsNotThereYetIsSaidSo) {
  const auto reader = Must(format_->Open(location_));
  EXPECT_EQ(Must(Rows(reader.get())), 5);
  EXPECT_THAT(Rows(reader.get(), {.version = 9, .as_of_ms = {}}),
              testing::FailsWith(ErrorCode::kNotFound, "no version 9"));
}

// Every checksum that Spark and others left in the corpus agrees with what we add up.
TEST(Checksums, OfOtherEnginesAgreeWithTheirLogs) {
  const char* given = std::getenv("PIXLAKE_CORPUS");
  const fs::path corpus =
      given != nullptr ? fs::path(given) : fs::path(PIXLAKE_SOURCE_DIR) / ".." / "shared" / "corpus";
  if (!fs::exists(corpus / "delta")) {
    GTEST_SKIP() << "no corpus at " << corpus;
  }
  int64_t checked = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus / "delta")) {
    if (entry.path().filename() != "_delta_log") {
      continue;
    }
    const io::Location table = Must(io::Locate(entry.path().parent_path().string()));
    Result<TableState> state = LoadState(table, std::nullopt, false);
    if (!state.ok()) {
      continue;  // wrong on purpose
    }
    Findings findings;
    findings.report.version = state->version;
    ASSERT_TRUE(CheckLog(table, &findings).ok()) << table.path;
    checked += findings.report.checksums_checked;
    const bool damaged = table.path.find("crc_malformed") != std::string::npos;
    EXPECT_EQ(findings.checksums.empty(), !damaged)
        << table.path << ": "
        << (findings.report.problems.empty() ? "" : findings.report.problems.front().what);
  }
  EXPECT_GT(checked, 10);
}

}  // namespace
}  // namespace pixlake::delta
