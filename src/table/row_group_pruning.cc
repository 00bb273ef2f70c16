#include <algorithm>

#include <arrow/scalar.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "table/row_group_pruning_internal.h"

namespace pixlake::table {
namespace {

bool IsBytes(const parquet::ColumnDescriptor& column) {
  return column.physical_type() == parquet::Type::BYTE_ARRAY;
}

ValueRange RangeOf(const parquet::RowGroupMetaData& row_group, int leaf) {
  ValueRange range;
  range.num_rows = row_group.num_rows();
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
bool IsTextOf(const parquet::ColumnDescriptor& column, const std::shared_ptr<arrow::Scalar>& value) {
  return value != nullptr && value->is_valid && arrow::is_base_binary_like(value->type->id()) &&
         column.physical_type() == parquet::Type::BYTE_ARRAY && column.max_repetition_level() == 0;
}

bool FilterMayMatch(parquet::ParquetFileReader* file, const parquet::RowGroupMetaData& group, int row_group,
                    const BoundComparison& bound) {
  const Comparison& comparison = bound.comparison;
  const bool equal = comparison.op == CompareOp::kEq || comparison.op == CompareOp::kIn;
  if (bound.leaf < 0 || !equal || comparison.values.empty()) return true;
  const auto chunk = group.ColumnChunk(bound.leaf);
  if (!chunk->bloom_filter_offset().has_value()) return true;
  const parquet::ColumnDescriptor& column = *group.schema()->Column(bound.leaf);
  for (const auto& value : comparison.values) {
    if (!IsTextOf(column, value)) return true;
  }
  std::unique_ptr<parquet::BloomFilter> filter;
  try {
    const auto reader = file->GetBloomFilterReader().RowGroup(row_group);
    filter = reader == nullptr ? nullptr : reader->GetColumnBloomFilter(bound.leaf);
  } catch (const parquet::ParquetException&) {
    return true;  // a filter only ever skips; a damaged one is none
  }
  if (filter == nullptr) return true;
  return std::any_of(comparison.values.begin(), comparison.values.end(), [&](const auto& value) {
    return filter->FindHash(filter->Hash(static_cast<const arrow::BaseBinaryScalar&>(*value).view()));
  });
}

}  // namespace

bool BindComparison(const Comparison& comparison, const std::vector<FieldMatch>& fields,
                    BoundComparison* out) {
  out->comparison = comparison;
  const std::vector<FieldMatch>* level = &fields;
  for (size_t depth = 0; depth < comparison.column.size(); ++depth) {
    const auto match = std::find_if(level->begin(), level->end(), [&](const FieldMatch& candidate) {
      return candidate.field->name() == comparison.column[depth];
    });
    if (match == level->end()) return false;
    const bool last = depth + 1 == comparison.column.size();
    if (last && match->found != nullptr && match->found->is_leaf()) {
      out->leaf = match->found->column_index;
      out->char_length = match->char_length;
      return true;
    }
    if (match->found == nullptr) {
      *out = BindConstant(comparison, nullptr);
      return true;
    }
    if (match->field->type()->id() != arrow::Type::STRUCT) return false;
    level = &match->children;
  }
  return false;
}

BoundComparison BindConstant(const Comparison& comparison, const std::shared_ptr<arrow::Scalar>& value) {
  const bool is_null = value == nullptr || !value->is_valid;
  // Every row is like this one.
  ValueRange range{is_null ? nullptr : value, is_null ? nullptr : value, is_null ? 1 : 0, 1};
  return BoundComparison{comparison, -1, std::move(range)};
}

bool RowGroupMayMatch(parquet::ParquetFileReader* file, int row_group,
                      const std::vector<BoundComparison>& comparisons) {
  if (comparisons.empty()) return true;
  const auto metadata = file->metadata();
  const auto group = metadata->RowGroup(row_group);
  const auto ranges_match = [&](const BoundComparison& bound) {
    if (bound.leaf < 0) return MayMatch(bound.comparison, bound.constant);
    // Writers may shorten the bounds of texts, so equal bounds do not mean equal values.
    if (bound.comparison.op == CompareOp::kNe && IsBytes(*metadata->schema()->Column(bound.leaf)))
      return true;
    return MayMatch(bound.comparison, RangeOf(*group, bound.leaf));
  };
  // Filters have to be read, statistics are at hand.
  return std::all_of(comparisons.begin(), comparisons.end(), ranges_match) &&
         std::all_of(comparisons.begin(), comparisons.end(), [&](const BoundComparison& bound) {
           return FilterMayMatch(file, *group, row_group, bound);
         });
}

}  // namespace pixlake::table
