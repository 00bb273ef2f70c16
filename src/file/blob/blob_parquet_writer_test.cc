#include "file/blob/blob_parquet_writer.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

#include "io/location.h"

namespace pixlake::file {
namespace {

namespace fs = std::filesystem;

class BlobParquetWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_file_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = io::Locate(pattern).ValueOrDie();
  }
  void TearDown() override { fs::remove_all(folder_.path); }

  std::string Path() const { return folder_.Child("data.parquet"); }

  std::unique_ptr<BlobParquetWriter> Open(const std::shared_ptr<arrow::Schema>& schema,
                                          const BlobParquetOptions& options = {}) {
    return BlobParquetWriter::Open(folder_.store->Create(Path()).ValueOrDie(), schema, options).ValueOrDie();
  }

  // Arrow's own Parquet reader is the judge.
  std::shared_ptr<arrow::Table> ReadBack() const {
    auto file = arrow::io::ReadableFile::Open(Path()).ValueOrDie();
    auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
    return reader->ReadTable().ValueOrDie();
  }

  std::unique_ptr<parquet::ParquetFileReader> Parquet() const {
    return parquet::ParquetFileReader::OpenFile(Path());
  }

  io::Location folder_;
};

std::shared_ptr<arrow::RecordBatch> FromJson(const std::shared_ptr<arrow::Schema>& schema, const char* json) {
  const auto array = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), json).ValueOrDie();
  return arrow::RecordBatch::FromStructArray(array).ValueOrDie()->ReplaceSchemaMetadata(nullptr);
}

// Blobs of up to `most` bytes, every seventh null when `nulls`.
std::shared_ptr<arrow::RecordBatch> Blobs(const std::shared_ptr<arrow::Schema>& schema, int rows, int most,
                                          bool nulls, uint32_t seed) {
  std::mt19937 random(seed);
  arrow::BinaryBuilder blobs;
  arrow::StringBuilder labels;
  for (int i = 0; i < rows; ++i) {
    std::string blob(random() % static_cast<uint32_t>(most), '\0');
    for (char& c : blob) c = static_cast<char>(random());
    EXPECT_TRUE((nulls && i % 7 == 3 ? blobs.AppendNull() : blobs.Append(blob)).ok());
    EXPECT_TRUE(labels.Append(std::to_string(random() % 10)).ok());
  }
  return arrow::RecordBatch::Make(schema, rows, {blobs.Finish().ValueOrDie(), labels.Finish().ValueOrDie()});
}

const auto kBlobSchema =
    arrow::schema({arrow::field("image", arrow::binary()), arrow::field("label", arrow::utf8())});

TEST_F(BlobParquetWriterTest, ArrowReadsBackEveryTypeAndNesting) {
  const auto schema = arrow::schema({
      arrow::field("i8", arrow::int8()),
      arrow::field("i64", arrow::int64(), false),
      arrow::field("f", arrow::float32()),
      arrow::field("b", arrow::boolean()),
      arrow::field("s", arrow::utf8()),
      arrow::field("blob", arrow::binary()),
      arrow::field("d", arrow::date32()),
      arrow::field("t", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
      arrow::field("dec", arrow::decimal128(10, 2)),
      arrow::field("list", arrow::list(arrow::field("element", arrow::float32()))),
      arrow::field("st",
                   arrow::struct_({arrow::field("w", arrow::int32()),
                                   arrow::field("n", arrow::list(arrow::field("element", arrow::utf8())))})),
      arrow::field("m", arrow::map(arrow::utf8(), arrow::int32())),
  });
  const auto batch = FromJson(schema, R"([
    {"i8":1,"i64":1,"f":1.5,"b":true,"s":"a","blob":"xyz","d":1,"t":5,"dec":"1.25","list":[1,null],"st":{"w":1,"n":["p",null]},"m":[["k",1]]},
    {"i8":null,"i64":2,"f":null,"b":null,"s":null,"blob":null,"d":null,"t":null,"dec":null,"list":null,"st":null,"m":null},
    {"i8":3,"i64":3,"f":2.5,"b":false,"s":"","blob":"","d":3,"t":6,"dec":"-3.00","list":[],"st":{"w":null,"n":[]},"m":[]}])");
  auto writer = Open(schema);
  ASSERT_EQ(writer->Write(*batch), Status::OK());
  ASSERT_EQ(writer->Write(*batch->Slice(1, 2)), Status::OK());
  const WrittenFile written = writer->Close().ValueOrDie();
  EXPECT_EQ(written.statistics.num_rows, 5);
  EXPECT_EQ(static_cast<uintmax_t>(written.size), fs::file_size(Path()));
  const auto expected = arrow::Table::FromRecordBatches({batch, batch->Slice(1, 2)}).ValueOrDie();
  const auto actual = ReadBack();
  ASSERT_TRUE(actual->ValidateFull().ok());
  EXPECT_TRUE(actual->Equals(*expected)) << actual->ToString() << expected->ToString();
}

