#include <set>
#include <thread>

#include <fmt/format.h>

#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/snapshot/table_state_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

namespace fs = std::filesystem;
using testing::AppendRows;
using testing::FailsWith;
using testing::IdNameSchema;
using testing::Must;

std::unique_ptr<table::Table> CreateTable(const io::Location& location,
                                          std::map<std::string, std::string> properties = {}) {
  table::TableDefinition definition;
  definition.schema = IdNameSchema();
  definition.properties = std::move(properties);
  return Must(MakeDeltaFormat()->Create(location, definition));
}

table::VersionSpec At(int64_t version) {
  table::VersionSpec spec;
  spec.version = version;
  return spec;
}

table::VersionSpec AsOf(int64_t millis) {
  table::VersionSpec spec;
  spec.as_of_ms = millis;
  return spec;
}

table::StagedFile Staged() {
  table::StagedFile file;
  file.name = "staged.parquet";
  file.size = 1;
  return file;
}

std::multiset<int64_t> Ids(table::Table* table, const table::VersionSpec& spec = {},
                           const table::ScanRequest& request = {}) {
  const auto rows = Must(testing::ScanAll(table->location(), *Must(table->Load(spec)), request));
  std::multiset<int64_t> out;
  for (const auto& chunk : rows->GetColumnByName("id")->chunks()) {
    for (int64_t i = 0; i < chunk->length(); ++i) {
      out.insert(static_cast<const arrow::Int64Array&>(*chunk).Value(i));
    }
  }
  return out;
}

int64_t DataFiles(const fs::path& folder) {
  return std::count_if(fs::directory_iterator(folder), fs::directory_iterator(),
                       [](const auto& entry) { return entry.path().extension() == ".parquet"; });
}

TEST(Create, MakesVersionZeroOnce) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto snapshot = Must(table->Load());
  EXPECT_EQ(snapshot->version(), 0);
  EXPECT_TRUE(snapshot->definition().schema->Equals(IdNameSchema()));
  table::TableDefinition definition;
  definition.schema = IdNameSchema();
  EXPECT_THAT(MakeDeltaFormat()->Create(folder.location(), definition),
              FailsWith(ErrorCode::kAlreadyExists, "creating"));
  EXPECT_TRUE(Must(MakeDeltaFormat()->Detect(folder.location())));
  EXPECT_FALSE(Must(MakeDeltaFormat()->Detect(folder.location("other"))));
}

TEST(Create, RefusesNamesAndPropertiesThatItCannotKeep) {
  testing::TemporaryFolder folder;
  table::TableDefinition definition;
  definition.schema = arrow::schema({arrow::field("a b", arrow::int64())});
  EXPECT_THAT(MakeDeltaFormat()->Create(folder.location(), definition), FailsWith(ErrorCode::kUsage, "a b"));
  definition.schema = arrow::schema({arrow::field("a", arrow::int64()), arrow::field("A", arrow::int64())});
  EXPECT_THAT(MakeDeltaFormat()->Create(folder.location(), definition),
              FailsWith(ErrorCode::kUsage, "twice"));
  definition.schema = IdNameSchema();
  definition.properties = {{"delta.enableRowTracking", "true"}};
  EXPECT_THAT(MakeDeltaFormat()->Create(folder.location(), definition),
              FailsWith(ErrorCode::kUnsupported, "RowTracking"));
  definition.properties = {{"delta.constraints.x", "id > 0"}};
  EXPECT_TRUE(MakeDeltaFormat()->Create(folder.location(), definition).ok());
}

TEST(Create, AsksForTimestampNtzOnlyWhereItIsUsed) {
  testing::TemporaryFolder folder;
  table::TableDefinition definition;
  definition.schema = arrow::schema({arrow::field("t", arrow::timestamp(arrow::TimeUnit::MICRO))});
  const auto table = Must(MakeDeltaFormat()->Create(folder.location(), definition));
  const auto facts = Must(table->Load())->Facts();
  EXPECT_THAT(facts, ::testing::Contains(::testing::Pair("min_reader_version", "3")));
  EXPECT_THAT(facts, ::testing::Contains(::testing::Pair("features", ::testing::HasSubstr("timestampNtz"))));
}

