#include "file/open_parquet.h"

#include <filesystem>
#include <fstream>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/uuid.h"
#include "io/local_store.h"

namespace pixlake::file {
namespace {

void WriteRows(const std::string& path, int64_t rows) {
  arrow::Int64Builder values;
  for (int64_t i = 0; i < rows; ++i) ASSERT_TRUE(values.Append(i).ok());
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("a", arrow::int64())}), {values.Finish().ValueOrDie()});
  auto out = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out).ok());
  ASSERT_TRUE(out->Close().ok());
}

// The kernel sets the time of change; only waiting makes a file settled.
void WaitUntilSettled(io::Store* store, const std::string& path) {
  while (io::VersionOf(store->OpenInput(path).ValueOrDie().get()).empty()) ::usleep(50'000);
}

std::shared_ptr<parquet::FileMetaData> Footer(io::Store* store, const std::string& path) {
  return OpenParquet(store->OpenInput(path).ValueOrDie(), parquet::default_reader_properties())->metadata();
}

TEST(OpenParquetTest, AFooterIsReadOnceUntilTheFileIsAnother) {
  const std::string path = testing::TempDir() + "/footer-" + NewUuid() + ".parquet";
  const auto store = io::MakeLocalStore();
  WriteRows(path, 10);
  EXPECT_NE(Footer(store.get(), path), Footer(store.get(), path)) << "changed only now, and kept";
  WaitUntilSettled(store.get(), path);
  const auto first = Footer(store.get(), path);
  EXPECT_EQ(first, Footer(store.get(), path));
  EXPECT_EQ(first->num_rows(), 10);
  // Written over: same name, same inode.
  WriteRows(path, 20);
  EXPECT_EQ(Footer(store.get(), path)->num_rows(), 20);
  WaitUntilSettled(store.get(), path);
  EXPECT_EQ(Footer(store.get(), path)->num_rows(), 20);
  // Replaced, with the size and time of modification of the old one.
  WriteRows(path + ".new", 20);
  struct stat old {};
  ASSERT_EQ(::stat(path.c_str(), &old), 0);
  const timespec times[2] = {old.st_mtim, old.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (path + ".new").c_str(), times, 0), 0);
  const auto before = Footer(store.get(), path);
  std::filesystem::rename(path + ".new", path);
  EXPECT_NE(Footer(store.get(), path), before);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace pixlake::file
