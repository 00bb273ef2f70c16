#include <filesystem>
#include <random>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "base/uuid.h"
#include "file/blob/blob_parquet_writer.h"
#include "io/local_store.h"
#include "table/read/late_blobs_internal.h"

namespace pixlake::table {
namespace {

using arrow::field;

const auto kSchema = arrow::schema({field("label", arrow::int64()), field("content", arrow::binary()),
                                    field("name", arrow::utf8()), field("second", arrow::binary())});

class LateBlobsTest : public testing::Test {
 protected:
  LateBlobsTest() {
    std::filesystem::create_directories(folder_);
    EXPECT_TRUE(arrow::compute::Initialize().ok());
  }
  ~LateBlobsTest() override { std::filesystem::remove_all(folder_); }

  // Labels of 0 to 99 and now and then null; blobs of up to `most` bytes, some null.
  static std::shared_ptr<arrow::RecordBatch> Rows(int count, int most) {
    std::mt19937 random(static_cast<uint32_t>(count + most));
    arrow::Int64Builder labels;
    arrow::BinaryBuilder contents, seconds;
    arrow::StringBuilder names;
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE((i % 50 == 7 ? labels.AppendNull() : labels.Append(random() % 100)).ok());
      const std::string blob(random() % static_cast<uint32_t>(most), static_cast<char>('a' + i % 26));
      EXPECT_TRUE((i % 11 == 3 ? contents.AppendNull() : contents.Append(blob)).ok());
      EXPECT_TRUE(seconds.Append(std::to_string(i)).ok());
      EXPECT_TRUE(names.Append("n" + std::to_string(i)).ok());
    }
    return arrow::RecordBatch::Make(kSchema, count,
                                    {labels.Finish().ValueOrDie(), contents.Finish().ValueOrDie(),
                                     names.Finish().ValueOrDie(), seconds.Finish().ValueOrDie()});
  }

  ScanTask Write(const arrow::RecordBatch& rows) {
    ScanTask task;
    task.path = folder_ + "/" + NewUuid() + ".parquet";
    file::BlobParquetOptions options;
    options.row_group_bytes = 1 << 20;
    options.page_bytes = 64 << 10;
    auto writer =
        file::BlobParquetWriter::Open(store_->Create(task.path).ValueOrDie(), kSchema, options).ValueOrDie();
    EXPECT_TRUE(writer->Write(rows).ok());
    EXPECT_TRUE(writer->Close().ok());
    return task;
  }

  static ScanPlan Plan(CompareOp op, std::vector<int64_t> values, const std::vector<std::string>& columns) {
    ScanPlan plan;
    plan.table_schema = kSchema;
    plan.output_schema = OutputSchema(kSchema, columns, "").ValueOrDie();
    for (const auto& column : kSchema->fields()) plan.mapping.push_back({column->name(), -1, {}});
    std::vector<std::shared_ptr<arrow::Scalar>> literals;
    for (const int64_t value : values) literals.push_back(arrow::MakeScalar(value));
    plan.predicate = BoundPredicate::Bind(Compare({"label"}, op, std::move(literals)), *kSchema);
    return plan;
  }

  // Arrow's own filter over the rows that were written is the judge.
  static std::shared_ptr<arrow::Table> Expected(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                const std::string& function, int64_t value,
                                                const ScanPlan& plan) {
    const auto mask =
        arrow::compute::CallFunction(function, {rows->column(0), arrow::Datum(value)}).ValueOrDie();
    const auto kept = arrow::compute::Filter(rows, mask).ValueOrDie().record_batch();
    std::vector<int> columns;
    for (const auto& column : plan.output_schema->fields())
      columns.push_back(kSchema->GetFieldIndex(column->name()));
    return arrow::Table::FromRecordBatches({kept})
        .ValueOrDie()
        ->SelectColumns(columns)
        .ValueOrDie()
        ->CombineChunks()
        .ValueOrDie();
  }

  Result<std::shared_ptr<arrow::Table>> Read(const ScanPlan& plan, const ScanTask& task) {
    PL_ASSIGN_OR_RETURN(auto reader, ReadTask(store_, plan, task));
    PL_ASSIGN_OR_RETURN(const auto batches, reader->ToRecordBatches());
    for (const auto& batch : batches) PL_RETURN_NOT_OK(batch->ValidateFull());
    PL_ASSIGN_OR_RETURN(const auto table, arrow::Table::FromRecordBatches(plan.output_schema, batches));
    return table->CombineChunks();
  }

