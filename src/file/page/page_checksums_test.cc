#include "file/page/page_checksums.h"

#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "file/blob/blob_parquet_writer.h"
#include "file/blob/blob_reader.h"
#include "file/page/page_header_internal.h"

#include "testing/memory_output.h"

namespace pixlake::file {
namespace {

std::shared_ptr<arrow::RecordBatch> Rows() {
  std::mt19937 random(7);
  arrow::BinaryBuilder blobs;
  arrow::StringBuilder names;
  for (int i = 0; i < 300; ++i) {
    std::string blob(random() % 20000, '\0');
    for (char& c : blob) c = static_cast<char>(random());
    EXPECT_TRUE((i % 5 == 0 ? blobs.AppendNull() : blobs.Append(blob)).ok());
    EXPECT_TRUE(names.Append("name " + std::to_string(i)).ok());
  }
  const auto schema =
      arrow::schema({arrow::field("name", arrow::utf8()), arrow::field("image", arrow::binary())});
  return arrow::RecordBatch::Make(schema, 300, {names.Finish().ValueOrDie(), blobs.Finish().ValueOrDie()});
}

std::string OurFile() {
  std::shared_ptr<arrow::Buffer> bytes;
  BlobParquetOptions options;
  options.page_bytes = 64 << 10;
  options.row_group_bytes = 700 << 10;
  const auto rows = Rows();
  auto writer = BlobParquetWriter::Open(std::make_unique<test::MemoryOutput>(&bytes), rows->schema(), options)
                    .ValueOrDie();
  EXPECT_TRUE(writer->Write(*rows).ok());
  EXPECT_TRUE(writer->Close().ok());
  return bytes->ToString();
}

Result<CheckedPages> Check(const std::string& bytes) {
  arrow::io::BufferReader file(arrow::Buffer::FromString(bytes));
  return CheckPages(&file, "t");
}

// Where the pages of the columns end and the indexes and the footer begin.
size_t EndOfPages(const std::string& bytes) {
  const auto reader = parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
  const auto last = reader->metadata()->RowGroup(reader->metadata()->num_row_groups() - 1)->ColumnChunk(1);
  return static_cast<size_t>(last->data_page_offset() + last->total_compressed_size());
}

TEST(PageChecksumsTest, EveryPageOfOursHasOneAndAllAgree) {
  const CheckedPages checked = Check(OurFile()).ValueOrDie();
  EXPECT_GT(checked.pages, 40);
  EXPECT_EQ(checked.without_checksum, 0);
  EXPECT_GT(checked.bytes, 2 << 20);
}

TEST(PageChecksumsTest, AnyFlippedByteOfAPageIsFound) {
  std::string bytes = OurFile();
  const size_t end = EndOfPages(bytes);
  for (size_t at = 4; at < end; at += 9973) {
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    const Status status = Check(bytes).status();
    EXPECT_FALSE(status.ok()) << at;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
  }
}

TEST(PageChecksumsTest, AReaderOfOneValueFindsItToo) {
  std::string bytes = OurFile();
  bytes[EndOfPages(bytes) - 3] ^= 0x01;
  const auto file = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
  const auto reader = BlobReader::Open(file, "t").ValueOrDie();
  EXPECT_FALSE(reader->Read("image", 299).ok());
  EXPECT_TRUE(reader->Read("image", 1).ok());
}

TEST(PageChecksumsTest, FilesWithoutThemAreCheckedForTheirPagesAlone) {
  const auto table = arrow::Table::FromRecordBatches({Rows()}).ValueOrDie();
  for (const bool checksums : {false, true}) {
    auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
    parquet::WriterProperties::Builder builder;
    builder.compression(parquet::Compression::SNAPPY)->data_page_version(parquet::ParquetDataPageVersion::V2);
    if (checksums) builder.enable_page_checksum();
    ASSERT_TRUE(
        parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 100, builder.build()).ok());
    const CheckedPages checked = Check(sink->Finish().ValueOrDie()->ToString()).ValueOrDie();
    EXPECT_GT(checked.pages, 0);
    EXPECT_EQ(checked.without_checksum, checksums ? 0 : checked.pages);
  }
}

TEST(PageChecksumsTest, HeadersThatAreNoneAreRefused) {
  std::mt19937 random(5);
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> bytes(random() % 60);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : random() % 32);
    const auto header = ParsePageHeader(bytes);
    if (header.ok()) {
      EXPECT_LE(header->header_size, static_cast<int64_t>(bytes.size()));
    }
  }
  const std::string whole = EncodeBlobPageHeader(3, 1000, 0xdeadbeef);
  const auto* data = reinterpret_cast<const uint8_t*>(whole.data());
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(ParsePageHeader({data, size}).ok());
  const PageHeader header = ParsePageHeader({data, whole.size()}).ValueOrDie();
  EXPECT_EQ(header.page_size, 1000);
  EXPECT_EQ(header.crc, 0xdeadbeef);
}

}  // namespace
}  // namespace pixlake::file
