#include "query/session/sql_session.h"

#include <filesystem>
#include <fstream>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "query/testing_internal.h"

namespace pixlake::query {
namespace {

using testing::HasSubstr;

class SqlSessionTest : public testing::Test {
 protected:
  SqlSessionTest() { std::filesystem::create_directories(folder_); }
  ~SqlSessionTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<SqlSession> Open(int64_t memory_limit = 0, int threads = 4) {
    SessionOptions options;
    options.memory_limit_bytes = memory_limit;
    options.threads = threads;
    options.scan_functions = {tables_.Function("table_scan"), tables_.Function("delta_scan")};
    return SqlSession::Open(options).ValueOrDie();
  }

  void WriteFile(const std::string& name, const std::string& query) {
    const auto copied = Open()->Query("COPY (" + query + ") TO '" + folder_ + "/" + name +
                                      "' (FORMAT parquet, ROW_GROUP_SIZE 2048)");
    ASSERT_TRUE(copied.ok()) << copied.status();
  }

  std::string Scan() const { return "delta_scan('" + folder_ + "')"; }

  const std::string folder_ = testing::TempDir() + "/session-" + NewUuid();
  FolderTables tables_;
};

TEST_F(SqlSessionTest, ScansManyFilesInParallel) {
  for (int i = 0; i < 12; ++i) {
    const std::string from = std::to_string(i * 5000);
    const std::string to = std::to_string(i * 5000 + 5000);
    WriteFile(
        std::to_string(100 + i) + ".parquet",
        "SELECT i AS id, 'text that is not inlined ' || i AS text FROM range(" + from + ", " + to + ") r(i)");
  }
  auto session = Open();
  for (int round = 0; round < 5; ++round) {
    const auto result =
        session->Query("SELECT count(*), sum(id), count(DISTINCT text) FROM " + Scan()).ValueOrDie();
    const auto table = result->ToTable().ValueOrDie();
    EXPECT_EQ(table->column(0)->GetScalar(0).ValueOrDie()->ToString(), "60000");
    EXPECT_EQ(table->column(1)->GetScalar(0).ValueOrDie()->ToString(), "1799970000");
    EXPECT_EQ(table->column(2)->GetScalar(0).ValueOrDie()->ToString(), "60000");
    EXPECT_EQ(result->scan_totals().files_total, 12);
  }
}

TEST_F(SqlSessionTest, AResultOfImagesDoesNotRunAheadOfItsReader) {
  WriteFile("0.parquet",
            "SELECT i AS id, encode(repeat(md5(i::VARCHAR), 32768)) AS image FROM range(200) r(i)");
  auto session = Open(/*memory_limit=*/int64_t{256} << 20, /*threads=*/1);
  auto* pool = arrow::default_memory_pool();
  const int64_t before = pool->bytes_allocated();
  const auto result = session->Query("SELECT image, id FROM " + Scan() + " WHERE id % 2 = 0").ValueOrDie();
  int64_t most = 0;
  int64_t rows = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    ASSERT_TRUE(result->ReadNext(&batch).ok());
    if (batch == nullptr) break;
    rows += batch->num_rows();
    most = std::max(most, pool->bytes_allocated() - before);
  }
  EXPECT_EQ(rows, 100);
  EXPECT_LT(most, int64_t{128} << 20);
}

TEST_F(SqlSessionTest, ABatchOutlivesTheBatchesAfterIt) {
  WriteFile("0.parquet", "SELECT 'text that is not inlined ' || i AS text FROM range(10000) r(i)");
  auto session = Open();
  auto result = session->Query("SELECT text FROM " + Scan()).ValueOrDie();
  const auto batches = result->ToRecordBatches().ValueOrDie();
  result.reset();
  const auto& first = static_cast<const arrow::StringArray&>(*batches[0]->column(0));
  EXPECT_EQ(first.GetString(1), "text that is not inlined 1");
}

TEST_F(SqlSessionTest, ABrokenDataFileIsCorruptAndNamed) {
  WriteFile("0.parquet", "SELECT i AS id FROM range(10) r(i)");
  WriteFile("1.parquet", "SELECT i AS id FROM range(10) r(i)");
  auto session = Open();
  const std::string broken = folder_ + "/1.parquet";
  std::fstream(broken, std::ios::in | std::ios::out | std::ios::binary).seekp(4) << "garbage garbage";
  const auto result = session->Query("SELECT sum(id) FROM " + Scan());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kCorrupt) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr(broken));
}

TEST_F(SqlSessionTest, StatementsWithoutRowsSayThatTheyHaveNone) {
  auto session = Open();
  EXPECT_FALSE(session->Query("CREATE TABLE t (a INT)").ValueOrDie()->has_rows());
  EXPECT_TRUE(session->Query("SELECT * FROM t").ValueOrDie()->has_rows());
}

TEST_F(SqlSessionTest, AMemoryLimitThatIsTooSmallIsOverBudget) {
  SessionOptions options;
  options.memory_limit_bytes = int64_t{16} << 20;
  options.threads = 1;
  auto session = SqlSession::Open(options).ValueOrDie();
  const auto result = session->Query("SELECT count(DISTINCT md5(i::VARCHAR)) FROM range(5000000) r(i)");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kOverBudget) << result.status();
}

TEST_F(SqlSessionTest, NeverLoadsExtensionsFromTheNetwork) {
  const auto result = Open()->Query("SELECT * FROM read_parquet('https://example.invalid/x.parquet')");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(CodeOf(result.status()), ErrorCode::kUnsupported) << result.status();
}

}  // namespace
}  // namespace pixlake::query
