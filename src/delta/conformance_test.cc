// Tables that other engines wrote, with the rows they must give (the Delta acceptance
// tests and the kernel's golden tables), or the refusal that is due.
#include <cstdlib>

#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

namespace fs = std::filesystem;
using testing::Must;

fs::path Corpus() {
  const char* given = std::getenv("PIXLAKE_CORPUS");
  const fs::path root =
      given != nullptr ? fs::path(given) : fs::path(PIXLAKE_SOURCE_DIR) / ".." / "shared" / "corpus";
  return root / "delta";
}

struct Refusal {
  ErrorCode code;
  std::string says;  // what the message must name
};

// Tables that cannot or must not be read, by `<folder>/<table>`, and why.
const std::map<std::string, Refusal>& Refusals() {
  static const std::map<std::string, Refusal> kRefusals = {};
  return kRefusals;
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
  const std::vector<std::string> columns = (*result)->schema()->field_names();
  EXPECT_THAT(columns, ::testing::UnorderedElementsAreArray((*expected)->schema()->field_names()));
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
using GoldenTableTest = CorpusTest;
using ForeignTableTest = CorpusTest;

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

TEST_P(GoldenTableTest, GivesTheExpectedRowsOrIsRefusedByName) {
  const auto refusal = Refusals().find(GetParam());
  if (refusal != Refusals().end()) {
    ExpectRefusal(refusal->second, ReadTable(GetParam(), {}));
  } else if (fs::exists(Corpus() / GetParam() / "expected")) {
    ExpectRows(GetParam(), {}, Corpus() / GetParam() / "expected");
  } else {
    const auto result = ReadTable(GetParam(), {});
    EXPECT_TRUE(result.ok()) << result.status().ToString();
  }
}

TEST_P(ForeignTableTest, IsReadWholeOrRefusedClearly) {
  const auto refusal = Refusals().find(GetParam());
  const auto result = ReadTable(GetParam(), {});
  if (refusal != Refusals().end()) {
    ExpectRefusal(refusal->second, result);
  } else {
    EXPECT_TRUE(result.ok()) << result.status().ToString();
  }
}

std::vector<std::string> OrSkip(std::vector<std::string> tables) {
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
INSTANTIATE_TEST_SUITE_P(Golden, GoldenTableTest, ::testing::ValuesIn(OrSkip(TablesIn({"kernel-golden"}))),
                         TestName);
INSTANTIATE_TEST_SUITE_P(Foreign, ForeignTableTest,
                         ::testing::ValuesIn(OrSkip(TablesIn({"delta-kernel-java", "delta-rs",
                                                              "delta-rs-errlogs", "delta-spark",
                                                              "kernel-data", "dat"}))),
                         TestName);

}  // namespace
}  // namespace pixlake::delta
