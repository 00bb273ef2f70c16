#include "file/open_parquet.h"

#include <string>
#include <utility>

#include <arrow/io/interfaces.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "base/memory/byte_lru.h"
#include "io/store.h"

namespace pixlake::file {
namespace {

constexpr int64_t kMostBytes = int64_t{32} << 20;
// A footer in memory, for each byte it has in the file: strings and vectors for every chunk.
constexpr int64_t kParsedBytes = 8;

ByteLru<parquet::FileMetaData>& Footers() {
  static auto* const footers = new ByteLru<parquet::FileMetaData>(kMostBytes);
  return *footers;
}

}  // namespace

std::unique_ptr<parquet::ParquetFileReader> OpenParquet(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                                        const parquet::ReaderProperties& properties) {
  const std::string version = io::VersionOf(file.get());
  if (version.empty()) return parquet::ParquetFileReader::Open(std::move(file), properties);
  if (const auto footer = Footers().Find(version); footer != nullptr) {
    // Shared by readers on several threads, none of which changes it: Open wants it mutable
    // for encrypted files only, which are not kept.
    return parquet::ParquetFileReader::Open(std::move(file), properties,
                                            std::const_pointer_cast<parquet::FileMetaData>(footer));
  }
  auto reader = parquet::ParquetFileReader::Open(std::move(file), properties);
  const auto footer = reader->metadata();
  if (!footer->is_encryption_algorithm_set()) Footers().Put(version, footer, footer->size() * kParsedBytes);
  return reader;
}

CacheLoan LendToFooters(int64_t bytes) {
  return Footers().Lend(bytes);
}

}  // namespace pixlake::file
