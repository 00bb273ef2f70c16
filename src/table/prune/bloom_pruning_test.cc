#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "file/blob/blob_parquet_writer.h"
#include "table/scan.h"

namespace pixlake::table {
namespace {

namespace fs = std::filesystem;

// Three row groups of ids whose ranges overlap, so that only filters tell them apart.
class BloomPruningTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_bloom_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = io::Locate(pattern).ValueOrDie();
    const auto schema =
        arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("image", arrow::binary())});
    file::BlobParquetOptions options;
    options.bloom_filter_columns = {"id"};
    options.row_group_bytes = 10000;
    auto writer = file::BlobParquetWriter::Open(folder_.store->Create(Path()).ValueOrDie(), schema, options)
                      .ValueOrDie();
    for (int group = 0; group < 3; ++group) {
      arrow::StringBuilder ids;
      arrow::BinaryBuilder images;
      for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(ids.Append(std::to_string(i * 3 + group)).ok());
        ASSERT_TRUE(images.Append(std::string(100, 'x')).ok());
      }
      ASSERT_TRUE(writer
                      ->Write(*arrow::RecordBatch::Make(
                          schema, 100, {ids.Finish().ValueOrDie(), images.Finish().ValueOrDie()}))
                      .ok());
    }
    ASSERT_TRUE(writer->Close().ok());
    plan_.table_schema = schema;
    plan_.output_schema = arrow::schema({schema->field(0)});
    plan_.mapping = {{"id", -1, {}}, {"image", -1, {}}};
  }
  void TearDown() override { fs::remove_all(folder_.path); }

  std::string Path() const { return folder_.Child("data.parquet"); }

  int64_t RowsFor(CompareOp op, const std::vector<std::string>& ids) {
    std::vector<std::shared_ptr<arrow::Scalar>> literals;
    for (const auto& id : ids) literals.push_back(arrow::MakeScalar(id));
    return RowsFor(Compare({"id"}, op, std::move(literals)));
  }

  int64_t RowsFor(const Predicate& predicate) {
    plan_.predicate = BoundPredicate::Bind(predicate, *plan_.table_schema);
    ScanTask task;
    task.path = Path();
    const auto reader = ReadTask(folder_.store, plan_, task).ValueOrDie();
    int64_t rows = 0;
    for (const auto& batch : reader->ToRecordBatches().ValueOrDie()) rows += batch->num_rows();
    return rows;
  }

  io::Location folder_;
  ScanPlan plan_;
};

TEST_F(BloomPruningTest, OnlyRowGroupsThatMayHoldTheTextAreRead) {
  EXPECT_EQ(RowsFor(CompareOp::kEq, {"150"}), 100);
  EXPECT_EQ(RowsFor(CompareOp::kEq, {"1500"}), 0);
  EXPECT_EQ(RowsFor(CompareOp::kIn, {"1500", "151", "1501"}), 100);
  EXPECT_EQ(RowsFor(CompareOp::kIn, {"150", "151", "152"}), 300);
  EXPECT_EQ(RowsFor(CompareOp::kNe, {"150"}), 300);
  EXPECT_EQ(RowsFor(CompareOp::kGe, {"150"}), 300);
  const auto is = [](const std::string& id) {
    return Compare({"id"}, CompareOp::kEq, {arrow::MakeScalar(id)});
  };
  EXPECT_EQ(RowsFor(Or({is("150"), is("151")})), 200);
  EXPECT_EQ(RowsFor(Or({is("150"), Compare({"image"}, CompareOp::kIsNotNull)})), 300);
  EXPECT_EQ(RowsFor(And({is("150"), is("151")})), 0);
  EXPECT_EQ(RowsFor(Not(is("150"))), 300);
  EXPECT_EQ(RowsFor(Not(Or({Not(is("150")), Not(is("1500"))}))), 0);
}

TEST_F(BloomPruningTest, DamagedFiltersSkipNothingThatIsThere) {
  const auto filter_at = *parquet::ParquetFileReader::OpenFile(Path())
                              ->metadata()
                              ->RowGroup(0)
                              ->ColumnChunk(0)
                              ->bloom_filter_offset();
  std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(filter_at);
  file.write("\x7f\x7f\x7f\x7f", 4);
  file.close();
  EXPECT_EQ(RowsFor(CompareOp::kEq, {"150"}), 100);
}

}  // namespace
}  // namespace pixlake::table