TEST_F(BlobParquetWriterTest, BlobsStandPlainUncompressedAndWithoutStatistics) {
  auto writer = Open(kBlobSchema);
  ASSERT_EQ(writer->Write(*Blobs(kBlobSchema, 5000, 3000, true, 1)), Status::OK());
  ASSERT_TRUE(writer->Close().ok());
  const auto metadata = Parquet()->metadata();
  const auto group = metadata->RowGroup(0);
  const auto blob = group->ColumnChunk(0);
  EXPECT_EQ(blob->compression(), parquet::Compression::UNCOMPRESSED);
  EXPECT_FALSE(blob->is_stats_set());
  EXPECT_FALSE(blob->has_dictionary_page());
  EXPECT_FALSE(blob->bloom_filter_offset().has_value());
  const auto label = group->ColumnChunk(1);
  EXPECT_EQ(label->compression(), parquet::Compression::ZSTD);
  EXPECT_TRUE(label->is_stats_set());
  EXPECT_EQ(label->statistics()->EncodeMin(), "0");
}

TEST_F(BlobParquetWriterTest, PagesAndRowGroupsCloseByBytes) {
  BlobParquetOptions options;
  options.row_group_bytes = 1 << 20;
  options.page_bytes = 64 << 10;
  auto writer = Open(kBlobSchema, options);
  for (uint32_t seed = 0; seed < 4; ++seed)
    ASSERT_EQ(writer->Write(*Blobs(kBlobSchema, 1000, 3000, false, seed)), Status::OK());
  ASSERT_TRUE(writer->Close().ok());
  const auto parquet = Parquet();
  ASSERT_GE(parquet->metadata()->num_row_groups(), 5);
  for (int g = 0; g < parquet->metadata()->num_row_groups(); ++g) {
    EXPECT_LE(parquet->metadata()->RowGroup(g)->total_byte_size(), (1 << 20) + (100 << 10));
    const auto index = parquet->GetPageIndexReader()->RowGroup(g)->GetOffsetIndex(0);
    ASSERT_NE(index, nullptr);
    for (const auto& page : index->page_locations()) EXPECT_LE(page.compressed_page_size, (64 << 10) + 100);
  }
  EXPECT_EQ(ReadBack()->num_rows(), 4000);
}

// Readers split files by the start of a row group's first column: it has to lie
// within the file's share of that row group, or a row group is read twice or never.
TEST_F(BlobParquetWriterTest, RowGroupsStartWhereTheirFirstColumnDoes) {
  const auto schema =
      arrow::schema({arrow::field("label", arrow::utf8()), arrow::field("image", arrow::binary())});
  BlobParquetOptions options;
  options.row_group_bytes = 1 << 20;
  auto writer = Open(schema, options);
  const auto batch = Blobs(kBlobSchema, 1000, 4000, false, 1);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(writer->Write(
                  *arrow::RecordBatch::Make(schema, batch->num_rows(), {batch->column(1), batch->column(0)})),
              Status::OK());
  }
  const int64_t size = writer->Close().ValueOrDie().size;
  const auto metadata = Parquet()->metadata();
  int64_t last_middle = 0;
  for (int g = 0; g < metadata->num_row_groups(); ++g) {
    const auto group = metadata->RowGroup(g);
    const auto first = group->ColumnChunk(0);
    const int64_t start =
        first->has_dictionary_page() ? first->dictionary_page_offset() : first->data_page_offset();
    EXPECT_LT(start, group->ColumnChunk(1)->data_page_offset());
    const int64_t middle = start + group->total_compressed_size() / 2;
    EXPECT_GT(middle, last_middle);
    EXPECT_LT(middle, size);
    last_middle = middle;
  }
  EXPECT_EQ(ReadBack()->num_rows(), 3000);
}

// Pages of many row groups on their way to the disk while others fill, of two columns, with
// values now and then that are larger than a block: none is overwritten, and none too many wait.
TEST_F(BlobParquetWriterTest, WaitingPagesAreWrittenAsTheyWereAndWithinTheirMemory) {
  const auto schema =
      arrow::schema({arrow::field("label", arrow::utf8()), arrow::field("image", arrow::binary()),
                     arrow::field("second", arrow::binary())});
  BlobParquetOptions options;
  options.row_group_bytes = 8 << 20;
  options.page_bytes = 512 << 10;  // blocks of 4 MiB
  options.page_memory_bytes = 2 * options.row_group_bytes;
  auto writer = Open(schema, options);
  arrow::RecordBatchVector rows;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    const auto batch = seed % 20 == 13 ? Blobs(kBlobSchema, 2, 7 << 20, false, seed)
                                       : Blobs(kBlobSchema, 60, 60000, seed % 3 == 0, seed);
    rows.push_back(arrow::RecordBatch::Make(schema, batch->num_rows(),
                                            {batch->column(1), batch->column(0), batch->column(0)}));
  }
  const arrow::MemoryPool* pool = arrow::default_memory_pool();
  const int64_t before = pool->bytes_allocated();
  int64_t most = 0;
  for (const auto& batch : rows) {
    ASSERT_EQ(writer->Write(*batch), Status::OK());
    most = std::max(most, pool->bytes_allocated() - before);
  }
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_LE(most, options.page_memory_bytes + (16 << 20));
  EXPECT_TRUE(ReadBack()->CombineChunks().ValueOrDie()->Equals(
      *arrow::Table::FromRecordBatches(rows).ValueOrDie()->CombineChunks().ValueOrDie()));
}

