#include "file/blob/blob_reader.h"

#include <random>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "file/blob/blob_parquet_writer.h"

#include "testing/memory_output.h"

namespace pixlake::file {
namespace {

// Counts what is read.
class CountingReader : public arrow::io::RandomAccessFile {
 public:
  explicit CountingReader(const std::shared_ptr<arrow::Buffer>& buffer) : inner_(buffer) {}
  Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t size) override {
    bytes += size;
    ++reads;
    return inner_.ReadAt(position, size);
  }
  Result<int64_t> ReadAt(int64_t position, int64_t size, void* out) override {
    bytes += size;
    ++reads;
    return inner_.ReadAt(position, size, out);
  }
  Result<int64_t> Read(int64_t size, void* out) override { return inner_.Read(size, out); }
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t size) override { return inner_.Read(size); }
  Result<int64_t> GetSize() override { return inner_.GetSize(); }
  Result<int64_t> Tell() const override { return inner_.Tell(); }
  Status Seek(int64_t position) override { return inner_.Seek(position); }
  Status Close() override { return inner_.Close(); }
  bool closed() const override { return inner_.closed(); }

  int64_t bytes = 0;
  int64_t reads = 0;

 private:
  arrow::io::BufferReader inner_;
};

std::shared_ptr<arrow::BinaryArray> RandomBlobs(int rows, bool nulls) {
  std::mt19937 random(11);
  arrow::BinaryBuilder builder;
  for (int i = 0; i < rows; ++i) {
    std::string blob(random() % 2000, '\0');
    for (char& c : blob) c = static_cast<char>(random());
    EXPECT_TRUE((nulls && random() % 5 == 0 ? builder.AppendNull() : builder.Append(blob)).ok());
  }
  return std::static_pointer_cast<arrow::BinaryArray>(builder.Finish().ValueOrDie());
}

std::shared_ptr<arrow::Buffer> WriteOurs(const std::shared_ptr<arrow::BinaryArray>& blobs) {
  std::shared_ptr<arrow::Buffer> bytes;
  const auto schema = arrow::schema({arrow::field("image", arrow::binary())});
  BlobParquetOptions options;
  options.row_group_bytes = 300 << 10;
  options.page_bytes = 32 << 10;
  auto writer =
      BlobParquetWriter::Open(std::make_unique<test::MemoryOutput>(&bytes), schema, options).ValueOrDie();
  EXPECT_TRUE(writer->Write(*arrow::RecordBatch::Make(schema, blobs->length(), {blobs})).ok());
  EXPECT_TRUE(writer->Close().ok());
  return bytes;
}

void ExpectAllRows(BlobReader* reader, const arrow::BinaryArray& blobs) {
  ASSERT_EQ(reader->num_rows(), blobs.length());
  for (int64_t row = 0; row < blobs.length(); ++row) {
    const auto value = reader->Read("image", row).ValueOrDie();
    ASSERT_EQ(value == nullptr, blobs.IsNull(row)) << row;
    if (value != nullptr) {
      ASSERT_EQ(value->ToString(), blobs.GetString(row)) << row;
    }
  }
}

TEST(BlobReaderTest, GivesEveryRowOfOurFiles) {
  for (const bool nulls : {false, true}) {
    const auto blobs = RandomBlobs(1500, nulls);
    auto reader =
        BlobReader::Open(std::make_shared<arrow::io::BufferReader>(WriteOurs(blobs)), "t").ValueOrDie();
    ExpectAllRows(reader.get(), *blobs);
  }
}

TEST(BlobReaderTest, GivesEveryRowOfForeignCompressedFiles) {
  const auto blobs = RandomBlobs(300, true);
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("image", arrow::binary())}), {blobs});
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  const auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 100, properties).ok());
  auto reader = BlobReader::Open(std::make_shared<arrow::io::BufferReader>(sink->Finish().ValueOrDie()), "t")
                    .ValueOrDie();
  ExpectAllRows(reader.get(), *blobs);
}

TEST(BlobReaderTest, WithLengthsItReadsJustTheValue) {
  const auto blobs = RandomBlobs(1000, false);
  auto file = std::make_shared<CountingReader>(WriteOurs(blobs));
  auto reader = BlobReader::Open(file, "t").ValueOrDie();
  for (const int64_t row : {0, 1, 500, 999}) {
    const auto page = reader->PageOf("image", row).ValueOrDie();
    std::vector<int64_t> lengths;
    for (int64_t i = 0; i < page.count; ++i)
      lengths.push_back(static_cast<int64_t>(blobs->GetView(page.first + i).size()));
    file->bytes = file->reads = 0;
    const auto value = reader->ReadKnowingLengths("image", row, lengths).ValueOrDie();
    EXPECT_EQ(value->ToString(), blobs->GetString(row));
    EXPECT_EQ(file->reads, 1);
    EXPECT_EQ(file->bytes, 4 + value->size());
    ++lengths[static_cast<size_t>(row - page.first)];
    EXPECT_EQ(CodeOf(reader->ReadKnowingLengths("image", row, lengths).status()), ErrorCode::kCorrupt);
  }
}

