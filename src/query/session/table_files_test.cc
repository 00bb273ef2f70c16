#include "query/session/table_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::query {
namespace {

Status Ask(const std::string& function, const std::string& place, bool of_rows = true) {
  return MayReadFile({function, place, of_rows},
                     [](const std::string& folder) { return folder == "/lake/raw/t"; });
}

TEST(TableFilesTest, RowsOfATableAreTheTables) {
  for (const char* place : {"/lake/raw/t/a.parquet", "/lake/raw/t/*.parquet", "/lake/raw/t/**/*.parquet",
                            "/lake/raw/t/d=1/a.parquet", "/lake/raw/../raw/t/a.parquet",
                            "file:///lake/raw/t/a.parquet", "/lake/raw/t/d=[12]/*.parquet", "/lake/raw/t/"}) {
    const Status status = Ask("read_parquet", place);
    EXPECT_EQ(CodeOf(status), ErrorCode::kUsage) << place;
    EXPECT_THAT(status.message(), testing::HasSubstr("FROM '/lake/raw/t'"));
    if (std::string(place) != "/lake/raw/t/") {
      EXPECT_FALSE(Ask("from", place).ok()) << place;
    }
  }
}

TEST(TableFilesTest, OthersAreRead) {
  EXPECT_TRUE(Ask("from", "/lake/raw/t").ok());
  EXPECT_TRUE(Ask("read_parquet", "/lake/raw/other/a.parquet").ok());
  EXPECT_TRUE(Ask("read_parquet", "/lake/raw/t/_delta_log/00000000000000000010.checkpoint.parquet").ok());
  EXPECT_TRUE(Ask("read_blob", "/lake/raw/t/a.parquet", false).ok());
  EXPECT_TRUE(Ask("read_parquet", "https://h/lake/raw/t/a.parquet").ok());
  EXPECT_TRUE(Ask("read_parquet", "").ok());
}

}  // namespace
}  // namespace pixlake::query