TEST(Append, AddsRowsThatScansGive) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto outcome = Must(AppendRows(table.get(), {1, 2, 3}));
  EXPECT_EQ(outcome.version, 1);
  EXPECT_EQ(outcome.attempts, 1);
  EXPECT_EQ(Ids(table.get()), (std::multiset<int64_t>{1, 2, 3}));
  const auto totals = Must(Must(table->Load())->Totals());
  EXPECT_EQ(totals.num_files, 1);
  EXPECT_EQ(totals.num_rows, 3);
}

TEST(Append, TravelsByVersionAndTime) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  for (int64_t i = 1; i <= 3; ++i) {
    Must(AppendRows(table.get(), {i}));
    const auto commit = folder.path() / "table" / "_delta_log" / fmt::format("{:020}.json", i);
    fs::last_write_time(commit, fs::file_time_type::clock::now() + std::chrono::hours(i));
  }
  EXPECT_EQ(Ids(table.get(), At(2)).size(), 2U);
  const auto second = Must(table->Load(At(2)));
  EXPECT_EQ(Must(table->Load(AsOf(second->timestamp_ms())))->version(), 2);
  EXPECT_EQ(Must(table->Load(AsOf(second->timestamp_ms() - 1)))->version(), 1);
  EXPECT_EQ(Must(table->Load(AsOf(INT64_MAX)))->version(), 3);
  EXPECT_THAT(table->Load(AsOf(1000)), FailsWith(ErrorCode::kNotFound, "no version as early"));
  EXPECT_THAT(table->Load(At(4)), FailsWith(ErrorCode::kNotFound, "latest is 3"));
  EXPECT_THAT(table->Load(At(-1)), FailsWith(ErrorCode::kNotFound, "no version -1"));
}

TEST(Append, SkipsFilesByStatistics) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  Must(AppendRows(table.get(), {1, 2}));
  Must(AppendRows(table.get(), {10, 20}));
  table::ScanRequest request;
  request.predicate =
      table::Compare({"id"}, table::CompareOp::kGt, {std::make_shared<arrow::Int64Scalar>(5)});
  const auto plan = Must(Must(table->Load())->PlanScan(request));
  EXPECT_EQ(plan.files_total, 2);
  EXPECT_EQ(plan.files_skipped, 1);
  EXPECT_EQ(Ids(table.get(), {}, request), (std::multiset<int64_t>{10, 20}));
}

TEST(Append, TxnIsExactlyOnce) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  EXPECT_FALSE(Must(AppendRows(table.get(), {1}, "app", 7)).already_done);
  const auto again = Must(AppendRows(table.get(), {1}, "app", 7));
  EXPECT_TRUE(again.already_done);
  EXPECT_TRUE(Must(AppendRows(table.get(), {1}, "app", 6)).already_done);
  EXPECT_FALSE(Must(AppendRows(table.get(), {2}, "app", 8)).already_done);
  EXPECT_EQ(Ids(table.get()), (std::multiset<int64_t>{1, 2}));
  EXPECT_EQ(Must(table->Load())->TxnVersion("app"), 8);
  EXPECT_EQ(Must(table->Load())->TxnVersion("other"), std::nullopt);
  EXPECT_EQ(DataFiles(folder.path() / "table"), 2);  // the refused ones are gone
}

TEST(Append, TxnOfARacerIsSeenInTheRebase) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto stale = Must(table->Load());
  Must(AppendRows(table.get(), {1}, "app", 7));
  const auto transaction = Must(table->BeginAppend(stale));
  transaction->SetTxn("app", 7);
  const auto outcome = Must(transaction->Commit());
  EXPECT_TRUE(outcome.already_done);
  EXPECT_EQ(Must(table->Load())->version(), 1);
}

