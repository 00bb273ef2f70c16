// Reading a snapshot: the plan (which files, what of them) and the reader of one task.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "io/location.h"
#include "table/predicate/bound_predicate.h"
#include "table/predicate/predicate.h"

namespace pixlake::table {

// Columns of no table that a request may name too: which of the snapshot's files a row
// is in (ScanTask::ordinal) and where (its physical position, from 0). Both int64.
inline constexpr char kFileColumn[] = "__pixlake_file";
inline constexpr char kPositionColumn[] = "__pixlake_position";

struct ScanRequest {
  // Top-level columns in the order wanted; nullopt: all. May be empty (counting).
  std::optional<std::vector<std::string>> columns;
  // Prunes; rows that do not match may still come out of the scan.
  Predicate predicate;
  // A batch closes at whichever comes first; a single larger row comes alone.
  int64_t batch_rows = 8192;
  int64_t batch_bytes = int64_t{16} << 20;
};

// How a table's field is found in a data file: by physical name, or by Parquet
// field id when `field_id` >= 0. Children follow the logical type's own children.
struct FieldMapping {
  std::string physical_name;
  int32_t field_id = -1;
  std::vector<FieldMapping> children;
};

// What a data file is written as.
enum class FileFormat { kParquet, kOrc, kAvro };

// One data file to read. Format-neutral: every format's planner makes these.
struct ScanTask {
  std::string path;       // absolute, as its store takes it
  int64_t size = -1;      // bytes; -1 unknown
  int64_t num_rows = -1;  // physical rows; -1 unknown
  // Values of the partition columns, typed, by table column name.
  std::vector<std::pair<std::string, std::shared_ptr<arrow::Scalar>>> partition_values;
  // Sorted positions of rows that are deleted, wherever the format has them written; null: none.
  // Rows that are deleted by what is in them stay out by the plan's gate (row/value_deletes.h).
  std::shared_ptr<const std::vector<uint64_t>> deleted_rows;
  // Sorted positions of the only rows that are read; null: all.
  std::shared_ptr<const std::vector<uint64_t>> selected_rows;
  int64_t ordinal = -1;  // which of the snapshot's files it is
  FileFormat format = FileFormat::kParquet;
  std::shared_ptr<io::Store> store = nullptr;  // where it lies; null: where the table does
};

// The store that a task's file is in.
inline const std::shared_ptr<io::Store>& StoreOf(const ScanTask& task,
                                                 const std::shared_ptr<io::Store>& table) {
  return task.store != nullptr ? task.store : table;
}

class RowGate;

struct ScanPlan {
  std::shared_ptr<arrow::Schema> table_schema;   // logical, all columns
  std::shared_ptr<arrow::Schema> output_schema;  // what the reader gives
  std::vector<FieldMapping> mapping;             // one per table_schema field
  BoundPredicate predicate;                      // to table_schema, for skipping within files
  int64_t batch_rows = 8192;
  int64_t batch_bytes = int64_t{16} << 20;
  // What the rows pass before they are given out (row_gate.h): what is deleted by value, and what
  // somebody may not see. And the columns it is given: the output's and those by which it decides.
  // Null: none. Whoever reads rows by their positions alone asks for it first.
  std::shared_ptr<const RowGate> gate = nullptr;
  std::shared_ptr<arrow::Schema> read_schema = nullptr;
  std::vector<ScanTask> tasks;
  int64_t files_total = 0;
  int64_t files_skipped = 0;
};

// The columns that a request for `columns` of `table` gives. kUsage, with `place` in
// front, for one that the table does not have.
Result<std::shared_ptr<arrow::Schema>> OutputSchema(const std::shared_ptr<arrow::Schema>& table,
                                                    const std::optional<std::vector<std::string>>& columns,
                                                    const std::string& place);

// Rows that can be scanned: those of a table at a version, or the changes between two.
// Immutable, thread-safe.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual const std::shared_ptr<arrow::Schema>& row_schema() const = 0;
  // Prunes by partition and file statistics.
  virtual Result<ScanPlan> PlanScan(const ScanRequest& request) const = 0;
  // nullopt: unknown.
  virtual std::optional<int64_t> EstimatedRows() const = 0;
};

// Reads one task, in its own store or `store`: fields found by mapping, absent ones null, types cast to the
// table's (widening only), partition values filled in, deleted rows left out, row
// groups that cannot match skipped, columns not asked for never read.
// kUnsupported for a file that is not Parquet.
// The reader gives batches of plan.output_schema; it may be used from one thread,
// several tasks at once from several.
Result<std::unique_ptr<arrow::RecordBatchReader>> ReadTask(const std::shared_ptr<io::Store>& store,
                                                           const ScanPlan& plan, const ScanTask& task);

// The same over every task, one after the other.
Result<std::unique_ptr<arrow::RecordBatchReader>> ReadAll(const std::shared_ptr<io::Store>& store,
                                                          std::shared_ptr<const ScanPlan> plan);

}  // namespace pixlake::table
