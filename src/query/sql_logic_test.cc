// Runs tests/sql/*.test. A file is blocks divided by empty lines:
//
//   # a comment
//   mkdir name               a folder under __DIR__
//   setup                    SQL in a session of its own, to write files with COPY
//   statement ok             SQL that must succeed
//   statement error          SQL that must fail; after ---- a code (not_found), then a
//                            part of the message or <REGEX>:pattern
//   query IT [rowsort]       SQL with one letter a column (I integer, R real, T other);
//                            after ---- the rows, tab-separated
//   opened 2                 how many data files the last query's scans opened
//   skipped 3                how many its plan left out
//
// __DIR__ is a folder that is new for each file.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "query/session/sql_session.h"
#include "query/testing_internal.h"

namespace pixlake::query {
namespace {

struct Block {
  int line = 0;
  std::string command;
  std::string sql;
  std::vector<std::string> expected;
};

std::vector<Block> Parse(std::istream& in, const std::string& folder) {
  std::vector<Block> blocks;
  Block block;
  bool after_dashes = false;
  int number = 0;
  const auto finish = [&] {
    if (!block.command.empty()) blocks.push_back(block);
    block = {};
    after_dashes = false;
  };
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) {
      finish();
      continue;
    }
    if (line[0] == '#') continue;
    for (size_t at; (at = line.find("__DIR__")) != std::string::npos;) line.replace(at, 7, folder);
    if (block.command.empty()) {
      block.command = line;
      block.line = number;
    } else if (line == "----") {
      after_dashes = true;
    } else if (after_dashes) {
      block.expected.push_back(line);
    } else {
      block.sql += (block.sql.empty() ? "" : "\n") + line;
    }
  }
  finish();
  return blocks;
}

class Runner {
 public:
  explicit Runner(std::string folder) : folder_(std::move(folder)) { session_ = Open(); }

  void Run(const Block& block) {
    std::istringstream words(block.command);
    std::string command;
    std::string argument;
    std::string order;
    words >> command >> argument >> order;
    if (command == "mkdir") {
      std::filesystem::create_directories(folder_ + "/" + argument);
    } else if (command == "setup") {
      auto session = Open();
      const Status status = Execute(session.get(), block.sql);
      ASSERT_TRUE(status.ok()) << status;
    } else if (command == "statement") {
      RunStatement(block, argument == "ok");
    } else if (command == "query") {
      RunQuery(block, argument, order == "rowsort");
    } else if (command == "opened") {
      EXPECT_EQ(tables_.opened(), std::stoll(argument));
    } else if (command == "skipped") {
      EXPECT_EQ(totals_.files_skipped, std::stoll(argument));
    } else {
      FAIL() << "no such command: " << block.command;
    }
  }

 private:
  std::unique_ptr<SqlSession> Open() {
    SessionOptions options;
    options.threads = 2;
    options.scan_functions = {tables_.Function("table_scan"), tables_.Function("delta_scan")};
    return SqlSession::Open(options).ValueOrDie();
  }

  Status Execute(SqlSession* session, const std::string& sql) {
    tables_.ResetOpened();
    rows_.clear();
    PL_ASSIGN_OR_RETURN(auto result, session->Query(sql));
    columns_ = static_cast<size_t>(result->schema()->num_fields());
    for (std::shared_ptr<arrow::RecordBatch> batch;;) {
      PL_RETURN_NOT_OK(result->ReadNext(&batch));
      if (batch == nullptr) break;
      PL_RETURN_NOT_OK(batch->ValidateFull());
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        std::string text;
        for (int i = 0; i < batch->num_columns(); ++i) {
          text += (i > 0 ? "\t" : "") + TestCell(*batch->column(i), row);
        }
        rows_.push_back(std::move(text));
      }
    }
    totals_ = result->scan_totals();
    return Status::OK();
  }

  void RunStatement(const Block& block, bool succeeds) {
    const Status status = Execute(session_.get(), block.sql);
    ASSERT_EQ(status.ok(), succeeds) << status;
    if (succeeds || block.expected.empty()) return;
    EXPECT_EQ(CodeName(CodeOf(status)), block.expected[0]) << status;
    for (size_t i = 1; i < block.expected.size(); ++i) {
      const std::string& wanted = block.expected[i];
      if (wanted.starts_with("<REGEX>:")) {
        EXPECT_TRUE(std::regex_search(status.message(), std::regex(wanted.substr(8)))) << status;
      } else {
        EXPECT_NE(status.message().find(wanted), std::string::npos) << status;
      }
    }
  }

  void RunQuery(const Block& block, const std::string& types, bool sorted) {
    const Status status = Execute(session_.get(), block.sql);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(columns_, types.size());
    auto expected = block.expected;
    if (sorted) {
      std::sort(rows_.begin(), rows_.end());
      std::sort(expected.begin(), expected.end());
    }
    EXPECT_EQ(rows_, expected);
  }

  std::string folder_;
  FolderTables tables_;
  std::unique_ptr<SqlSession> session_;
  std::vector<std::string> rows_;
  size_t columns_ = 0;
  ScanTotals totals_;
};

class SqlLogicTest : public testing::TestWithParam<std::string> {};

TEST_P(SqlLogicTest, GivesTheRowsOfTheFile) {
  const std::string folder = testing::TempDir() + "/sql-" + NewUuid();
  std::filesystem::create_directories(folder);
  std::ifstream in(GetParam());
  ASSERT_TRUE(in) << GetParam();
  Runner runner(folder);
  for (const Block& block : Parse(in, folder)) {
    SCOPED_TRACE(GetParam() + ":" + std::to_string(block.line));
    runner.Run(block);
    if (HasFatalFailure()) break;
  }
  std::filesystem::remove_all(folder);
}

std::vector<std::string> TestFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(PIXLAKE_SOURCE_DIR "/tests/sql")) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Sql, SqlLogicTest, testing::ValuesIn(TestFiles()),
                         [](const auto& test) { return std::filesystem::path(test.param).stem().string(); });

}  // namespace
}  // namespace pixlake::query
