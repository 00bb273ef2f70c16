// Every kind of commit, and the power cut after every call that changes a file: what was reported
// as done is there afterwards and reads as it did, no version is half, and work goes on.
#include <filesystem>
#include <map>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>

#include "engine/power_cut/power_cut_testing_internal.h"
#include "table/data_file_writer.h"

#include "testing/disk_recorder.h"
#include "testing/matchers.h"

namespace pixlake::engine {
namespace {

using test::DiskRecorder;
using test::IsOk;
using test::IsOkAndHolds;
using test::Must;

struct Step {
  std::string name;
  std::function<Status(Workbench*, const std::string& table)> run;
};

// A statement with the table's place for {0}.
Step Statement(const std::string& sql) {
  return {sql, [sql](Workbench* bench, const std::string& table) {
            return bench->Run(fmt::format(fmt::runtime(sql), "delta.`" + table + "`"));
          }};
}

Result<std::unique_ptr<table::Table>> Open(Workbench* bench, const std::string& table) {
  return bench->session().OpenTable(table);
}

Status VacuumAll(Workbench* bench, const std::string& place) {
  PL_ASSIGN_OR_RETURN(const auto table, Open(bench, place));
  table::VacuumRequest request;
  request.retention_ms = 0;
  request.allow_short_retention = true;
  PL_ASSIGN_OR_RETURN(auto* const care, table->file_care());
  return care->Vacuum(request).status();
}

Status Checkpoint(Workbench* bench, const std::string& place) {
  PL_ASSIGN_OR_RETURN(const auto table, Open(bench, place));
  PL_ASSIGN_OR_RETURN(auto* const care, table->log_care());
  return care->Checkpoint().status();
}

Status CompactLog(Workbench* bench, const std::string& place) {
  PL_ASSIGN_OR_RETURN(const auto table, Open(bench, place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(auto* const care, table->log_care());
  return care->CompactLog(snapshot->version() - 1, snapshot->version()).status();
}

constexpr char kVacuum[] = "vacuum";

std::vector<Step> Steps(const std::string& properties) {
  return {
      Statement("CREATE TABLE {0} (id BIGINT, n BIGINT, part STRING) USING delta PARTITIONED BY (part) "
                "TBLPROPERTIES (" +
                properties + ")"),
      Statement("INSERT INTO {0} SELECT range, 0, 'p' || range % 2 FROM range(20)"),
      Statement("INSERT INTO {0} SELECT range, 0, 'p' || range % 3 FROM range(20, 40)"),
      Statement("DELETE FROM {0} WHERE id % 5 = 0"),
      Statement("UPDATE {0} SET n = 1 WHERE id % 4 = 1"),
      Statement("MERGE INTO {0} AS t USING (SELECT range AS id FROM range(30, 50)) AS s ON t.id = s.id "
                "WHEN MATCHED THEN UPDATE SET n = 2 WHEN NOT MATCHED THEN INSERT (id, n, part) "
                "VALUES (s.id, 3, 'p0')"),
      {"log compaction", CompactLog},
      Statement("ALTER TABLE {0} ADD COLUMN note STRING"),
      Statement("INSERT INTO {0} SELECT range, 4, 'p0', 'new' FROM range(50, 60)"),
      {"checkpoint", Checkpoint},
      Statement("RESTORE TABLE {0} TO VERSION AS OF 3"),
      Statement("OPTIMIZE {0}"),
      Statement("OPTIMIZE {0} ZORDER BY (id)"),
      Statement("ANALYZE TABLE {0} COMPUTE STATISTICS FOR COLUMNS n"),
      {kVacuum, VacuumAll},
      Statement("INSERT INTO {0} (id, n, part) SELECT range, 5, 'p9' FROM range(60, 65)"),
  };
}

std::string RowsQuery(const std::string& table, int64_t version) {
  return fmt::format("SELECT * FROM table_scan('{}', version := {}) ORDER BY ALL", table, version);
}

Result<int64_t> Latest(Workbench* bench, const std::string& place) {
  PL_ASSIGN_OR_RETURN(const auto table, Open(bench, place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  return snapshot->version();
}

// What a run without a cut did.
struct Performed {
  std::vector<int64_t> acknowledged;    // by step: the latest version
  std::map<int64_t, std::string> rows;  // by version
  int64_t VersionAfter(size_t steps) const { return steps == 0 ? -1 : acknowledged[steps - 1]; }
};

void Perform(Workbench* bench, const std::vector<Step>& steps, const std::string& table,
             DiskRecorder* recorder, Performed* run) {
  for (const Step& step : steps) {
    ASSERT_THAT(step.run(bench, table), IsOk()) << step.name;
    recorder->Mark(step.name);
    const int64_t before = run->VersionAfter(run->acknowledged.size());
    run->acknowledged.push_back(Must(Latest(bench, table)));
    for (int64_t version = before + 1; version <= run->acknowledged.back(); ++version)
      run->rows[version] = Must(bench->Rows(RowsQuery(table, version)));
  }
}

// `done` steps had been reported.
void CheckState(Workbench* bench, const std::vector<Step>& steps, const Performed& run, size_t done,
                const std::string& table) {
  const int64_t acknowledged = run.VersionAfter(done);
  if (acknowledged < 0 && !bench->session().IsTable(table)) {
    ASSERT_THAT(steps[0].run(bench, table), IsOk());
  }
  const auto latest = Latest(bench, table);
  ASSERT_THAT(latest, IsOk());
  ASSERT_GE(*latest, acknowledged) << "a commit that was reported is gone";
  ASSERT_TRUE(run.rows.contains(*latest)) << *latest;
  // Versions from before a VACUUM may lack files once it has begun.
  int64_t oldest = 0;
  for (size_t i = 0; i <= done && i < steps.size(); ++i)
    if (steps[i].name == kVacuum) oldest = run.VersionAfter(i);
  // All of them would take long: these and, over many cuts, the others.
  for (int64_t version = *latest; version >= oldest; version -= 1 + (*latest - version) * 2)
    ASSERT_THAT(bench->Rows(RowsQuery(table, version)), IsOkAndHolds(run.rows.at(version))) << version;
  bench->ExpectSound(table);
  ASSERT_THAT(bench->Run(fmt::format("INSERT INTO delta.`{}` (id, n, part) VALUES (-1, -1, 'pz')", table)),
              IsOk());
  ASSERT_THAT(Latest(bench, table), IsOkAndHolds(*latest + 1));
  const std::string grown = fmt::format(
      "SELECT count(*) = (SELECT count(*) + 1 FROM table_scan('{0}', version := "
      "{1})) FROM table_scan('{0}')",
      table, *latest);
  ASSERT_THAT(bench->Rows(grown), IsOkAndHolds(std::string("true|\n")));
  bench->ExpectSound(table);
}

class PowerCutTableTest : public ::testing::TestWithParam<const char*> {
 protected:
  const test::TemporaryFolder folder_;
  Workbench bench_;
};

constexpr char kVectors[] = "'delta.checkpointInterval'='3', 'delta.enableDeletionVectors'='true'";
constexpr char kRewrites[] =
    "'delta.checkpointInterval'='4', 'delta.checkpointPolicy'='v2', 'delta.enableChangeDataFeed'='true'";
INSTANTIATE_TEST_SUITE_P(Kinds, PowerCutTableTest, ::testing::Values(kVectors, kRewrites),
                         [](const auto& kind) { return kind.index == 0 ? "Vectors" : "Rewrites"; });

TEST_P(PowerCutTableTest, EveryReportedCommitIsThereAndWhole) {
  const std::vector<Step> steps = Steps(GetParam());
  Performed run;
  DiskRecorder recorder(folder_.path());
  ASSERT_NO_FATAL_FAILURE(Perform(&bench_, steps, folder_ / "table", &recorder, &run));
  recorder.Stop();
  const auto& operations = recorder.operations();
  test::DiskReplay whole = recorder.Replay();
  whole.AdvanceTo(operations.size());
  ASSERT_TRUE(whole.Cut(test::Loss::kNothing) == test::ReadTree(folder_.path())) << "calls were not recorded";
  const size_t states =
      ForEachPowerCut(recorder.Replay(), operations, {.most_states = 100}, [&](const auto& cut) {
        CheckAfter(cut, [&](const std::string& root) {
          CheckState(&bench_, steps, run, cut.marks.size(), root + "/table");
        });
        return !HasFatalFailure();
      });
  EXPECT_GE(states, 100U);
}

// Killed at any call, run again, and then the power goes: what the second run reports, it may
// owe to what the first had not synced.
TEST_P(PowerCutTableTest, WhatARunAfterAKilledOneReportsIsDurable) {
  const std::string create = fmt::format(
      "CREATE TABLE IF NOT EXISTS {{0}} (id BIGINT, n BIGINT, part STRING) PARTITIONED BY (part) "
      "TBLPROPERTIES ({})",
      GetParam());
  const std::vector<Step> steps = {Statement(create), Statement("INSERT INTO {0} VALUES (1, 1, 'a')")};
  for (int64_t killed_at = 0;; ++killed_at) {
    const test::TemporaryFolder folder;
    DiskRecorder recorder(folder.path());
    recorder.FailFrom(killed_at);
    for (const Step& step : steps)
      if (!step.run(&bench_, folder / "new/table").ok()) break;
    if (recorder.count() < killed_at) break;
    recorder.FailFrom(INT64_MAX);
    for (const Step& step : steps) ASSERT_THAT(step.run(&bench_, folder / "new/table"), IsOk()) << killed_at;
    recorder.Stop();
    ForEachPowerCut(
        recorder.Replay(), recorder.operations(), {.seeds = 4, .last_only = true}, [&](const auto& cut) {
          SCOPED_TRACE(fmt::format("killed before operation {}", killed_at));
          CheckAfter(cut, [&](const std::string& root) {
            ASSERT_THAT(bench_.Rows("SELECT DISTINCT id FROM table_scan('" + root + "/new/table')"),
                        IsOkAndHolds(std::string("1|\n")));
          });
          return !HasFailure();
        });
    if (HasFailure()) break;
  }
}

// One row, for good: an application's transaction is committed once, however often it is tried.
Status AppendOnce(Workbench* bench, const std::string& place) {
  PL_ASSIGN_OR_RETURN(const auto table, Open(bench, place));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
  PL_ASSIGN_OR_RETURN(const auto transaction, table->BeginAppend(snapshot));
  const auto schema = arrow::schema({arrow::field("id", arrow::int64())});
  PL_ASSIGN_OR_RETURN(const auto writer, table::DataFileWriter::Make(table->location(), schema));
  PL_ASSIGN_OR_RETURN(const auto ids, arrow::MakeArrayFromScalar(arrow::Int64Scalar(7), 1));
  PL_RETURN_NOT_OK(writer->Write(*arrow::RecordBatch::Make(schema, 1, {ids})));
  PL_ASSIGN_OR_RETURN(auto files, writer->Finish());
  for (table::StagedFile& file : files) transaction->Append(std::move(file));
  transaction->SetTxn("application", 1);
  return transaction->Commit().status();
}

class PowerCutCommitTest : public ::testing::Test {
 protected:
  // Runs the step with whatever `fail` makes fail from an operation on, again if `again`, for every
  // operation; and cuts the power after what was reported as done.
  void CheckReported(bool syncs_only, bool again) {
    for (int64_t from = 0;; ++from) {
      const test::TemporaryFolder folder;
      ASSERT_THAT(bench_.Run(fmt::format("CREATE TABLE delta.`{}` (id BIGINT)", folder / "table")), IsOk());
      DiskRecorder recorder(folder.path());
      recorder.FailFrom(from, syncs_only);
      Status reported = AppendOnce(&bench_, folder / "table");
      if (recorder.count() < from) break;
      recorder.FailFrom(INT64_MAX);
      if (again) reported = AppendOnce(&bench_, folder / "table");
      recorder.Stop();
      if (!reported.ok()) continue;
      ForEachPowerCut(recorder.Replay(), recorder.operations(), {.last_only = true}, [&](const auto& cut) {
        SCOPED_TRACE(fmt::format("from operation {}", from));
        CheckAfter(cut, [&](const std::string& root) {
          EXPECT_THAT(bench_.Rows("SELECT id FROM table_scan('" + root + "/table')"),
                      IsOkAndHolds(std::string("7|\n")));
        });
        return !HasFailure();
      });
      if (HasFailure()) break;
    }
  }
  Workbench bench_;
};

TEST_F(PowerCutCommitTest, WhatIsReportedAlthoughSyncsFailedIsDurable) {
  CheckReported(/*syncs_only=*/true, /*again=*/false);
}

TEST_F(PowerCutCommitTest, ATransactionFoundDoneIsDurable) {
  CheckReported(/*syncs_only=*/false, /*again=*/true);
}

}  // namespace
}  // namespace pixlake::engine
