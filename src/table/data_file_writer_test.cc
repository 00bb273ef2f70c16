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

// A disk that fails as the second file is made durable.
class FailingClose : public io::OutputFile {
 public:
  FailingClose(std::unique_ptr<io::OutputFile> file, bool fail) : file_(std::move(file)), fail_(fail) {}
  arrow::io::OutputStream* stream() override { return file_->stream(); }
  Status Close() override { return fail_ ? Error(ErrorCode::kNoSpace, "disk full") : file_->Close(); }

 private:
  const std::unique_ptr<io::OutputFile> file_;
  const bool fail_;
};

class FailingStore : public io::Store {
 public:
  explicit FailingStore(std::shared_ptr<io::Store> store) : store_(std::move(store)) {}
  std::string_view scheme() const override { return store_->scheme(); }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    return store_->OpenInput(path);
  }
  Result<std::string> ReadAll(const std::string& path, int64_t most) override {
    return store_->ReadAll(path, most);
  }
  Result<io::ObjectInfo> Stat(const std::string& path) override { return store_->Stat(path); }
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(auto file, store_->Create(path));
    return std::make_unique<FailingClose>(std::move(file), ++created_ == 2);
  }
  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return store_->PutIfAbsent(path, bytes);
  }
  Status Put(const std::string& path, std::string_view bytes) override { return store_->Put(path, bytes); }
  Result<std::vector<io::ObjectInfo>> List(const std::string& folder, const std::string& from) override {
    return store_->List(folder, from);
  }
  Result<std::vector<std::string>> ListFolders(const std::string& folder) override {
    return store_->ListFolders(folder);
  }
  Result<bool> Exists(const std::string& path) override { return store_->Exists(path); }
  Status Delete(const std::string& path) override { return store_->Delete(path); }

 private:
  const std::shared_ptr<io::Store> store_;
  int created_ = 0;
};

TEST_F(DataFileWriterTest, WhatFailsWhileClosingFailsTheWhole) {
  DataFileOptions options;
  options.target_file_bytes = 1;
  const io::Location failing{std::make_shared<FailingStore>(location_.store), location_.path};
  {
    auto writer = DataFileWriter::Make(failing, schema_, options).ValueOrDie();
    Status status;
    for (int i = 0; i < 4 && status.ok(); ++i) status = writer->Write(*Batch("[1]"));
    EXPECT_EQ(CodeOf(status), ErrorCode::kNoSpace);
    EXPECT_EQ(CodeOf(writer->Write(*Batch("[2]"))), ErrorCode::kNoSpace);
    EXPECT_EQ(CodeOf(writer->Finish().status()), ErrorCode::kNoSpace);
  }
  EXPECT_TRUE(fs::is_empty(location_.path));
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
