#include "kernel/kernel.h"

#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>

namespace pixlake::kernel {
namespace {

// Bytes and texts are bytes, however Arrow lays them out.
bool IsBytes(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::shared_ptr<arrow::Schema> Kernel::output_schema() const {
  arrow::FieldVector fields;
  for (const GivenColumn& column : info().gives) fields.push_back(column.field);
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::Array>> NeededArray(const KernelInfo& info, const arrow::RecordBatch& batch,
                                                  const std::string& name) {
  const auto needed = std::find_if(info.needs.begin(), info.needs.end(),
                                   [&](const NeededColumn& column) { return column.name == name; });
  const int index = batch.schema()->GetFieldIndex(name);
  if (needed == info.needs.end())
    return Error(ErrorCode::kInternal,
                 fmt::format("kernel {} reads `{}` and does not say so", info.name, name));
  if (index < 0) {
    if (!needed->required) return nullptr;
    return Error(ErrorCode::kSchemaMismatch,
                 fmt::format("kernel {} needs a column `{}` of type {}, and there is none (or more than one)",
                             info.name, name, needed->type->ToString()));
  }
  const std::shared_ptr<arrow::DataType>& type = batch.schema()->field(index)->type();
  if (!type->Equals(*needed->type) && !(IsBytes(*type) && IsBytes(*needed->type))) {
    return Error(ErrorCode::kSchemaMismatch, fmt::format("kernel {} needs `{}` as {}, found {}", info.name,
                                                         name, needed->type->ToString(), type->ToString()));
  }
  return batch.column(index);
}

}  // namespace pixlake::kernel
