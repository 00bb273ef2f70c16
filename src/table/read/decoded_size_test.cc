#include <cstdlib>
#include <filesystem>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "io/location.h"
#include "table/scan.h"

namespace pixlake::table {
namespace {

namespace fs = std::filesystem;

// One image of 100 KB, 5,000 rows that name it: 200 KB of file, 500 MB decoded.
TEST(DecodedSizeTest, ADictionaryOfLargeValuesDoesNotMakeBatchesLarge) {
  std::string pattern = (fs::temp_directory_path() / "pixlake_dictionary_XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const auto folder = io::Locate(pattern).ValueOrDie();
  const auto schema = arrow::schema({arrow::field("image", arrow::binary())});
  arrow::BinaryDictionary32Builder builder;
  const std::string image(100000, 'x');
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(builder.Append(i % 10 == 0 ? "small" : image).ok());
  const auto column = builder.Finish().ValueOrDie();
  const auto table = arrow::Table::Make(arrow::schema({arrow::field("image", column->type())}), {column});
  for (const auto level : {parquet::SizeStatisticsLevel::None, parquet::SizeStatisticsLevel::ColumnChunk}) {
    const std::string path = folder.Child("dictionary.parquet");
    auto out = arrow::io::FileOutputStream::Open(path).ValueOrDie();
    const auto properties = parquet::WriterProperties::Builder().set_size_statistics_level(level)->build();
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 5000, properties).ok());
    ASSERT_TRUE(out->Close().ok());
    ASSERT_LT(fs::file_size(path), 1 << 20);
    ScanPlan plan;
    plan.table_schema = plan.output_schema = schema;
    plan.mapping = {{"image", -1, {}}};
    plan.batch_bytes = 1 << 20;
    ScanTask task;
    task.path = path;
    const int64_t before = arrow::default_memory_pool()->bytes_allocated();
    const auto reader = ReadTask(folder.store, plan, task).ValueOrDie();
    int64_t rows = 0;
    while (true) {
      const auto batch = reader->Next().ValueOrDie();
      if (batch == nullptr) break;
      rows += batch->num_rows();
      EXPECT_LT(arrow::default_memory_pool()->bytes_allocated() - before, 16 << 20);
    }
    EXPECT_EQ(rows, 5000);
  }
  fs::remove_all(folder.path);
}

}  // namespace
}  // namespace pixlake::table
