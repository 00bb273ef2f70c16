#include "file/blob/blob_scanner.h"

#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include "file/blob/blob_parquet_writer.h"

#include "testing/memory_output.h"

namespace pixlake::file {
namespace {

std::shared_ptr<arrow::Schema> TwoBlobs() {
  return arrow::schema({arrow::field("image", arrow::binary(), false), arrow::field("id", arrow::int64()),
                        arrow::field("mask", arrow::binary())});
}

std::shared_ptr<arrow::RecordBatch> RandomRows(int rows) {
  std::mt19937 random(7);
  arrow::BinaryBuilder image, mask;
  arrow::Int64Builder id;
  for (int i = 0; i < rows; ++i) {
    std::string bytes(random() % (i % 50 == 0 ? 60000 : 3000), '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_TRUE(image.Append(bytes).ok() && id.Append(i).ok());
    EXPECT_TRUE((random() % 4 == 0 ? mask.AppendNull() : mask.Append(bytes.substr(0, random() % 900))).ok());
  }
  return arrow::RecordBatch::Make(TwoBlobs(), rows, {*image.Finish(), *id.Finish(), *mask.Finish()});
}

std::shared_ptr<arrow::Buffer> Write(const arrow::RecordBatch& rows) {
  std::shared_ptr<arrow::Buffer> bytes;
  BlobParquetOptions options;
  options.row_group_bytes = 400 << 10;
  options.page_bytes = 16 << 10;
  auto writer =
      BlobParquetWriter::Open(std::make_unique<test::MemoryOutput>(&bytes), TwoBlobs(), options).ValueOrDie();
  EXPECT_TRUE(writer->Write(rows).ok());
  EXPECT_TRUE(writer->Close().ok());
  return bytes;
}

TEST(BlobScannerTest, CopiesOfValuesAreReadByArrowAsTheyWere) {
  const auto rows = RandomRows(2000);
  const auto file = std::make_shared<arrow::io::BufferReader>(Write(*rows));
  const auto scanner = BlobScanner::Open(file, "t", {"image", "mask"}).ValueOrDie();
  ASSERT_NE(scanner, nullptr);
  ASSERT_EQ(scanner->num_rows(), 2000);

  std::shared_ptr<arrow::Buffer> copied;
  auto writer =
      BlobParquetWriter::Open(std::make_unique<test::MemoryOutput>(&copied), TwoBlobs()).ValueOrDie();
  std::vector<int64_t> kept_rows;
  for (int64_t row = 0; row < 2000;) {
    const int64_t count = scanner->RowsWithin(row, 100 << 10).ValueOrDie();
    std::vector<bool> keep;
    for (int64_t i = row; i < row + count; ++i) {
      keep.push_back(i % 7 != 0);
      if (keep.back()) kept_rows.push_back(i);
    }
    const auto image = scanner->Read(0, row, count, keep).ValueOrDie();
    const auto mask = scanner->Read(1, row, count, keep).ValueOrDie();
    ASSERT_TRUE(image->ValidateFull().ok() && mask->ValidateFull().ok());
    arrow::Int64Builder ids;
    for (int64_t i = row; i < row + count; ++i) {
      if (i % 7 != 0) {
        ASSERT_TRUE(ids.Append(i).ok());
      }
    }
    const auto schema =
        arrow::schema({arrow::field("image", arrow::binary_view(), false), arrow::field("id", arrow::int64()),
                       arrow::field("mask", arrow::binary_view())});
    ASSERT_TRUE(
        writer->Write(*arrow::RecordBatch::Make(schema, image->length(), {image, *ids.Finish(), mask})).ok());
    row += count;
  }
  ASSERT_TRUE(writer->Close().ok());

  auto reader = parquet::arrow::OpenFile(std::make_shared<arrow::io::BufferReader>(copied),
                                         arrow::default_memory_pool())
                    .ValueOrDie();
  const auto table = reader->ReadTable().ValueOrDie();
  ASSERT_EQ(table->num_rows(), std::ssize(kept_rows));
  const auto copy = table->CombineChunksToBatch().ValueOrDie();
  for (size_t i = 0; i < kept_rows.size(); ++i) {
    for (int column = 0; column < 3; ++column) {
      ASSERT_TRUE(copy->column(column)
                      ->GetScalar(static_cast<int64_t>(i))
                      .ValueOrDie()
                      ->Equals(*rows->column(column)->GetScalar(kept_rows[i]).ValueOrDie()))
          << i << " " << column;
    }
  }
}

TEST(BlobScannerTest, ReadsEveryByteOfThePagesOnceAndNoMoreThanAsked) {
  const auto rows = RandomRows(500);
  const auto scanner =
      BlobScanner::Open(std::make_shared<arrow::io::BufferReader>(Write(*rows)), "t", {"image"}).ValueOrDie();
  for (int64_t row = 0; row < 500;) {
    const int64_t count = scanner->RowsWithin(row, 1).ValueOrDie();
    ASSERT_GE(count, 1);
    const auto views =
        std::static_pointer_cast<arrow::BinaryViewArray>(scanner->Read(0, row, count, {}).ValueOrDie());
    const auto& expected = static_cast<const arrow::BinaryArray&>(*rows->column(0));
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(views->GetView(i), expected.GetView(row + i));
    row += count;
  }
  EXPECT_EQ(CodeOf(scanner->RowsWithin(500, 1).status()), ErrorCode::kCorrupt);
}

TEST(BlobScannerTest, NamesThePageWhoseBytesChanged) {
  const auto bytes = Write(*RandomRows(300));
  std::string damaged = bytes->ToString();
  damaged[5000] = static_cast<char>(damaged[5000] ^ 1);
  const auto scanner =
      BlobScanner::Open(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(damaged)), "t",
                        {"image"})
          .ValueOrDie();
  const auto read = scanner->Read(0, 0, scanner->RowsWithin(0, 64 << 10).ValueOrDie(), {});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(CodeOf(read.status()), ErrorCode::kChecksum);
  EXPECT_THAT(read.status().message(), ::testing::HasSubstr("the page at byte 4 "));
}

TEST(BlobScannerTest, LeavesForeignFilesToOthers) {
  const auto rows = RandomRows(50);
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*arrow::Table::FromRecordBatches({rows}).ValueOrDie(),
                                         arrow::default_memory_pool(), sink, 100)
                  .ok());
  const auto foreign = sink->Finish().ValueOrDie();
  EXPECT_EQ(
      BlobScanner::Open(std::make_shared<arrow::io::BufferReader>(foreign), "t", {"image"}).ValueOrDie(),
      nullptr);
  EXPECT_EQ(
      BlobScanner::Open(std::make_shared<arrow::io::BufferReader>(Write(*rows)), "t", {"none"}).ValueOrDie(),
      nullptr);
}

}  // namespace
}  // namespace pixlake::file
