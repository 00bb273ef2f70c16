#include <algorithm>

#include <arrow/scalar.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
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

bool RowGroupMayMatch(const parquet::FileMetaData& metadata, int row_group,
                      const std::vector<BoundComparison>& comparisons) {
  if (comparisons.empty()) return true;
  const auto group = metadata.RowGroup(row_group);
  return std::all_of(comparisons.begin(), comparisons.end(), [&](const BoundComparison& bound) {
    if (bound.leaf < 0) return MayMatch(bound.comparison, bound.constant);
    // Writers may shorten the bounds of texts, so equal bounds do not mean equal values.
    if (bound.comparison.op == CompareOp::kNe && IsBytes(*metadata.schema()->Column(bound.leaf))) return true;
    return MayMatch(bound.comparison, RangeOf(*group, bound.leaf));
  });
}

}  // namespace pixlake::table