  const std::string folder_ = testing::TempDir() + "/late-" + NewUuid();
  std::shared_ptr<io::Store> store_ = io::MakeLocalStore();
};

TEST_F(LateBlobsTest, GivesTheRowsThatMatchWithTheirBlobs) {
  for (const int most : {200, 5000, 200000}) {
    const auto rows = Rows(most > 100000 ? 60 : 2000, most);
    const ScanTask task = Write(*rows);
    for (const int64_t bound : {0, 3, 50, 1000}) {
      for (const auto& columns : std::vector<std::vector<std::string>>{
               {"content"}, {"second", "name", "content"}, {"label", "content", "second"}}) {
        ScanPlan plan = Plan(CompareOp::kLt, {bound}, columns);
        plan.batch_bytes = 100000;
        ASSERT_NE(LateBlobReader::Open(store_, plan, task).ValueOrDie(), nullptr);
        const auto found = Read(plan, task);
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_TRUE((*found)->Equals(*Expected(rows, "less", bound, plan))) << most << " " << bound;
      }
    }
  }
}

TEST_F(LateBlobsTest, LeavesDeletedRowsOut) {
  const auto rows = Rows(500, 1000);
  ScanTask task = Write(*rows);
  std::vector<uint64_t> deleted;
  for (uint64_t row = 0; row < 500; row += 2) deleted.push_back(row);
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(deleted);
  const ScanPlan plan = Plan(CompareOp::kGe, {0}, {"second"});
  const auto found = Read(plan, task).ValueOrDie();
  ASSERT_EQ(found->num_columns(), 1);
  int64_t expected = 0;
  for (int64_t row = 1; row < 500; row += 2) expected += rows->column(0)->IsValid(row) ? 1 : 0;
  EXPECT_EQ(found->num_rows(), expected);
}

TEST_F(LateBlobsTest, GivesOneLabelAlone) {
  const auto rows = Rows(60, 200000);
  const ScanTask task = Write(*rows);
  const int64_t label = static_cast<const arrow::Int64Array&>(*rows->column(0)).Value(20);
  const ScanPlan plan = Plan(CompareOp::kEq, {label}, {"content"});
  auto reader = ReadTask(store_, plan, task).ValueOrDie();
  const auto batches = reader->ToRecordBatches().ValueOrDie();
  int64_t count = 0;
  for (const auto& batch : batches) count += batch->num_rows();
  EXPECT_GE(count, 1);
  EXPECT_LT(count, 10);
}

// Others' files have dictionaries, codecs, no index: the same rows, the other way.
TEST_F(LateBlobsTest, FilesOfOthersAreReadAsEver) {
  const auto rows = Rows(1000, 300);
  ScanTask task;
  task.path = folder_ + "/theirs.parquet";
  auto out = arrow::io::FileOutputStream::Open(task.path).ValueOrDie();
  const auto table = arrow::Table::FromRecordBatches({rows}).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 300).ok());
  ASSERT_TRUE(out->Close().ok());
  const ScanPlan plan = Plan(CompareOp::kLt, {10}, {"content", "label"});
  EXPECT_EQ(LateBlobReader::Open(store_, plan, task).ValueOrDie(), nullptr);
  // Which rows come is up to row groups there; those that match must.
  const auto found = Read(plan, task).ValueOrDie();
  const auto mask = arrow::compute::CallFunction("less", {found->column(1), arrow::Datum(int64_t{10})});
  const auto kept = arrow::compute::Filter(found, mask.ValueOrDie()).ValueOrDie().table();
  EXPECT_TRUE(kept->CombineChunks().ValueOrDie()->Equals(*Expected(rows, "less", 10, plan)));
}

TEST_F(LateBlobsTest, IsNotForConditionsOnBlobsOrWithoutBlobs) {
  const ScanTask task = Write(*Rows(10, 100));
  ScanPlan plan = Plan(CompareOp::kLt, {10}, {"label", "name"});
  EXPECT_EQ(LateBlobReader::Open(store_, plan, task).ValueOrDie(), nullptr);
  plan = Plan(CompareOp::kLt, {10}, {"content"});
  plan.predicate = BoundPredicate::Bind(Compare({"content"}, CompareOp::kIsNotNull), *kSchema);
  EXPECT_EQ(LateBlobReader::Open(store_, plan, task).ValueOrDie(), nullptr);
  plan.predicate = {};
  EXPECT_EQ(LateBlobReader::Open(store_, plan, task).ValueOrDie(), nullptr);
}

}  // namespace
}  // namespace pixlake::table
