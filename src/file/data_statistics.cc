#include "file/data_statistics.h"

#include <map>

#include <arrow/api.h>
#include <arrow/compute/cast.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include "file/file_calendar.h"

namespace pixlake::file {
namespace {

struct Leaf {
  std::vector<std::string> path;
  std::shared_ptr<arrow::DataType> type;
  int column;  // Parquet leaf ordinal
};

int CountLeaves(const arrow::DataType& type) {
  if (type.num_fields() == 0) return 1;
  int count = 0;
  for (const auto& child : type.fields()) count += CountLeaves(*child->type());
  return count;
}

// Leaves reached through structs alone, with their Parquet ordinals.
void FindLeaves(const arrow::Field& field, std::vector<std::string> path, int* column,
                std::vector<Leaf>* leaves) {
  path.push_back(field.name());
  if (field.type()->id() == arrow::Type::STRUCT) {
    for (const auto& child : field.type()->fields()) FindLeaves(*child, path, column, leaves);
    return;
  }
  if (field.type()->num_fields() == 0) leaves->push_back({std::move(path), field.type(), *column});
  *column += CountLeaves(*field.type());
}

template <typename T>
bool LessValue(const arrow::Scalar& left, const arrow::Scalar& right) {
  return static_cast<const T&>(left).value < static_cast<const T&>(right).value;
}

// Order of two scalars of one type, as SQL has it.
bool Less(const arrow::Scalar& left, const arrow::Scalar& right) {
  switch (left.type->id()) {
    case arrow::Type::BOOL:
      return LessValue<arrow::BooleanScalar>(left, right);
    case arrow::Type::INT8:
      return LessValue<arrow::Int8Scalar>(left, right);
    case arrow::Type::INT16:
      return LessValue<arrow::Int16Scalar>(left, right);
    case arrow::Type::INT32:
      return LessValue<arrow::Int32Scalar>(left, right);
    case arrow::Type::INT64:
      return LessValue<arrow::Int64Scalar>(left, right);
    case arrow::Type::UINT8:
      return LessValue<arrow::UInt8Scalar>(left, right);
    case arrow::Type::UINT16:
      return LessValue<arrow::UInt16Scalar>(left, right);
    case arrow::Type::UINT32:
      return LessValue<arrow::UInt32Scalar>(left, right);
    case arrow::Type::UINT64:
      return LessValue<arrow::UInt64Scalar>(left, right);
    case arrow::Type::FLOAT:
      return LessValue<arrow::FloatScalar>(left, right);
    case arrow::Type::DOUBLE:
      return LessValue<arrow::DoubleScalar>(left, right);
    case arrow::Type::DATE32:
      return LessValue<arrow::Date32Scalar>(left, right);
    case arrow::Type::TIMESTAMP:
      return LessValue<arrow::TimestampScalar>(left, right);
    case arrow::Type::DECIMAL128:
      return LessValue<arrow::Decimal128Scalar>(left, right);
    case arrow::Type::STRING: {
      const auto& a = static_cast<const arrow::BaseBinaryScalar&>(left);
      const auto& b = static_cast<const arrow::BaseBinaryScalar&>(right);
      return a.view() < b.view();
    }
    default:
      return false;
  }
}

bool Ordered(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DECIMAL128:
    case arrow::Type::STRING:
      return true;
    default:
      return arrow::is_integer(type.id()) || arrow::is_floating(type.id());
  }
}

// The column chunk's min and max as scalars of `type`; false when it has none.
Result<bool> ChunkBounds(const parquet::Statistics& statistics, const std::shared_ptr<arrow::DataType>& type,
                         std::shared_ptr<arrow::Scalar>* min, std::shared_ptr<arrow::Scalar>* max) {
  if (!statistics.HasMinMax() || !Ordered(*type)) return false;
  PL_RETURN_NOT_OK(parquet::arrow::StatisticsAsScalars(statistics, min, max));
  for (auto* bound : {min, max}) {
    if ((*bound)->type->Equals(*type)) continue;
    PL_ASSIGN_OR_RETURN(*bound, (*bound)->CastTo(type));
  }
  return true;
}

Result<ColumnStatistics> MergeColumn(const parquet::FileMetaData& metadata, const Leaf& leaf) {
  ColumnStatistics merged;
  merged.path = leaf.path;
  merged.null_count = 0;
  // Bounds of another calendar are none of the values that are read.
  bool bounded =
      !IsHybrid(CalendarOf(metadata.key_value_metadata().get()), *metadata.schema()->Column(leaf.column));
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto chunk = metadata.RowGroup(group)->ColumnChunk(leaf.column);
    const auto statistics = chunk->is_stats_set() ? chunk->statistics() : nullptr;
    if (statistics == nullptr || !statistics->HasNullCount()) {
      merged.null_count = -1;
      bounded = false;
      break;
    }
    merged.null_count += statistics->null_count();
    if (statistics->num_values() == 0) continue;  // all null
    std::shared_ptr<arrow::Scalar> min, max;
    PL_ASSIGN_OR_RETURN(const bool found, ChunkBounds(*statistics, leaf.type, &min, &max));
    if (!found) {
      bounded = false;
      continue;
    }
    if (merged.min == nullptr || Less(*min, *merged.min)) merged.min = min;
    if (merged.max == nullptr || Less(*merged.max, *max)) merged.max = max;
  }
  if (!bounded) merged.min = merged.max = nullptr;
  return merged;
}

}  // namespace

Result<DataStatistics> CollectStatistics(const parquet::FileMetaData& metadata, const arrow::Schema& schema) {
  DataStatistics statistics;
  statistics.num_rows = metadata.num_rows();
  std::vector<Leaf> leaves;
  int column = 0;
  for (const auto& field : schema.fields()) FindLeaves(*field, {}, &column, &leaves);
  if (column != metadata.num_columns()) {
    return Error(ErrorCode::kSchemaMismatch,
                 "the file's schema and the Arrow schema have different numbers of columns");
  }
  try {
    for (const Leaf& leaf : leaves) {
      PL_ASSIGN_OR_RETURN(ColumnStatistics merged, MergeColumn(metadata, leaf));
      statistics.columns.push_back(std::move(merged));
    }
  } catch (const std::exception& e) {
    return Error(ErrorCode::kCorrupt, std::string("reading Parquet statistics: ") + e.what());
  }
  return statistics;
}

}  // namespace pixlake::file
