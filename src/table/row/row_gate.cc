#include "table/row/row_gate.h"

#include <algorithm>
#include <utility>

#include <arrow/api.h>

#include "table/row/gated_reader_internal.h"

namespace pixlake::table {
namespace {

bool Names(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Without what it says about columns of `names`.
Predicate Without(const std::vector<std::string>& names, Predicate predicate) {
  if (predicate.kind == Predicate::Kind::kComparison) {
    const bool hidden = !predicate.comparison.column.empty() && Names(names, predicate.comparison.column[0]);
    return hidden ? Unknown() : predicate;
  }
  for (Predicate& part : predicate.parts) part = Without(names, std::move(part));
  return predicate;
}

// One gate behind the other; the columns of both are there.
class TwoGates : public RowGate {
 public:
  TwoGates(std::shared_ptr<const RowGate> first, std::shared_ptr<const RowGate> second)
      : first_(std::move(first)), second_(std::move(second)) {
    needs_ = Joined(first_->needs(), second_->needs());
    masks_ = Joined(first_->masks(), second_->masks());
  }
  const std::vector<std::string>& needs() const override { return needs_; }
  const std::vector<std::string>& masks() const override { return masks_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Pass(std::shared_ptr<arrow::RecordBatch> batch) const override {
    PL_ASSIGN_OR_RETURN(batch, first_->Pass(std::move(batch)));
    return batch->num_rows() == 0 ? batch : second_->Pass(std::move(batch));
  }

 private:
  static std::vector<std::string> Joined(std::vector<std::string> names,
                                         const std::vector<std::string>& more) {
    for (const std::string& name : more) {
      if (!Names(names, name)) names.push_back(name);
    }
    return names;
  }

  const std::shared_ptr<const RowGate> first_;
  const std::shared_ptr<const RowGate> second_;
  std::vector<std::string> needs_;
  std::vector<std::string> masks_;
};

// The columns that the gate needs are read too, and nothing is skipped by what it may change.
Result<ScanPlan> Gated(const std::shared_ptr<const RowGate>& gate, const ScanRequest& request,
                       const std::function<Result<ScanPlan>(const ScanRequest&)>& plan_inner) {
  ScanRequest widened = request;
  widened.predicate = Without(gate->masks(), std::move(widened.predicate));
  if (widened.columns) {
    for (const std::string& needed : gate->needs()) {
      if (!Names(*widened.columns, needed)) widened.columns->push_back(needed);
    }
  }
  PL_ASSIGN_OR_RETURN(ScanPlan plan, plan_inner(widened));
  // What was added stands behind.
  arrow::FieldVector fields = plan.output_schema->fields();
  if (request.columns) fields.resize(request.columns->size());
  // A plan may have a gate of its own, for rows that are deleted by value: it comes first, and its
  // columns are read already.
  if (plan.gate == nullptr) plan.read_schema = plan.output_schema;
  plan.gate = plan.gate == nullptr ? gate : std::make_shared<const TwoGates>(plan.gate, gate);
  plan.output_schema = arrow::schema(std::move(fields));
  return plan;
}

class GuardedRows : public RowSource {
 public:
  GuardedRows(std::shared_ptr<const RowSource> inner, std::shared_ptr<const RowGate> gate)
      : inner_(std::move(inner)), gate_(std::move(gate)) {}
  const std::shared_ptr<arrow::Schema>& row_schema() const override { return inner_->row_schema(); }
  Result<ScanPlan> PlanScan(const ScanRequest& request) const override {
    return Gated(gate_, request, [&](const ScanRequest& widened) { return inner_->PlanScan(widened); });
  }
  std::optional<int64_t> EstimatedRows() const override { return inner_->EstimatedRows(); }

 private:
  const std::shared_ptr<const RowSource> inner_;
  const std::shared_ptr<const RowGate> gate_;
};

class GuardedSnapshot : public Snapshot {
 public:
  GuardedSnapshot(std::shared_ptr<const Snapshot> inner, std::shared_ptr<const RowGate> gate)
      : inner_(std::move(inner)), gate_(std::move(gate)) {}

  int64_t version() const override { return inner_->version(); }
  int64_t timestamp_ms() const override { return inner_->timestamp_ms(); }
  const TableDefinition& definition() const override { return inner_->definition(); }
  const std::string& table_id() const override { return inner_->table_id(); }
  Result<SnapshotTotals> Totals() const override { return inner_->Totals(); }
  Result<std::vector<DataFile>> Files(const Predicate& predicate) const override {
    return inner_->Files(predicate);
  }
  std::optional<int64_t> TxnVersion(const std::string& app_id) const override {
    return inner_->TxnVersion(app_id);
  }
  std::vector<std::pair<std::string, std::string>> Facts() const override { return inner_->Facts(); }
  Result<WriteRules> Rules() const override { return inner_->Rules(); }
  Result<std::shared_ptr<arrow::Schema>> FileSchema() const override { return inner_->FileSchema(); }

  Result<ScanPlan> PlanScan(const ScanRequest& request) const override {
    return Gated(gate_, request, [&](const ScanRequest& widened) { return inner_->PlanScan(widened); });
  }
  Result<ScanPlan> PlanFiles(const ScanRequest& request, const std::vector<DataFile>& files) const override {
    return Gated(gate_, request,
                 [&](const ScanRequest& widened) { return inner_->PlanFiles(widened, files); });
  }

  const std::shared_ptr<const RowGate>& gate() const { return gate_; }

 private:
  const std::shared_ptr<const Snapshot> inner_;
  const std::shared_ptr<const RowGate> gate_;
};

}  // namespace

std::shared_ptr<const Snapshot> Guard(std::shared_ptr<const Snapshot> snapshot,
                                      std::shared_ptr<const RowGate> gate) {
  if (gate == nullptr) return snapshot;
  return std::make_shared<GuardedSnapshot>(std::move(snapshot), std::move(gate));
}

std::shared_ptr<const RowSource> Guard(std::shared_ptr<const RowSource> rows,
                                       std::shared_ptr<const RowGate> gate) {
  if (gate == nullptr) return rows;
  return std::make_shared<GuardedRows>(std::move(rows), std::move(gate));
}

Result<ScanPlan> PlanWithGate(const std::shared_ptr<const RowGate>& gate, const ScanRequest& request,
                              const std::function<Result<ScanPlan>(const ScanRequest&)>& plan_inner) {
  return Gated(gate, request, plan_inner);
}

std::shared_ptr<const RowGate> GateOf(const Snapshot& snapshot) {
  const auto* guarded = dynamic_cast<const GuardedSnapshot*>(&snapshot);
  return guarded == nullptr ? nullptr : guarded->gate();
}

}  // namespace pixlake::table
