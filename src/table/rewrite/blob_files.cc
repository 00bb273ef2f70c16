#include <algorithm>
#include <cstring>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/binary_view_util.h>
#include <fmt/format.h>
#include <parquet/exception.h>

#include "file/blob/blob_scanner.h"
#include "table/rewrite/zorder_rows_internal.h"

namespace pixlake::table {

Result<BlobFiles> BlobFiles::Open(io::Store* store, const std::vector<std::string>& paths,
                                  const std::vector<std::string>& columns) {
  BlobFiles out;
  out.paths_ = paths;
  for (const std::string& path : paths) {
    PL_ASSIGN_OR_RETURN(auto input, store->OpenInput(path));
    PL_ASSIGN_OR_RETURN(const auto scanner, file::BlobScanner::Open(input, path, columns));
    PL_ASSIGN_OR_RETURN(auto reader, file::BlobReader::Open(input, path));
    out.ours_.push_back(scanner != nullptr);
    out.inputs_.push_back(std::move(input));
    out.readers_.push_back(std::move(reader));
  }
  return out;
}

Result<std::vector<file::BlobPlace>> BlobFiles::Places(size_t file, const std::string& column) const {
  file::BlobReader* reader = readers_[file].get();
  std::vector<file::BlobPlace> out;
  while (static_cast<int64_t>(out.size()) < reader->num_rows()) {
    PL_ASSIGN_OR_RETURN(const auto places,
                        reader->PlacesOfPage(column, static_cast<int64_t>(out.size()), {}));
    if (places.empty()) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the values of column '{}' in {} cannot be found", column, paths_[file]));
    }
    out.insert(out.end(), places.begin(), places.end());
  }
  return out;
}

Result<std::shared_ptr<arrow::Array>> BlobFiles::Fetch(const arrow::Int32Array& files,
                                                       const arrow::Int64Array& offsets,
                                                       const arrow::Int64Array& lengths) const {
  const int64_t rows = files.length();
  int64_t total = 0;
  std::vector<int64_t> order;
  for (int64_t i = 0; i < rows; ++i) {
    if (lengths.Value(i) < 0) continue;
    total += 4 + lengths.Value(i);
    order.push_back(i);
  }
  // In the files' order: neighbours on the curve are often neighbours there too.
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return std::pair(files.Value(a), offsets.Value(a)) < std::pair(files.Value(b), offsets.Value(b));
  });
  PL_ASSIGN_OR_RETURN(auto bytes, arrow::AllocateBuffer(total));
  PL_ASSIGN_OR_RETURN(auto views, arrow::AllocateBuffer(rows * 16));
  std::memset(views->mutable_data(), 0, static_cast<size_t>(rows) * 16);
  PL_ASSIGN_OR_RETURN(auto valid, arrow::AllocateEmptyBitmap(std::max<int64_t>(rows, 1)));
  auto* view = reinterpret_cast<arrow::BinaryViewType::c_type*>(views->mutable_data());
  int64_t at = 0;
  for (const int64_t i : order) {
    const int64_t length = lengths.Value(i);
    uint8_t* to = bytes->mutable_data() + at;
    const auto file = static_cast<size_t>(files.Value(i));
    PL_ASSIGN_OR_RETURN(const int64_t got, inputs_[file]->ReadAt(offsets.Value(i) - 4, 4 + length, to));
    uint32_t before = 0;
    std::memcpy(&before, to, 4);
    if (got != 4 + length || int64_t{before} != length) {
      return Error(ErrorCode::kCorrupt, fmt::format("the value at byte {} of {} changed while it was copied",
                                                    offsets.Value(i), paths_[file]));
    }
    view[i] =
        arrow::util::ToBinaryView(to + 4, static_cast<int32_t>(length), 0, static_cast<int32_t>(at + 4));
    valid->mutable_data()[i / 8] |= static_cast<uint8_t>(1U << (i % 8));
    at += 4 + length;
  }
  const int64_t nulls = rows - static_cast<int64_t>(order.size());
  return std::make_shared<arrow::BinaryViewArray>(
      arrow::binary_view(), rows, std::shared_ptr<arrow::Buffer>(std::move(views)),
      arrow::BufferVector{std::shared_ptr<arrow::Buffer>(std::move(bytes))},
      nulls > 0 ? std::shared_ptr<arrow::Buffer>(std::move(valid)) : nullptr, nulls);
}

}  // namespace pixlake::table