TEST(Append, NotesHowFarApplicationsHaveCome) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto stale = Must(table->Load());
  const auto note = [&](std::shared_ptr<const table::Snapshot> read, int64_t a, int64_t b) {
    const auto transaction = Must(table->BeginAppend(std::move(read)));
    EXPECT_TRUE(transaction->NoteTxn("a", a).ok());
    EXPECT_TRUE(transaction->NoteTxn("b", b).ok());
    return transaction->Commit();
  };
  EXPECT_EQ(Must(note(stale, 7, -3)).version, 1);
  EXPECT_EQ(Must(note(Must(table->Load()), 5, 9)).version, 2);  // any version, lower ones too
  EXPECT_EQ(Must(table->Load())->TxnVersion("a"), 5);
  EXPECT_EQ(Must(table->Load())->TxnVersion("b"), 9);
  // Who began before somebody else noted the same has done the same work.
  EXPECT_EQ(CodeOf(note(stale, 8, 8).status()), ErrorCode::kCommitConflict);
}

TEST(Append, MakesTablesWithAFeedAndVectors) {
  testing::TemporaryFolder folder;
  table::TableDefinition definition;
  definition.schema = arrow::schema({arrow::field("id", arrow::int64())});
  definition.change_feed = true;
  definition.deletion_vectors = true;
  const auto table = Must(MakeDeltaFormat()->Create(folder.location("fed"), definition));
  const table::WriteRules rules = Must(Must(table->Load())->Rules());
  EXPECT_TRUE(rules.change_feed);
  EXPECT_TRUE(rules.deletion_vectors);
}

TEST(Append, AbandonedTransactionLeavesNoFile) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto path = folder.path() / "table" / "staged.parquet";
  testing::WriteText(path, "x");
  {
    const auto transaction = Must(table->BeginAppend(Must(table->Load())));
    transaction->Append(Staged());
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(Append, ConcurrentWritersLoseNothing) {
  constexpr int kWriters = 3;
  constexpr int kAppends = 12;
  testing::TemporaryFolder folder;
  CreateTable(folder.location());
  std::vector<std::thread> writers;
  std::atomic<int> rebased = 0;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      const auto table = Must(MakeDeltaFormat()->Open(folder.location()));
      for (int i = 0; i < kAppends; ++i) {
        rebased += Must(AppendRows(table.get(), {writer * 1000 + i})).attempts > 1 ? 1 : 0;
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  const auto table = Must(MakeDeltaFormat()->Open(folder.location()));
  const auto ids = Ids(table.get());
  EXPECT_EQ(ids.size(), static_cast<size_t>(kWriters * kAppends));
  EXPECT_EQ(std::set<int64_t>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(Must(table->Load())->version(), kWriters * kAppends);
  EXPECT_THAT(Must(table->Check()).problems, ::testing::IsEmpty());
}

TEST(Append, ConflictsWithAChangeOfSchema) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto transaction = Must(table->BeginAppend(Must(table->Load())));
  transaction->Append(Staged());
  testing::WriteText(folder.path() / "table" / "_delta_log" / fmt::format("{:020}.json", 1),
                     testing::MetadataLine(R"({"name":"x","type":"long","nullable":true,"metadata":{}})"));
  EXPECT_THAT(transaction->Commit(), FailsWith(ErrorCode::kCommitConflict, "schema"));
}

TEST(Append, ConflictsWithAFeatureItCannotKeep) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  const auto transaction = Must(table->BeginAppend(Must(table->Load())));
  transaction->Append(Staged());
  testing::WriteText(folder.path() / "table" / "_delta_log" / fmt::format("{:020}.json", 1),
                     testing::ProtocolLine(1, 7, R"("writerFeatures":["icebergCompatV1"])"));
  EXPECT_THAT(transaction->Commit(), FailsWith(ErrorCode::kCommitConflict, "icebergCompatV1"));
}

TEST(Checkpoint, IsWrittenEveryTenCommitsAndReadBack) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  for (int64_t i = 1; i <= 25; ++i) {
    Must(AppendRows(table.get(), {i}, "app", i));
  }
  const auto log = folder.path() / "table" / "_delta_log";
  EXPECT_TRUE(fs::exists(log / "00000000000000000020.checkpoint.parquet"));
  EXPECT_THAT(testing::ReadText(log / "_last_checkpoint"), ::testing::HasSubstr("\"version\":20"));
  for (int64_t i = 0; i < 20; ++i) {
    fs::remove(log / fmt::format("{:020}.json", i));
  }
  const auto reopened = Must(MakeDeltaFormat()->Open(folder.location()));
  const auto snapshot = Must(reopened->Load());
  EXPECT_THAT(snapshot->Facts(), ::testing::Contains(::testing::Pair("checkpoint_version", "20")));
  EXPECT_EQ(snapshot->TxnVersion("app"), 25);
  EXPECT_EQ(Must(snapshot->Totals()).num_rows, 25);
  EXPECT_EQ(Ids(reopened.get()).size(), 25U);
  EXPECT_EQ(Ids(reopened.get(), At(21)).size(), 21U);
  EXPECT_EQ(Ids(reopened.get(), At(10)).size(), 10U);
  EXPECT_THAT(reopened->Load(At(9)), FailsWith(ErrorCode::kNotFound, "cleaned up"));
}

