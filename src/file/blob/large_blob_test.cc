#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <sys/mman.h>

#include "file/blob/blob_parquet_writer.h"
#include "file/blob/blob_reader.h"
#include "io/location.h"

namespace pixlake::file {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMiB = 1 << 20;

int64_t AnonymousMemory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t kib = 0;
    if (word == "RssAnon:" && status >> kib) return kib * 1024;
  }
  return 0;
}

// The most anonymous memory while it lives, above what there was.
class PeakMemory {
 public:
  PeakMemory() : before_(AnonymousMemory()), sampler_([this] { Sample(); }) {}
  int64_t Growth() {
    done_ = true;
    sampler_.join();
    return peak_ - before_;
  }

 private:
  void Sample() {
    while (!done_) {
      peak_ = std::max(peak_.load(), AnonymousMemory());
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  const int64_t before_;
  std::atomic<int64_t> peak_ = 0;
  std::atomic<bool> done_ = false;
  std::thread sampler_;
};

class LargeBlobTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_large_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = io::Locate(pattern, io::LocalOptions{.sync = false}).ValueOrDie();
  }
  void TearDown() override { fs::remove_all(folder_.path); }

  std::unique_ptr<BlobParquetWriter> Open(const BlobParquetOptions& options) const {
    return BlobParquetWriter::Open(folder_.store->Create(Path()).ValueOrDie(), kSchema, options).ValueOrDie();
  }
  std::string Path() const { return folder_.Child("data.parquet"); }
  std::unique_ptr<BlobReader> Reader() const {
    return BlobReader::Open(arrow::io::ReadableFile::Open(Path()).ValueOrDie(), "t").ValueOrDie();
  }

  // A sparse file of zeros with a mark at its end, mapped.
  std::shared_ptr<arrow::Buffer> Mapped(int64_t size) const {
    const std::string path = folder_.Child("sparse");
    std::ofstream(path) << "";
    fs::resize_file(path, static_cast<uintmax_t>(size) - 4);
    std::ofstream(path, std::ios::app) << "last";
    return arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ)
        .ValueOrDie()
        ->ReadAt(0, size)
        .ValueOrDie();
  }

  // Rows that share `bytes` evenly.
  static std::shared_ptr<arrow::RecordBatch> Rows(const std::shared_ptr<arrow::Buffer>& bytes, int rows) {
    arrow::Int32Builder offsets;
    arrow::StringBuilder names;
    for (int i = 0; i <= rows; ++i) {
      EXPECT_TRUE(offsets.Append(static_cast<int32_t>(bytes->size() / rows * i)).ok());
      if (i < rows) {
        EXPECT_TRUE(names.Append("image " + std::to_string(i)).ok());
      }
    }
    const auto places = std::static_pointer_cast<arrow::Int32Array>(offsets.Finish().ValueOrDie());
    const auto blobs = std::make_shared<arrow::BinaryArray>(rows, places->values(), bytes);
    return arrow::RecordBatch::Make(kSchema, rows, {names.Finish().ValueOrDie(), blobs});
  }

  static inline const auto kSchema =
      arrow::schema({arrow::field("name", arrow::utf8()), arrow::field("image", arrow::binary())});
  io::Location folder_;
};

TEST_F(LargeBlobTest, OutOfAnMmapItTakesNoMemory) {
  const int64_t size = 700 * kMiB;
  const auto batch = Rows(Mapped(size), 1);
  BlobParquetOptions options;
  options.row_group_bytes = 16 * kMiB;
  auto writer = Open(options);
  PeakMemory memory;
  ASSERT_EQ(writer->Write(*batch), Status::OK());
  ASSERT_EQ(writer->Close().status(), Status::OK());
  const int64_t growth = memory.Growth();
#ifdef __SANITIZE_THREAD__  // whose shadow takes four bytes for every byte that is read
  const int64_t shadow = 5 * size;
#else
  const int64_t shadow = 0;
#endif
  EXPECT_LT(growth, 64 * kMiB + shadow);
  const auto value = Reader()->Read("image", 0).ValueOrDie();
  ASSERT_EQ(value->size(), size);
  EXPECT_EQ(arrow::SliceBuffer(value, size - 4)->ToString(), "last");
}

TEST_F(LargeBlobTest, BetweenSmallOnesEveryRowKeepsItsPlace) {
  BlobParquetOptions options;
  options.row_group_bytes = kMiB;
  auto writer = Open(options);
  std::string bytes(static_cast<size_t>(5 * kMiB), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  const auto large = arrow::Buffer::FromString(bytes);
  const auto small = arrow::SliceBuffer(large, 0, 1000);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (const int rows : {3, 1, 4, 40, 900, 7}) {
    batches.push_back(Rows(rows == 3 || rows == 7 ? small : large, rows));
    ASSERT_EQ(writer->Write(*batches.back()), Status::OK());
  }
  ASSERT_EQ(writer->Close().status(), Status::OK());
  const auto file = arrow::io::ReadableFile::Open(Path()).ValueOrDie();
  parquet::arrow::FileReaderBuilder builder;
  parquet::ReaderProperties properties;
  properties.set_page_checksum_verification(true);  // Arrow judges our checksums
  ASSERT_TRUE(builder.Open(file, properties).ok());
  const auto read = builder.Build().ValueOrDie()->ReadTable().ValueOrDie();
  const auto expected = arrow::Table::FromRecordBatches(batches).ValueOrDie();
  ASSERT_TRUE(read->ValidateFull().ok());
  EXPECT_TRUE(read->Equals(*expected));
  const auto metadata = parquet::ParquetFileReader::OpenFile(Path())->metadata();
  EXPECT_EQ(metadata->RowGroup(0)->num_rows(), 3);  // what waited is closed first
  EXPECT_EQ(metadata->RowGroup(1)->num_rows(), 1);
}

TEST_F(LargeBlobTest, MoreThanOneGibibyteIsRefusedAndNothingElseLost) {
  auto writer = Open({});
  ASSERT_EQ(writer->Write(*Rows(arrow::Buffer::FromString("abc"), 1)), Status::OK());
  const Status refused = writer->Write(*Rows(Mapped(1024 * kMiB + 1), 1));
  EXPECT_EQ(CodeOf(refused), ErrorCode::kUsage) << refused.ToString();
  ASSERT_EQ(writer->Write(*Rows(arrow::Buffer::FromString("def"), 1)), Status::OK());
  ASSERT_EQ(writer->Close().status(), Status::OK());
  EXPECT_EQ(Reader()->num_rows(), 2);
  EXPECT_EQ(Reader()->Read("image", 1).ValueOrDie()->ToString(), "def");
}

}  // namespace
}  // namespace pixlake::file