// Every place a reader tells, against the bytes at it; returns how many rows had one.
int64_t ExpectPlaces(const std::shared_ptr<arrow::Buffer>& bytes, const arrow::BinaryArray& blobs,
                     const std::vector<int64_t>& lengths) {
  auto reader = BlobReader::Open(std::make_shared<arrow::io::BufferReader>(bytes), "t").ValueOrDie();
  int64_t known = 0;
  for (int64_t row = 0; row < blobs.length();) {
    const auto page = reader->PageOf("image", row).ValueOrDie();
    std::span<const int64_t> of_page(lengths);
    if (!lengths.empty())
      of_page = of_page.subspan(static_cast<size_t>(page.first), static_cast<size_t>(page.count));
    const auto places = reader->PlacesOfPage("image", row, of_page).ValueOrDie();
    for (const BlobPlace& place : places) {
      EXPECT_EQ(place.length < 0, blobs.IsNull(row)) << row;
      if (place.length >= 0) {
        EXPECT_EQ(arrow::SliceBuffer(bytes, place.offset, place.length)->ToString(), blobs.GetString(row));
      }
      ++row;
      ++known;
    }
    if (places.empty()) ++row;
  }
  return known;
}

TEST(BlobReaderTest, PlacesAreRightWhateverIsKnownOfTheLengths) {
  for (const bool nulls : {false, true}) {
    const auto blobs = RandomBlobs(1500, nulls);
    const auto bytes = WriteOurs(blobs);
    std::vector<int64_t> lengths;
    for (int64_t i = 0; i < blobs->length(); ++i)
      lengths.push_back(blobs->IsNull(i) ? -1 : static_cast<int64_t>(blobs->GetView(i).size()));
    EXPECT_EQ(ExpectPlaces(bytes, *blobs, lengths), 1500);
    EXPECT_EQ(ExpectPlaces(bytes, *blobs, {}), 1500);
    for (size_t i = 0; i < lengths.size(); i += 40) lengths[i] += 7;  // the table is wrong
    EXPECT_EQ(ExpectPlaces(bytes, *blobs, lengths), 1500);
  }
}

TEST(BlobReaderTest, PlacesOfForeignFilesAreRightOrNotTold) {
  for (const auto version : {parquet::ParquetDataPageVersion::V1, parquet::ParquetDataPageVersion::V2}) {
    for (const auto codec : {parquet::Compression::UNCOMPRESSED, parquet::Compression::SNAPPY}) {
      for (const bool nulls : {false, true}) {
        const auto blobs = RandomBlobs(600, nulls);
        const auto schema = arrow::schema({arrow::field("image", arrow::binary())});
        auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
        parquet::WriterProperties::Builder builder;
        builder.disable_dictionary()->enable_write_page_index()->data_pagesize(50000);
        builder.compression(codec)->data_page_version(version);
        ASSERT_TRUE(parquet::arrow::WriteTable(*arrow::Table::Make(schema, {blobs}),
                                               arrow::default_memory_pool(), sink, 250, builder.build())
                        .ok());
        const int64_t known = ExpectPlaces(sink->Finish().ValueOrDie(), *blobs, {});
        const bool first = version == parquet::ParquetDataPageVersion::V1;
        const bool told = codec == parquet::Compression::UNCOMPRESSED && (first || !nulls);
        EXPECT_EQ(known, told ? 600 : 0) << first << nulls;
      }
    }
  }
}

TEST(BlobReaderTest, WrongRowsAndColumnsAreNotFound) {
  auto reader =
      BlobReader::Open(std::make_shared<arrow::io::BufferReader>(WriteOurs(RandomBlobs(10, false))), "t")
          .ValueOrDie();
  EXPECT_EQ(CodeOf(reader->Read("image", 10).status()), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(reader->Read("image", -1).status()), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(reader->Read("picture", 0).status()), ErrorCode::kNotFound);
}

TEST(BlobReaderTest, DamageIsAnErrorOrARightAnswerNeverACrash) {
  const auto blobs = RandomBlobs(200, true);
  const auto bytes = WriteOurs(blobs);
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = bytes->ToString();
    // The footer and indices are where damage could mislead.
    for (int i = 0; i < 3; ++i) damaged[damaged.size() - 1 - random() % 2000] = static_cast<char>(random());
    if (round % 3 == 0) damaged.resize(damaged.size() - random() % 5000);
    auto reader =
        BlobReader::Open(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(damaged)), "t");
    if (!reader.ok()) continue;
    (void)(*reader)->Read("image", 77);
    (void)(*reader)->PlacesOfPage("image", 77, {});
  }
}

}  // namespace
}  // namespace pixlake::file
