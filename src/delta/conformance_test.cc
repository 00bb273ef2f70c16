// Tables that other engines wrote, with the rows they must give (the Delta acceptance
// tests and the kernel's golden tables), or the refusal that is due.
#include <cstdlib>

#include "delta/conformance_expectations_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

namespace fs = std::filesystem;
using testing::Must;
using testing::Refusal;

fs::path Corpus() {
  const char* given = std::getenv("PIXLAKE_CORPUS");
  const fs::path root =
      given != nullptr ? fs::path(given) : fs::path(PIXLAKE_SOURCE_DIR) / ".." / "shared" / "corpus";
  return root / "delta";
}

// `<folder>/<table>` of every table below a folder of the corpus.
std::vector<std::string> TablesIn(const std::vector<std::string>& folders) {
  std::vector<std::string> out;
  for (const std::string& folder : folders) {
    if (!fs::exists(Corpus() / folder)) {
      continue;
    }
    for (const auto& entry : fs::directory_iterator(Corpus() / folder)) {
      if (entry.is_directory()) {
        out.push_back(folder + "/" + entry.path().filename().string());
      }
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

fs::path TableFolder(const std::string& name) {
  const fs::path inner = Corpus() / name / "delta";
  return fs::exists(inner) ? inner : Corpus() / name;
}

// Reads everything at a version; the error of whichever step fails.
Result<std::shared_ptr<arrow::Table>> ReadTable(const std::string& name, const table::VersionSpec& spec) {
  PL_ASSIGN_OR_RETURN(const io::Location location, io::Locate(TableFolder(name).string()));
  PL_ASSIGN_OR_RETURN(const auto table, MakeDeltaFormat()->Open(location));
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(spec));
  return testing::ScanAll(location, *snapshot);
}

void ExpectRefusal(const Refusal& refusal, const Result<std::shared_ptr<arrow::Table>>& result) {
  ASSERT_FALSE(result.ok()) << "was read, with " << (*result)->num_rows() << " rows";
  EXPECT_EQ(CodeName(CodeOf(result.status())), CodeName(refusal.code)) << result.status().ToString();
  EXPECT_THAT(result.status().message(), ::testing::HasSubstr(refusal.says));
}

void ExpectRows(const std::string& name, const table::VersionSpec& spec, const fs::path& expected_folder) {
  const auto result = ReadTable(name, spec);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  const auto expected = testing::ReadParquetFolder(expected_folder);
  ASSERT_TRUE(expected.ok()) << expected.status().ToString();
  std::vector<std::string> columns = (*result)->schema()->field_names();
  EXPECT_THAT(columns, ::testing::UnorderedElementsAreArray((*expected)->schema()->field_names()));
  if (name == "kernel-golden/data-reader-partition-values") {
    // Its partition value has no zone and was expected in the writer's, Los Angeles; UTC is ours.
    std::erase(columns, "as_timestamp");
  }
  EXPECT_EQ(testing::RowsAsText(**result, columns), testing::RowsAsText(**expected, columns));
}

class CorpusTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam().empty()) {
      GTEST_SKIP() << "no corpus at " << Corpus() << "; set PIXLAKE_CORPUS to run the conformance tests";
    }
  }
};

using AcceptanceTest = CorpusTest;
using TableTest = CorpusTest;

TEST_P(AcceptanceTest, GivesTheExpectedRowsOfEveryVersion) {
  for (const auto& entry : fs::directory_iterator(Corpus() / GetParam() / "expected")) {
    const std::string version = entry.path().filename().string();
    SCOPED_TRACE(version);
    table::VersionSpec spec;
    if (version.starts_with('v')) {
      spec.version = std::stoll(version.substr(1));
    }
    ExpectRows(GetParam(), spec, entry.path() / "table_content");
  }
}

// The log can be read; that data is missing is said by name.
void ExpectLogOnly(const std::string& name, int64_t files) {
  const io::Location location = Must(io::Locate(TableFolder(name).string()));
  const auto snapshot = Must(Must(MakeDeltaFormat()->Open(location))->Load());
  EXPECT_EQ(Must(snapshot->Totals()).num_files, files);
  const auto rows = testing::ScanAll(location, *snapshot);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(CodeOf(rows.status()), ErrorCode::kNotFound) << rows.status().ToString();
}

void ExpectReadable(const std::string& name) {
  const auto result = ReadTable(name, {});
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  const auto rows = testing::ExpectedRowCounts().find(name);
  if (rows != testing::ExpectedRowCounts().end()) {
    EXPECT_EQ((*result)->num_rows(), rows->second);
  } else {
    ADD_FAILURE() << "gave " << (*result)->num_rows() << " rows; nothing says how many are right";
  }
}

TEST_P(TableTest, GivesTheExpectedRowsOrIsRefusedByName) {
  const auto refusal = testing::ExpectedRefusals().find(GetParam());
  const auto log_only = testing::ExpectedFilesOfLogOnlyTables().find(GetParam());
  if (refusal != testing::ExpectedRefusals().end()) {
    ExpectRefusal(refusal->second, ReadTable(GetParam(), {}));
  } else if (log_only != testing::ExpectedFilesOfLogOnlyTables().end()) {
    ExpectLogOnly(GetParam(), log_only->second);
  } else if (fs::exists(Corpus() / GetParam() / "expected") && !GetParam().starts_with("dat/")) {
    ExpectRows(GetParam(), {}, Corpus() / GetParam() / "expected");
  } else {
    ExpectReadable(GetParam());
  }
}

std::vector<std::string> OrSkip(const std::vector<std::string>& tables) {
  return tables.empty() ? std::vector<std::string>{""} : tables;
}

std::string TestName(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.empty() ? "NoCorpus" : info.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Dat, AcceptanceTest, ::testing::ValuesIn(OrSkip(TablesIn({"dat-v0.0.3"}))),
                         TestName);
INSTANTIATE_TEST_SUITE_P(Golden, TableTest,
                         ::testing::ValuesIn(OrSkip(TablesIn({"kernel-golden", "kernel-golden/hive/delta"}))),
                         TestName);
INSTANTIATE_TEST_SUITE_P(
    Foreign, TableTest,
    ::testing::ValuesIn(OrSkip(TablesIn({"delta-kernel-java", "delta-rs", "delta-rs-errlogs", "delta-spark",
                                         "kernel-data", "kernel-data/partition_cm", "dat"}))),
    TestName);

}  // namespace
}  // namespace pixlake::delta
