// Tables whatever their format: definition, snapshot, transaction, factory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/memory/cache_loan.h"
#include "base/result.h"
#include "io/location.h"
#include "table/data_file.h"
#include "table/partition/transform.h"
#include "table/scan.h"
#include "table/transaction.h"
#include "table/upkeep.h"

namespace pixlake::table {

struct TableDefinition {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> properties;  // as the format names them
  std::string name;
  std::string description;
  std::vector<std::string> clustering_columns = {};  // OPTIMIZE arranges rows by them; fields as "a.b"
  std::optional<int64_t> target_file_bytes = {};     // what the format's properties say of it
  // By what files are kept apart where that is not the columns themselves: partition_columns has the
  // columns whose values stand in no file.
  std::vector<PartitionField> partition_fields = {};
  // Asked of a table that is made; what a table has its WriteRules say.
  bool change_feed = false;
  bool deletion_vectors = false;
};

// Which state to read: the latest, a version, or the latest not after a time
// (milliseconds since the epoch). At most one is set.
struct VersionSpec {
  std::optional<int64_t> version;
  std::optional<int64_t> as_of_ms;
};

struct SnapshotTotals {
  int64_t num_files = 0;
  int64_t size_bytes = 0;
  std::optional<int64_t> num_rows;  // unless some file does not say
};

// What a table asks of whoever changes its rows. Expressions are in Spark's SQL.
struct WriteRules {
  bool deletion_vectors = false;  // rows are marked deleted where they are; else files are rewritten
  bool change_feed = false;       // changes are written for their readers too
  struct Constraint {
    std::string name;
    std::string expression;
  };
  std::vector<Constraint> constraints;           // true for every row; null is not
  std::map<std::string, std::string> generated;  // by column: what it is computed by
  std::map<std::string, std::string> defaults;   // by column: what it is when not given
};

// An immutable state of a table. Thread-safe.
class Snapshot : public RowSource {
 public:
  virtual int64_t version() const = 0;
  virtual int64_t timestamp_ms() const = 0;
  virtual const TableDefinition& definition() const = 0;
  virtual const std::string& table_id() const = 0;
  virtual Result<SnapshotTotals> Totals() const = 0;
  // Prunes by partition and file statistics.
  Result<ScanPlan> PlanScan(const ScanRequest& request) const override = 0;
  // The live data files that may hold rows for `predicate`, in the log's order.
  virtual Result<std::vector<DataFile>> Files(const Predicate& predicate = {}) const = 0;
  // A plan that reads these files and no others; `request`'s predicate skips row groups
  // only. Tasks are in the order of `files`, one each.
  virtual Result<ScanPlan> PlanFiles(const ScanRequest& request,
                                     const std::vector<DataFile>& files) const = 0;
  // The last version committed for an application's transactions; nullopt: none.
  virtual std::optional<int64_t> TxnVersion(const std::string& app_id) const = 0;
  // Format-specific facts for `describe`: protocol, features.
  virtual std::vector<std::pair<std::string, std::string>> Facts() const = 0;

  // kUnsupported when rows are asked something that we do not know.
  virtual Result<WriteRules> Rules() const { return WriteRules{}; }

  const std::shared_ptr<arrow::Schema>& row_schema() const override { return definition().schema; }
  // The columns as data files have them, by position: physical names at every depth, and
  // Parquet field ids ("PARQUET:field_id") where the table gives its columns ids.
  virtual Result<std::shared_ptr<arrow::Schema>> FileSchema() const { return row_schema(); }
  std::optional<int64_t> EstimatedRows() const override;
};

// Which commits' changes: from one version or time to another, both included.
struct ChangeRange {
  VersionSpec from;  // one of them is set
  VersionSpec to;    // neither: the latest
};

// The columns that a change has besides the table's own.
inline constexpr char kChangeTypeColumn[] = "_change_type";  // insert, delete, update_preimage, …
inline constexpr char kCommitVersionColumn[] = "_commit_version";
inline constexpr char kCommitTimestampColumn[] = "_commit_timestamp";

struct HistoryEntry {
  int64_t version = 0;
  int64_t timestamp_ms = 0;
  std::string operation;
  std::map<std::string, std::string> parameters;
  std::map<std::string, std::string> metrics;
  std::string engine;
  std::string user_metadata;
};

struct CheckProblem {
  std::string path;
  std::string what;
  std::string repair;  // what Repair() would do; empty: nothing can be done here
};

struct CheckReport {
  int64_t version = 0;
  int64_t files_checked = 0;
  int64_t rows = 0;
  int64_t unreferenced_files = 0;  // data files in no snapshot: left by a crash
  int64_t temporary_files = 0;     // of those, left by killed writers more than a day ago
  int64_t checksums_checked = 0;   // of versions, in the log
  std::vector<CheckProblem> problems;
};

// What was changed, for tables that keep it.
class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  // Rows inserted, deleted and updated (before and after), by the table's change data
  // feed, with the columns as the last version has them. kUsage when the feed was not on
  // for all of the range or the range has no commit.
  virtual Result<std::shared_ptr<const RowSource>> Changes(const ChangeRange& range) = 0;
};

