#include <algorithm>
#include <cstring>
#include <optional>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <parquet/column_reader.h>

#include "file/blob/blob_places_internal.h"
#include "file/page/page_header_internal.h"

namespace pixlake::file {
namespace {

constexpr int64_t kHeaderBytes = 1 << 10;
// Pages of more rows, of fewer bytes and of values this small are read whole, others length
// by length.
constexpr int64_t kFewRows = 8;
constexpr int64_t kFewBytes = 4 << 20;
constexpr int64_t kSmallValue = 16 << 10;

// What stands before a page's values.
struct Front {
  int64_t values = 0;         // where they start, in the file
  std::vector<int16_t> rows;  // definition levels; empty when the column has none
};

Status Contradiction(const char* what) {
  return Error(ErrorCode::kCorrupt, what);
}

Result<std::shared_ptr<arrow::Buffer>> ReadExactly(arrow::io::RandomAccessFile* file, int64_t offset,
                                                   int64_t size) {
  PL_ASSIGN_OR_RETURN(auto bytes, file->ReadAt(offset, size));
  if (bytes->size() != size) return Contradiction("the file ends inside the page");
  return bytes;
}

// Parquet format, "Data Pages": header, levels (RLE behind a length of 4 bytes), values.
// nullopt for a page that is not of version 1.
Result<std::optional<Front>> ReadFront(arrow::io::RandomAccessFile* file, const BlobPage& page, int most) {
  PL_ASSIGN_OR_RETURN(auto bytes, ReadExactly(file, page.offset, std::min(page.size, kHeaderBytes)));
  const auto span = [&] { return std::span(bytes->data(), static_cast<size_t>(bytes->size())); };
  PL_ASSIGN_OR_RETURN(const PageHeader header, ParsePageHeader(span()));
  if (header.header_size + header.page_size != page.size)
    return Contradiction("the page's header and the page index disagree");
  if (header.type != 0 || most > 1) return std::optional<Front>();
  Front front;
  front.values = page.offset + header.header_size;
  if (most == 0) return std::optional(std::move(front));
  if (header.page_size < 4) return Contradiction("the page has no room for its levels");
  PL_ASSIGN_OR_RETURN(bytes, ReadExactly(file, front.values, 4));
  const int64_t size = 4 + int64_t{LittleEndian32(bytes->data())};
  if (size > header.page_size) return Contradiction("the levels are longer than their page");
  PL_ASSIGN_OR_RETURN(bytes, ReadExactly(file, front.values, size));
  front.rows.resize(static_cast<size_t>(page.rows));
  parquet::LevelDecoder decoder;
  decoder.SetData(parquet::Encoding::RLE, 1, static_cast<int>(page.rows), bytes->data(),
                  static_cast<int32_t>(size));
  if (decoder.Decode(static_cast<int>(page.rows), front.rows.data()) != static_cast<int>(page.rows))
    return Contradiction("the page has fewer levels than rows");
  front.values += size;
  return std::optional(std::move(front));
}

// Follows the lengths that stand before the values.
Status FollowLengths(arrow::io::RandomAccessFile* file, const BlobPage& page, int64_t start,
                     const std::vector<int16_t>& levels, std::vector<BlobPlace>* places) {
  const int64_t end = page.offset + page.size;
  std::shared_ptr<arrow::Buffer> whole;
  if (page.rows > kFewRows && end - start <= kFewBytes && (end - start) / page.rows <= kSmallValue) {
    PL_ASSIGN_OR_RETURN(whole, ReadExactly(file, start, end - start));
  }
  int64_t at = start;
  for (size_t i = 0; i < places->size(); ++i) {
    if (!levels.empty() && levels[i] == 0) continue;
    if (at + 4 > end) return Contradiction("the page ends before its last value");
    int64_t length = 0;
    if (whole != nullptr) {
      length = LittleEndian32(whole->data() + (at - start));
    } else {
      PL_ASSIGN_OR_RETURN(const auto bytes, ReadExactly(file, at, 4));
      length = LittleEndian32(bytes->data());
    }
    if (length > end - at - 4) return Contradiction("a value is longer than its page");
    (*places)[i] = {at + 4, length};
    at += 4 + length;
  }
  return at == end ? Status::OK() : Contradiction("bytes are left behind the page's last value");
}

// From the lengths alone; false when they cannot be those of the page.
bool Add(const BlobPage& page, std::span<const int64_t> lengths, std::vector<BlobPlace>* places) {
  if (page.value_bytes < 0 || static_cast<int64_t>(lengths.size()) != page.rows) return false;
  int64_t at = StartOfValues(page, lengths);
  if (at < 0 || page.offset + page.size - at != page.value_bytes + 4 * page.rows) return false;
  for (size_t i = 0; i < lengths.size(); ++i) {
    (*places)[i] = {at + 4, lengths[i]};
    at += 4 + lengths[i];
  }
  return true;
}

}  // namespace

Result<std::vector<BlobPlace>> FindPlaces(arrow::io::RandomAccessFile* file, const BlobPage& page,
                                          const PageLevels& levels, std::span<const int64_t> lengths) {
  // Every row takes a bit of a level or four bytes of a length, or else stands for nothing.
  if (page.rows > std::max<int64_t>(8 * page.size, 1 << 20))
    return Contradiction("the page has fewer bytes than its rows need");
  std::vector<BlobPlace> places(static_cast<size_t>(page.rows));
  if (levels.dense && Add(page, lengths, &places)) return places;
  if (levels.dense && page.value_bytes >= 0) {
    const int64_t values = page.value_bytes + 4 * page.rows;
    if (values > page.size) return Contradiction("the page index says more bytes than the page has");
    PL_RETURN_NOT_OK(FollowLengths(file, page, page.offset + page.size - values, {}, &places));
    return places;
  }
  PL_ASSIGN_OR_RETURN(const auto front, ReadFront(file, page, levels.most));
  if (!front) return std::vector<BlobPlace>();
  PL_RETURN_NOT_OK(FollowLengths(file, page, front->values, front->rows, &places));
  return places;
}

}  // namespace pixlake::file
