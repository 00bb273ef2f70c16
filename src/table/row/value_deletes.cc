#include "table/row/value_deletes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_set>
#include <utility>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

// One value as bytes that are equal where the values are: whether it is there, how long it is, what
// it is.
Status AppendKey(const arrow::Array& column, int64_t row, std::string* key) {
  if (column.IsNull(row)) {
    key->push_back('\0');
    return Status::OK();
  }
  key->push_back('\1');
  const auto append = [&](const void* bytes, size_t size) {
    key->append(static_cast<const char*>(bytes), size);
  };
  const auto append_text = [&](std::string_view text) {
    const uint64_t size = text.size();
    append(&size, sizeof(size));
    key->append(text);
  };
  switch (column.type_id()) {
    case arrow::Type::BOOL:
      key->push_back(static_cast<const arrow::BooleanArray&>(column).Value(row) ? '\1' : '\0');
      return Status::OK();
    case arrow::Type::FLOAT: {
      float value = static_cast<const arrow::FloatArray&>(column).Value(row);
      if (std::isnan(value)) value = std::numeric_limits<float>::quiet_NaN();
      append(&value, sizeof(value));
      return Status::OK();
    }
    case arrow::Type::DOUBLE: {
      double value = static_cast<const arrow::DoubleArray&>(column).Value(row);
      if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
      append(&value, sizeof(value));
      return Status::OK();
    }
    case arrow::Type::STRING:
      append_text(static_cast<const arrow::StringArray&>(column).GetView(row));
      return Status::OK();
    case arrow::Type::BINARY:
      append_text(static_cast<const arrow::BinaryArray&>(column).GetView(row));
      return Status::OK();
    default:
      break;
  }
  const auto width = arrow::is_fixed_width(column.type_id()) ? column.type()->byte_width() : 0;
  if (width <= 0 || column.type()->num_fields() > 0)
    return Error(ErrorCode::kUnsupported, "rows are deleted by values of type " + column.type()->ToString());
  append(column.data()->buffers[1]->data() + (column.offset() + row) * width, static_cast<size_t>(width));
  return Status::OK();
}

// The keys of some columns, each with the files it is of.
struct KeySet {
  std::vector<std::string> columns;
  std::unordered_set<std::string> keys;
  std::shared_ptr<const std::vector<int64_t>> files;
};

class ValueDeletes : public RowGate {
 public:
  const std::vector<std::string>& needs() const override { return needs_; }
  // What may be seen of a row that stays is all of it, and one that is deleted tells nothing new: by
  // conditions on any column files may be skipped.
  const std::vector<std::string>& masks() const override { return masks_; }

  Status Add(const arrow::Schema& schema, const DeletedKeys& deleted) {
    KeySet set;
    set.files = deleted.files;
    for (const auto& field : deleted.keys->schema()->fields()) {
      const auto there = schema.GetFieldByName(field->name());
      if (there == nullptr || !there->type()->Equals(field->type())) {
        return Error(ErrorCode::kUsage,
                     fmt::format("rows are deleted by `{}` of type {}; the table has {}", field->name(),
                                 field->type()->ToString(),
                                 there == nullptr ? "no such column" : there->type()->ToString()));
      }
      set.columns.push_back(field->name());
      Need(field->name());
    }
    if (set.files != nullptr) Need(kFileColumn);
    for (int64_t row = 0; row < deleted.keys->num_rows(); ++row) {
      std::string key;
      for (const auto& column : deleted.keys->columns()) PL_RETURN_NOT_OK(AppendKey(*column, row, &key));
      set.keys.insert(std::move(key));
    }
    sets_.push_back(std::move(set));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Pass(std::shared_ptr<arrow::RecordBatch> batch) const override {
    std::vector<bool> stays(static_cast<size_t>(batch->num_rows()), true);
    for (const KeySet& set : sets_) PL_RETURN_NOT_OK(Mark(set, *batch, &stays));
    if (std::all_of(stays.begin(), stays.end(), [](bool stay) { return stay; })) return batch;
    arrow::BooleanBuilder builder;
    PL_RETURN_NOT_OK(builder.AppendValues(stays));
    PL_ASSIGN_OR_RETURN(const auto filter, builder.Finish());
    PL_ASSIGN_OR_RETURN(const auto left, arrow::compute::Filter(batch, filter));
    return left.record_batch();
  }

 private:
  void Need(const std::string& name) {
    if (std::find(needs_.begin(), needs_.end(), name) == needs_.end()) needs_.push_back(name);
  }

  static Status Mark(const KeySet& set, const arrow::RecordBatch& batch, std::vector<bool>* stays) {
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (const std::string& name : set.columns) {
      columns.push_back(batch.GetColumnByName(name));
      if (columns.back() == nullptr)
        return Error(ErrorCode::kInternal, fmt::format("`{}` was not read", name));
    }
    std::shared_ptr<arrow::Array> files;
    if (set.files != nullptr) files = batch.GetColumnByName(kFileColumn);
    std::string key;
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      if (files != nullptr && !std::binary_search(set.files->begin(), set.files->end(),
                                                  static_cast<const arrow::Int64Array&>(*files).Value(row)))
        continue;
      key.clear();
      for (const auto& column : columns) PL_RETURN_NOT_OK(AppendKey(*column, row, &key));
      if (set.keys.contains(key)) (*stays)[static_cast<size_t>(row)] = false;
    }
    return Status::OK();
  }

  std::vector<KeySet> sets_;
  std::vector<std::string> needs_;
  const std::vector<std::string> masks_;
};

}  // namespace

Result<std::shared_ptr<const RowGate>> MakeValueDeletes(const arrow::Schema& schema,
                                                        const std::vector<DeletedKeys>& deletes) {
  auto gate = std::make_shared<ValueDeletes>();
  for (const DeletedKeys& deleted : deletes) PL_RETURN_NOT_OK(gate->Add(schema, deleted));
  return std::shared_ptr<const RowGate>(std::move(gate));
}

}  // namespace pixlake::table
