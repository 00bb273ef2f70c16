// Lists in memory: no bytes may crash the reader, and every row has a url or says what is wrong.
#include <cstdlib>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include "file/list/url_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pixlake;
  const auto bytes = std::make_shared<arrow::Buffer>(data, static_cast<int64_t>(size));
  const auto reader = file::UrlListReader::Open(std::make_shared<arrow::io::BufferReader>(bytes), "list", {});
  if (!reader.ok()) return 0;
  std::vector<file::UrlListRow> rows;
  while (true) {
    const auto more = (*reader)->Next(&rows);
    if (!more.ok() || !*more) break;
    // Far more than the text could hold: something is given twice.
    if (rows.size() > (size_t{64} << 20)) std::abort();
  }
  for (const file::UrlListRow& row : rows) {
    if (row.url.empty() && row.problem.empty()) std::abort();
  }
  return 0;
}
