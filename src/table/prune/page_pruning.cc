#include <algorithm>

#include <arrow/scalar.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

#include "table/prune/page_pruning_internal.h"

namespace pixlake::table {
namespace {

// What the index says of one page.
ValueRange RangeOf(const parquet::ColumnDescriptor& column, const parquet::ColumnIndex& index, size_t page,
                   int64_t rows) {
  ValueRange range;
  range.num_rows = rows;
  // As of row groups: bounds of texts may be shortened.
  range.loose = column.physical_type() == parquet::Type::BYTE_ARRAY;
  if (index.has_null_counts()) range.null_count = index.null_counts()[page];
  if (index.null_pages()[page]) {
    range.null_count = rows;
    return range;
  }
  const auto statistics = parquet::Statistics::Make(&column, index.encoded_min_values()[page],
                                                    index.encoded_max_values()[page], rows, 0, 0,
                                                    /*has_min_max=*/true, false, false);
  if (!parquet::arrow::StatisticsAsScalars(*statistics, &range.min, &range.max).ok()) {
    range.min = range.max = nullptr;
  }
  return range;
}

// One entry a page in all lists, pages that follow one another.
bool MakesSense(const parquet::ColumnIndex& index, const std::vector<parquet::PageLocation>& pages,
                int64_t rows) {
  const size_t count = pages.size();
  if (count == 0 || pages[0].first_row_index != 0 || index.null_pages().size() != count ||
      index.encoded_min_values().size() != count || index.encoded_max_values().size() != count ||
      (index.has_null_counts() && index.null_counts().size() != count)) {
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    const int64_t next = i + 1 < count ? pages[i + 1].first_row_index : rows;
    if (next <= pages[i].first_row_index) return false;
  }
  return true;
}

void Append(RowRange range, std::vector<RowRange>* ranges) {
  if (!ranges->empty() && ranges->back().first + ranges->back().count == range.first) {
    ranges->back().count += range.count;
  } else {
    ranges->push_back(range);
  }
}

// The rows of both.
std::vector<RowRange> Intersection(const std::vector<RowRange>& a, const std::vector<RowRange>& b) {
  std::vector<RowRange> both;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const int64_t end_a = a[i].first + a[i].count, end_b = b[j].first + b[j].count;
    const int64_t first = std::max(a[i].first, b[j].first), end = std::min(end_a, end_b);
    if (first < end) Append({first, end - first}, &both);
    (end_a < end_b ? i : j) += 1;
  }
  return both;
}

// The rows of either.
std::vector<RowRange> Union(const std::vector<RowRange>& a, const std::vector<RowRange>& b) {
  std::vector<RowRange> either;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    const bool from_a = j == b.size() || (i < a.size() && a[i].first <= b[j].first);
    const RowRange next = from_a ? a[i++] : b[j++];
    if (either.empty() || either.back().first + either.back().count < next.first) {
      either.push_back(next);
    } else {
      const int64_t end = std::max(either.back().first + either.back().count, next.first + next.count);
      either.back().count = end - either.back().first;
    }
  }
  return either;
}

std::vector<RowRange> RowsOf(parquet::RowGroupPageIndexReader* indexes,
                             const parquet::ColumnDescriptor& column, int64_t rows, const BoundTest& test,
                             int leaf) {
  const std::vector<RowRange> all = {{0, rows}};
  const bool ordered = column.sort_order() != parquet::SortOrder::UNKNOWN;
  if (!ordered || column.max_repetition_level() != 0) return all;
  const auto index = indexes->GetColumnIndex(leaf);
  const auto offsets = index == nullptr ? nullptr : indexes->GetOffsetIndex(leaf);
  if (offsets == nullptr || !MakesSense(*index, offsets->page_locations(), rows)) return all;
  const auto& pages = offsets->page_locations();
  std::vector<RowRange> kept;
  for (size_t i = 0; i < pages.size(); ++i) {
    const int64_t next = i + 1 < pages.size() ? pages[i + 1].first_row_index : rows;
    const int64_t count = next - pages[i].first_row_index;
    if (MayMatch(test, RangeOf(column, *index, i, count))) Append({pages[i].first_row_index, count}, &kept);
  }
  return kept;
}

}  // namespace

std::vector<RowRange> RowsThatMayMatch(parquet::ParquetFileReader* file, int row_group,
                                       const FilePredicate& predicate) {
  using Rows = std::vector<RowRange>;
  const auto metadata = file->metadata();
  const int64_t rows = metadata->RowGroup(row_group)->num_rows();
  const Rows all = {{0, rows}};
  if (predicate.predicate->is_every_row()) return all;
  try {
    const auto reader = file->GetPageIndexReader();
    const auto indexes = reader == nullptr ? nullptr : reader->RowGroup(row_group);
    if (indexes == nullptr) return all;
    return predicate.predicate->Fold<Rows>(
        {all, {}, {}},
        [&](size_t i) -> Rows {
          const BoundTest& test = predicate.predicate->tests()[i];
          const TestPlace& place = predicate.places[i];
          if (place.kind == TestPlace::Kind::kUnknown) return all;
          if (place.kind == TestPlace::Kind::kConstant) return MayMatch(test, place.constant) ? all : Rows{};
          return RowsOf(indexes.get(), *metadata->schema()->Column(place.leaf), rows, test, place.leaf);
        },
        Intersection, Union);
  } catch (const parquet::ParquetException&) {
    return all;  // an index only ever skips; a damaged one is none
  }
}

}  // namespace pixlake::table
