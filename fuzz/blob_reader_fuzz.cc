// Parquet files of any bytes: footer, page index and pages are all hostile.
#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include "file/blob/blob_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto buffer = std::make_shared<arrow::Buffer>(data, static_cast<int64_t>(size));
  auto reader = pixlake::file::BlobReader::Open(std::make_shared<arrow::io::BufferReader>(buffer), "fuzz");
  if (!reader.ok()) return 0;
  for (const int64_t row : {int64_t{0}, (*reader)->num_rows() - 1}) {
    (void)(*reader)->PageOf("image", row);
    (void)(*reader)->Read("image", row);
    const int64_t lengths[] = {3, 5};
    (void)(*reader)->ReadKnowingLengths("image", row, lengths);
  }
  return 0;
}
