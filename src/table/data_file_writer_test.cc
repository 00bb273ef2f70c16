#include "table/data_file_writer.h"

#include <cstdlib>
#include <filesystem>
#include <regex>

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

namespace pixlake::table {
namespace {

namespace fs = std::filesystem;

class DataFileWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_table_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    location_ = io::Locate(pattern).ValueOrDie();
    schema_ = arrow::schema({arrow::field("x", arrow::int64())});
  }
  void TearDown() override { fs::remove_all(location_.path); }

  std::shared_ptr<arrow::RecordBatch> Batch(const char* json) const {
    const auto array = arrow::json::ArrayFromJSONString(arrow::int64(), json).ValueOrDie();
    return arrow::RecordBatch::Make(schema_, array->length(), {array});
  }

  io::Location location_;
  std::shared_ptr<arrow::Schema> schema_;
};

TEST_F(DataFileWriterTest, StagesFilesWithSizeRowsAndStatistics) {
  auto writer = DataFileWriter::Make(location_, schema_).ValueOrDie();
  ASSERT_TRUE(writer->Write(*Batch("[3, 1, null]")).ok());
  const auto files = writer->Finish().ValueOrDie();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(static_cast<uintmax_t>(files[0].size), fs::file_size(location_.Child(files[0].name)));
  EXPECT_EQ(files[0].statistics.num_rows, 3);
  EXPECT_EQ(files[0].statistics.columns.at(0).min->ToString(), "1");
  EXPECT_EQ(files[0].statistics.columns.at(0).max->ToString(), "3");
  EXPECT_EQ(files[0].statistics.columns.at(0).null_count, 1);
}

TEST_F(DataFileWriterTest, AFileClosesAtItsTargetSize) {
  DataFileOptions options;
  options.target_file_bytes = 1;
  auto writer = DataFileWriter::Make(location_, schema_, options).ValueOrDie();
  ASSERT_TRUE(writer->Write(*Batch("[1]")).ok());
  ASSERT_TRUE(writer->Write(*Batch("[2]")).ok());
  EXPECT_EQ(writer->Finish().ValueOrDie().size(), 2u);
}

TEST_F(DataFileWriterTest, AbandonedItLeavesNothingBehind) {
  DataFileOptions options;
  options.target_file_bytes = 1;
  {
    auto writer = DataFileWriter::Make(location_, schema_, options).ValueOrDie();
    ASSERT_TRUE(writer->Write(*Batch("[1]")).ok());
    ASSERT_TRUE(writer->Write(*Batch("[2]")).ok());
  }
  EXPECT_TRUE(fs::is_empty(location_.path));
}

TEST_F(DataFileWriterTest, FilesOfAPartitionLieInItsFolder) {
  DataFileOptions options;
  options.partition_values = {{"date", "2026-11-21"}, {"label", "a:b/50% é"}, {"n", std::nullopt}};
  auto writer = DataFileWriter::Make(location_, schema_, options).ValueOrDie();
  ASSERT_TRUE(writer->Write(*Batch("[1]")).ok());
  const auto files = writer->Finish().ValueOrDie();
  ASSERT_EQ(files.size(), 1u);
  const std::string folder = "date=2026-11-21/label=a%3Ab%2F50%25 é/n=__HIVE_DEFAULT_PARTITION__/";
  EXPECT_EQ(files[0].name.substr(0, folder.size()), folder);
  EXPECT_TRUE(fs::exists(location_.Child(files[0].name)));
  EXPECT_EQ(files[0].partition_values, options.partition_values);
  options.partition_values = {{"x", "1"}};
  EXPECT_EQ(CodeOf(DataFileWriter::Make(location_, schema_, options).status()), ErrorCode::kUsage);
}

TEST_F(DataFileWriterTest, RowsOfAnotherSchemaAreRefused) {
  auto writer =
      DataFileWriter::Make(location_, arrow::schema({arrow::field("y", arrow::utf8())})).ValueOrDie();
  EXPECT_EQ(CodeOf(writer->Write(*Batch("[1]"))), ErrorCode::kSchemaMismatch);
}

TEST_F(DataFileWriterTest, NamesAreUniqueAndAlsoHudiFileSlices) {
  const std::string name = NewDataFileName();
  EXPECT_TRUE(std::regex_match(name, std::regex("[0-9a-f-]{36}-0_[0-9]+-[0-9]+-[0-9]+_[0-9]{17}\\.parquet")))
      << name;
  EXPECT_NE(name, NewDataFileName());
}

}  // namespace
}  // namespace pixlake::table
