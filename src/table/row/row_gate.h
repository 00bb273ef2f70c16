// What of a table leaves it: a filter and a mask that every reader passes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "table/table.h"

namespace pixlake::table {

// Thread-safe.
class RowGate {
 public:
  virtual ~RowGate() = default;

  // The columns by which it decides.
  virtual const std::vector<std::string>& needs() const = 0;
  // The columns whose values it may change. Nothing is skipped by a condition on one of them: what
  // is skipped would tell what it hides.
  virtual const std::vector<std::string>& masks() const = 0;

  // The rows that may be seen, as they may be seen: of the batch's schema, in order. It has the
  // columns of needs(), and those that were asked for.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Pass(
      std::shared_ptr<arrow::RecordBatch> batch) const = 0;
};

// The same snapshot, but that all which is scanned of it passes the gate. What is not rows (the
// definition, totals, files) is as it was. Whoever rewrites rows reads the snapshot itself.
std::shared_ptr<const Snapshot> Guard(std::shared_ptr<const Snapshot> snapshot,
                                      std::shared_ptr<const RowGate> gate);

// The same of rows that are no snapshot, such as changes.
std::shared_ptr<const RowSource> Guard(std::shared_ptr<const RowSource> rows,
                                       std::shared_ptr<const RowGate> gate);

// A plan whose rows pass `gate`: `plan_inner` plans `request` with the columns that the gate needs
// besides. For formats whose rows are deleted by value.
Result<ScanPlan> PlanWithGate(const std::shared_ptr<const RowGate>& gate, const ScanRequest& request,
                              const std::function<Result<ScanPlan>(const ScanRequest&)>& plan_inner);

// The gate that stands before it; null: none.
std::shared_ptr<const RowGate> GateOf(const Snapshot& snapshot);

}  // namespace pixlake::table
