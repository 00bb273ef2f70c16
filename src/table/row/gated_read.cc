#include "table/row/gated_read.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <fmt/format.h>

namespace pixlake::table {

Result<std::optional<GatedValue>> ReadThroughGate(const table::Snapshot& snapshot,
                                                  const std::shared_ptr<io::Store>& store,
                                                  const std::string& file, int64_t row,
                                                  const std::string& column) {
  PL_ASSIGN_OR_RETURN(const auto files, snapshot.Files());
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const auto& candidate) { return candidate.path == file; });
  if (found == files.end()) return std::optional<GatedValue>();
  table::ScanRequest request;
  request.columns = {column};
  PL_ASSIGN_OR_RETURN(table::ScanPlan plan, snapshot.PlanFiles(request, {*found}));
  table::ScanTask& task = plan.tasks.front();
  task.selected_rows = std::make_shared<const std::vector<uint64_t>>(1, static_cast<uint64_t>(row));
  PL_ASSIGN_OR_RETURN(const auto reader, table::ReadTask(store, plan, task));
  PL_ASSIGN_OR_RETURN(const auto batch, reader->Next());
  if (batch == nullptr || batch->num_rows() == 0) return std::optional<GatedValue>();
  const auto& values = *batch->column(0);
  if (values.type_id() != arrow::Type::BINARY)
    return Error(ErrorCode::kUsage, fmt::format("`{}` is not a binary column", column));
  if (values.IsNull(0)) return std::optional<GatedValue>(GatedValue{});
  const auto& bytes = static_cast<const arrow::BinaryArray&>(values);
  return std::optional<GatedValue>(GatedValue{arrow::Buffer::FromString(bytes.GetString(0))});
}

}  // namespace pixlake::table