// Care of a log of commits.
class LogCare {
 public:
  virtual ~LogCare() = default;
  // Writes the latest version's checkpoint now; that version.
  virtual Result<int64_t> Checkpoint() = 0;
  // Puts commits of the log together, so that readers open fewer files; nullopt: all those
  // after the newest checkpoint. kUsage when there are fewer than two.
  virtual Result<LogCompactionReport> CompactLog(std::optional<int64_t> first,
                                                 std::optional<int64_t> last) = 0;
};

// Care of files that several versions share.
class FileCare {
 public:
  virtual ~FileCare() = default;
  // Deletes files in the table's folder that no version within the retention needs; never
  // anything in hidden folders ("_…", "."), the change data of expired commits excepted.
  // kUsage for a retention below the table's own that was not allowed. One file that cannot
  // be deleted is no error. Interrupted, run it again.
  virtual Result<VacuumReport> Vacuum(const VacuumRequest& request) = 0;
  // A new commit whose files and definition are those of an earlier version. kNotFound when
  // that version, or one of its files, is no longer there.
  virtual Result<RestoreReport> Restore(const VersionSpec& spec) = 0;
  // Collects the statistics of all data files anew, from their footers, and commits those
  // that are other ones. With `columns` these have statistics from now on, in files to come
  // too; without, those that the table's properties say.
  virtual Result<AnalyzeReport> Analyze(const std::vector<std::string>& columns) = 0;
  // What Check() says can be done, is done: files that are gone are no longer named (their
  // rows are lost), wrong statistics are collected anew, wrong checksums and hints of the
  // log replaced, temporary files of more than a day ago deleted.
  virtual Result<RepairReport> Repair() = 0;
};

// What a table of any format can do; and, where its format has them, what else. Thread-safe.
class Table {
 public:
  virtual ~Table() = default;
  virtual std::string_view format() const = 0;
  virtual const io::Location& location() const = 0;
  // kNotFound for a version that is not (or no longer) there.
  virtual Result<std::shared_ptr<const Snapshot>> Load(const VersionSpec& spec = {}) = 0;
  // kUnsupported when the table has features that keep us from writing to it at all. What
  // only binds new rows (constraints, generated columns) is judged by Commit().
  virtual Result<std::unique_ptr<Transaction>> Begin(std::shared_ptr<const Snapshot> read) = 0;
  // The same, and kUnsupported already here when rows cannot be added.
  virtual Result<std::unique_ptr<Transaction>> BeginAppend(std::shared_ptr<const Snapshot> read) {
    return Begin(std::move(read));
  }
  // Newest first; `limit` 0: all.
  virtual Result<std::vector<HistoryEntry>> History(int64_t limit) = 0;
  // Every file referenced is there with its size, a Parquet file whose footer agrees
  // with the table's row count and statistics and whose pages have the checksums their
  // writer gave them. Reads all the data.
  virtual Result<CheckReport> Check() = 0;

  // kUnsupported, naming the format, where it has none of these. They live as long as the table.
  Result<ChangeFeed*> change_feed() { return Ask(FindChangeFeed(), "no change data feed"); }
  Result<LogCare*> log_care() { return Ask(FindLogCare(), "no log that is cared for"); }
  Result<FileCare*> file_care() { return Ask(FindFileCare(), "no files that are cared for"); }

 protected:
  virtual ChangeFeed* FindChangeFeed() { return nullptr; }
  virtual LogCare* FindLogCare() { return nullptr; }
  virtual FileCare* FindFileCare() { return nullptr; }

 private:
  template <typename Part>
  Result<Part*> Ask(Part* part, const char* none) const {
    if (part != nullptr) return part;
    return Error(ErrorCode::kUnsupported,
                 location().path + ": tables of format " + std::string(format()) + " have " + none);
  }
};

// What we do with one of a format's features; see TableFormat::Features().
struct FeatureSupport {
  std::string name;
  bool reads = false;
  std::string writes;    // "yes", "no", "unless in use"
  bool enables = false;  // can be switched on
  std::string property;  // that does it; empty: none
  std::string note;
};

// One table format, registered with the engine.
class TableFormat {
 public:
  virtual ~TableFormat() = default;
  virtual std::string_view name() const = 0;
  virtual Result<bool> Detect(const io::Location& location) = 0;
  virtual Result<std::unique_ptr<Table>> Open(const io::Location& location) = 0;
  // Version 0. kAlreadyExists when there is a table, also when a racer made it.
  virtual Result<std::unique_ptr<Table>> Create(const io::Location& location,
                                                const TableDefinition& definition) = 0;
  // A table that is not there yet: its snapshot is empty, and the first transaction on it
  // commits as version 0, kAlreadyExists when there is a table by then.
  virtual Result<std::unique_ptr<Table>> Prepare(const io::Location& location,
                                                 const TableDefinition& definition) = 0;
  // Every feature the format has a name for, in the order of its specification.
  virtual std::vector<FeatureSupport> Features() const { return {}; }
  // Snapshots are kept for who opens a table again: room for `bytes` more of them while the loan
  // lives, which the format must outlive.
  virtual CacheLoan LendMemory(int64_t /*bytes*/) { return {}; }
  // A new table that has a snapshot's rows by naming the very files (a shallow clone): it
  // changes without the other, and is damaged when that deletes a file. kUnsupported between
  // stores and where the format has no such thing, kAlreadyExists as with Create.
  virtual Result<std::unique_ptr<Table>> CloneShallow(const io::Location& location, const Snapshot& source);
};

}  // namespace pixlake::table