TEST(Checkpoint, DamagedHintOrFileIsWorkedAround) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location(), {{"delta.checkpointInterval", "2"}});
  for (int64_t i = 1; i <= 5; ++i) {
    Must(AppendRows(table.get(), {i}));
  }
  const auto log = folder.path() / "table" / "_delta_log";
  for (const std::string hint : {"{", "{\"version\":999}", "{\"version\":-3}", ""}) {
    testing::WriteText(log / "_last_checkpoint", hint);
    EXPECT_EQ(Ids(Must(MakeDeltaFormat()->Open(folder.location())).get()).size(), 5U) << hint;
  }
  testing::WriteText(log / "00000000000000000004.checkpoint.parquet", "PAR1 this is none");
  EXPECT_EQ(Ids(Must(MakeDeltaFormat()->Open(folder.location())).get()).size(), 5U);
}

TEST(Checkpoint, ReadsIntervals) {
  EXPECT_EQ(ParseInterval("interval 1 week"), int64_t{7} * 86'400'000);
  EXPECT_EQ(ParseInterval("2 days 3 HOURS"), int64_t{51} * 3'600'000);
  EXPECT_EQ(ParseInterval("interval 9223372036854775807 weeks"), std::nullopt);
  EXPECT_EQ(ParseInterval("soon"), std::nullopt);
  EXPECT_EQ(ParseInterval(""), std::nullopt);
}

TEST(History, TellsOperationsNewestFirst) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  Must(AppendRows(table.get(), {1, 2}));
  const auto history = Must(table->History(0));
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].version, 1);
  EXPECT_EQ(history[0].operation, "WRITE");
  EXPECT_EQ(history[0].metrics.at("numOutputRows"), "2");
  EXPECT_THAT(history[0].engine, ::testing::StartsWith("pixlake/"));
  EXPECT_EQ(history[1].operation, "CREATE TABLE");
  EXPECT_EQ(Must(table->History(1)).size(), 1U);
}

TEST(Check, NamesWhatIsWrong) {
  testing::TemporaryFolder folder;
  const auto table = CreateTable(folder.location());
  Must(AppendRows(table.get(), {1, 2}));
  Must(AppendRows(table.get(), {3}));
  testing::WriteText(folder.path() / "table" / "left-over.parquet", "x");
  auto report = Must(table->Check());
  EXPECT_THAT(report.problems, ::testing::IsEmpty());
  EXPECT_EQ(report.rows, 3);
  EXPECT_EQ(report.files_checked, 2);
  EXPECT_EQ(report.unreferenced_files, 1);
  const auto log = folder.path() / "table" / "_delta_log" / fmt::format("{:020}.json", 1);
  std::string commit = testing::ReadText(log);
  commit.replace(commit.find(R"(\"maxValues\":{\"id\":2)"), 23, R"(\"maxValues\":{\"id\":1)");
  testing::WriteText(log, commit);
  report = Must(Must(MakeDeltaFormat()->Open(folder.location()))->Check());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0].what, ::testing::HasSubstr("column `id` has values outside"));
}

}  // namespace
}  // namespace pixlake::delta
