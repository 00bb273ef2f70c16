#include <algorithm>

#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "table/prune/row_group_pruning_internal.h"

namespace pixlake::table {
namespace {

bool IsBytes(const parquet::ColumnDescriptor& column) {
  return column.physical_type() == parquet::Type::BYTE_ARRAY;
}

ValueRange RangeOf(const parquet::RowGroupMetaData& row_group, int leaf) {
  ValueRange range;
  range.num_rows = row_group.num_rows();
  range.loose = IsBytes(*row_group.schema()->Column(leaf));
  const auto chunk = row_group.ColumnChunk(leaf);
  if (!chunk->is_stats_set()) return range;
  const auto statistics = chunk->statistics();
  if (statistics == nullptr) return range;
  if (statistics->HasNullCount()) range.null_count = statistics->null_count();
  if (statistics->HasMinMax()) {
    const Status typed = parquet::arrow::StatisticsAsScalars(*statistics, &range.min, &range.max);
    if (!typed.ok()) range.min = range.max = nullptr;
  }
  return range;
}

// Texts alone: their bytes are what is hashed, whoever wrote the filter.
bool IsTextOf(const parquet::ColumnDescriptor& column, const OrderedValue& value) {
  return value.kind == OrderedValue::Kind::kBytes && IsBytes(column) && column.max_repetition_level() == 0;
}

// Whether the bloom filter, if there is one, lets any of the values be in the row group.
bool FilterMayMatch(parquet::ParquetFileReader* file, const parquet::RowGroupMetaData& group, int row_group,
                    const BoundTest& test, int leaf) {
  const bool equal = test.op == CompareOp::kEq || test.op == CompareOp::kIn;
  if (!equal || test.values.empty()) return true;
  if (!group.ColumnChunk(leaf)->bloom_filter_offset().has_value()) return true;
  const parquet::ColumnDescriptor& column = *group.schema()->Column(leaf);
  for (const OrderedValue& value : test.values) {
    if (!IsTextOf(column, value)) return true;
  }
  std::unique_ptr<parquet::BloomFilter> filter;
  try {
    const auto reader = file->GetBloomFilterReader().RowGroup(row_group);
    filter = reader == nullptr ? nullptr : reader->GetColumnBloomFilter(leaf);
  } catch (const parquet::ParquetException&) {
    return true;  // a filter only ever skips; a damaged one is none
  }
  if (filter == nullptr) return true;
  return std::any_of(test.values.begin(), test.values.end(),
                     [&](const OrderedValue& value) { return filter->FindHash(filter->Hash(value.bytes)); });
}

}  // namespace

TestPlace PlaceOf(const BoundTest& test, const FieldMatch& match) {
  TestPlace place;
  const FieldMatch* at = &match;
  for (size_t depth = 1; depth < test.path.size() && at->found != nullptr; ++depth) {
    const auto child = static_cast<size_t>(test.path[depth]);
    if (at->field->type()->id() != arrow::Type::STRUCT || child >= at->children.size()) return place;
    at = &at->children[child];
  }
  if (at->found == nullptr) {
    place.kind = TestPlace::Kind::kConstant;
    place.constant = ValueRange::Of(nullptr);
  } else if (at->found->is_leaf() && static_cast<int>(at->field->type()->num_fields()) == 0) {
    place.kind = TestPlace::Kind::kLeaf;
    place.leaf = at->found->column_index;
    place.char_length = at->char_length;
  }
  return place;
}

bool RowGroupMayMatch(parquet::ParquetFileReader* file, int row_group, const FilePredicate& predicate) {
  if (predicate.predicate->is_every_row()) return true;
  const auto group = file->metadata()->RowGroup(row_group);
  const std::vector<BoundTest>& tests = predicate.predicate->tests();
  const auto range_matches = [&](size_t i) {
    const TestPlace& place = predicate.places[i];
    if (place.kind == TestPlace::Kind::kUnknown) return true;
    return MayMatch(tests[i],
                    place.kind == TestPlace::Kind::kLeaf ? RangeOf(*group, place.leaf) : place.constant);
  };
  // Filters have to be read, statistics are at hand.
  return predicate.predicate->MayMatch(range_matches) && predicate.predicate->MayMatch([&](size_t i) {
    const TestPlace& place = predicate.places[i];
    return range_matches(i) && (place.kind != TestPlace::Kind::kLeaf ||
                                FilterMayMatch(file, *group, row_group, tests[i], place.leaf));
  });
}

}  // namespace pixlake::table
