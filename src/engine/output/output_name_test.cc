#include "engine/output/output_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::engine {
namespace {

using query::ResultFormat;

TEST(OutputName, SaysTheFormat) {
  EXPECT_EQ(FormatForName("a/b.parquet").ValueOrDie(), ResultFormat::kParquet);
  EXPECT_EQ(FormatForName("b.CSV").ValueOrDie(), ResultFormat::kCsv);
  EXPECT_EQ(FormatForName("b.json").ValueOrDie(), ResultFormat::kJson);
  EXPECT_EQ(FormatForName("b.arrow").ValueOrDie(), ResultFormat::kArrow);
  EXPECT_EQ(FormatForName("v1.2/result").ValueOrDie(), ResultFormat::kTable);
  EXPECT_EQ(FormatForName("/dev/stdout").ValueOrDie(), ResultFormat::kTable);
}

TEST(OutputName, RefusesFormatsThatAreNotWritten) {
  for (const char* name : {"a.xlsx", "a.tsv", "a.csv.gz", "a.ndjson", "a.feather"}) {
    const auto format = FormatForName(name);
    ASSERT_FALSE(format.ok()) << name;
    EXPECT_EQ(CodeOf(format.status()), ErrorCode::kUsage);
    EXPECT_THAT(format.status().message(), ::testing::HasSubstr("--format"));
  }
}

TEST(OutputName, ASheetIsAPng) {
  EXPECT_TRUE(CheckSheetName("a.png").ok());
  EXPECT_TRUE(CheckSheetName("-").ok());
  EXPECT_FALSE(CheckSheetName("a.jpg").ok());
  EXPECT_FALSE(CheckSheetName("a.JPEG").ok());
}

TEST(OutputName, ImagesGoIntoFoldersAndTarArchives) {
  EXPECT_TRUE(CheckExportName("images.v2").ok());
  EXPECT_TRUE(CheckExportName("out").ok());
  EXPECT_TRUE(CheckExportName("/no/such/a.parquet/images").ok());
  for (const char* name : {"/no/such/a.parquet", "/no/such/a.zip", "/no/such/a.tar.xz", "/no/such/a.PNG"}) {
    EXPECT_FALSE(CheckExportName(name).ok()) << name;
  }
}

}  // namespace
}  // namespace pixlake::engine