TEST_F(BlobParquetWriterTest, LongRunsOfScatteredNullsSurvive) {
  const auto schema = arrow::schema({arrow::field("image", arrow::binary())});
  arrow::BinaryBuilder blobs;
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i)
    ASSERT_TRUE((random() % 2 == 0 ? blobs.AppendNull() : blobs.Append("v" + std::to_string(i))).ok());
  const auto batch = arrow::RecordBatch::Make(schema, 20000, {blobs.Finish().ValueOrDie()});
  auto writer = Open(schema);
  ASSERT_EQ(writer->Write(*batch), Status::OK());
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_TRUE(ReadBack()->Equals(*arrow::Table::FromRecordBatches({batch}).ValueOrDie()));
}

TEST_F(BlobParquetWriterTest, BloomFiltersHoldEveryTextAndFewOthers) {
  BlobParquetOptions options;
  options.bloom_filter_columns = {"label"};
  options.row_group_bytes = 2 << 20;
  auto writer = Open(kBlobSchema, options);
  arrow::StringBuilder labels;
  for (int i = 0; i < 4000; ++i) ASSERT_TRUE(labels.Append("label " + std::to_string(i)).ok());
  const auto batch = Blobs(kBlobSchema, 4000, 3000, false, 1);
  ASSERT_EQ(writer->Write(*arrow::RecordBatch::Make(kBlobSchema, 4000,
                                                    {batch->column(0), labels.Finish().ValueOrDie()})),
            Status::OK());
  ASSERT_TRUE(writer->Close().ok());
  const auto parquet = Parquet();
  int row = 0;
  for (int g = 0; g < parquet->metadata()->num_row_groups(); ++g) {
    const auto group = parquet->metadata()->RowGroup(g);
    EXPECT_FALSE(group->ColumnChunk(0)->bloom_filter_offset().has_value());
    ASSERT_TRUE(group->ColumnChunk(1)->bloom_filter_length().has_value());
    EXPECT_LT(*group->ColumnChunk(1)->bloom_filter_length(), group->num_rows() * 3 + 64);
    const auto filter = parquet->GetBloomFilterReader().RowGroup(g)->GetColumnBloomFilter(1);
    ASSERT_NE(filter, nullptr);
    const auto holds = [&](const std::string& text) {
      return filter->FindHash(filter->Hash(std::string_view(text)));
    };
    for (const int end = row + static_cast<int>(group->num_rows()); row < end; ++row)
      EXPECT_TRUE(holds("label " + std::to_string(row)));
    int false_positives = 0;
    for (int i = 0; i < 10000; ++i) false_positives += holds("other " + std::to_string(i)) ? 1 : 0;
    EXPECT_LT(false_positives, 200);
  }
  EXPECT_EQ(row, 4000);
  options.bloom_filter_columns = {"image"};
  EXPECT_EQ(CodeOf(BlobParquetWriter::Open(folder_.store->Create(folder_.Child("other")).ValueOrDie(),
                                           kBlobSchema, options)
                       .status()),
            ErrorCode::kUsage);
}

TEST_F(BlobParquetWriterTest, AnEmptyFileIsStillAFile) {
  auto writer = Open(kBlobSchema);
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_EQ(ReadBack()->num_rows(), 0);
}

TEST_F(BlobParquetWriterTest, OtherRowsThanPromisedAreRefused) {
  auto writer = Open(kBlobSchema);
  const auto other =
      arrow::schema({arrow::field("image", arrow::utf8()), arrow::field("label", arrow::utf8())});
  EXPECT_EQ(CodeOf(writer->Write(*arrow::RecordBatch::MakeEmpty(other).ValueOrDie())),
            ErrorCode::kSchemaMismatch);
  const auto strict =
      arrow::schema({arrow::field("image", arrow::binary(), false), arrow::field("label", arrow::utf8())});
  writer.reset();
  auto strict_writer = Open(strict);
  const auto batch = Blobs(kBlobSchema, 10, 10, true, 1);
  EXPECT_EQ(CodeOf(strict_writer->Write(*arrow::RecordBatch::Make(strict, 10, batch->columns()))),
            ErrorCode::kSchemaMismatch);
}

}  // namespace
}  // namespace pixlake::file
