#include "inventory/schema_history.h"

#include <algorithm>
#include <map>
#include <memory>

#include <arrow/api.h>
#include <fmt/format.h>

#include "query/statement/schema/schema_text.h"
#include "table/compatibility.h"

namespace pixlake::inventory {
namespace {

// Commits of these only add columns, if any: what lies between two of them is found by halving.
bool OnlyMovesRows(const table::HistoryEntry& entry) {
  const auto mode = entry.parameters.find("mode");
  const bool overwrites =
      mode != entry.parameters.end() && mode->second.find("verwrite") != std::string::npos;
  const std::string& name = entry.operation;
  return !overwrites &&
         (name == "WRITE" || name == "STREAMING UPDATE" || name == "DELETE" || name == "UPDATE" ||
          name == "MERGE" || name == "OPTIMIZE" || name == "COMPUTE STATS" || name == "FSCK" ||
          name.starts_with("VACUUM") || name.starts_with("STEP ") || name == "RUN" || name == "CHECK");
}

std::vector<std::string> ColumnsOf(const arrow::Schema& schema) {
  std::vector<std::string> columns;
  for (const auto& field : schema.fields()) {
    columns.push_back(fmt::format("{} {}{}", field->name(), query::SparkTypeName(*field->type()),
                                  field->nullable() ? "" : " not null"));
  }
  return columns;
}

class Walk {
 public:
  Walk(table::Table* table, std::vector<table::HistoryEntry> entries)
      : table_(table), entries_(std::move(entries)) {}

  Result<std::vector<SchemaVersion>> Run() {
    if (entries_.empty()) return std::vector<SchemaVersion>();
    PL_RETURN_NOT_OK(Take(0));
    size_t last = 0;
    for (size_t i = 1; i < entries_.size(); ++i) {
      if (i + 1 < entries_.size() && OnlyMovesRows(entries_[i])) continue;
      PL_RETURN_NOT_OK(Between(last, i));
      last = i;
    }
    return std::move(versions_);
  }

 private:
  Result<std::vector<std::string>> ColumnsAt(size_t i) {
    if (const auto known = columns_.find(i); known != columns_.end()) return known->second;
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const auto snapshot, table_->Load({.version = entries_[i].version, .as_of_ms = {}}));
    schemas_[i] = snapshot->row_schema();
    return columns_[i] = ColumnsOf(*snapshot->row_schema());
  }

  // The changes behind `from`, up to `to`.
  Status Between(size_t from, size_t to) {
    PL_ASSIGN_OR_RETURN(const auto before, ColumnsAt(from));
    PL_ASSIGN_OR_RETURN(const auto after, ColumnsAt(to));
    if (before == after) return Status::OK();
    if (from + 1 == to) return Take(to);
    const size_t middle = from + (to - from) / 2;
    PL_RETURN_NOT_OK(Between(from, middle));
    return Between(middle, to);
  }

  Status Take(size_t i) {
    PL_ASSIGN_OR_RETURN(const auto columns, ColumnsAt(i));
    SchemaVersion version;
    version.table_version = entries_[i].version;
    version.at_ms = entries_[i].timestamp_ms;
    version.operation = entries_[i].operation;
    version.columns = columns;
    if (!versions_.empty()) {
      version.number = versions_.back().number + 1;
      const table::SchemaCompatibility change = table::CompareSchemas(*last_, *schemas_[i]);
      version.rule = change.rule();
      version.breaks = change.breaks_backward;
      for (const std::string& what : change.breaks_forward) {
        if (std::find(version.breaks.begin(), version.breaks.end(), what) == version.breaks.end())
          version.breaks.push_back(what);
      }
    }
    last_ = schemas_[i];
    versions_.push_back(std::move(version));
    return Status::OK();
  }

  table::Table* const table_;
  const std::vector<table::HistoryEntry> entries_;  // oldest first
  std::map<size_t, std::vector<std::string>> columns_;
  std::map<size_t, std::shared_ptr<arrow::Schema>> schemas_;
  std::shared_ptr<arrow::Schema> last_;
  std::vector<SchemaVersion> versions_;
};

}  // namespace

Result<std::vector<SchemaVersion>> SchemaHistory(const session::Session& session, const std::string& table) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenTable(table));
  PL_ASSIGN_OR_RETURN(auto entries, opened->History(0));
  std::reverse(entries.begin(), entries.end());
  // Commits whose files are gone behind a checkpoint cannot be loaded: the oldest that can be is the first.
  while (!entries.empty()) {
    const auto there = opened->Load({.version = entries.front().version, .as_of_ms = {}});
    if (there.ok()) break;
    if (CodeOf(there.status()) == ErrorCode::kCancelled) return there.status();
    entries.erase(entries.begin());
  }
  return Walk(opened.get(), std::move(entries)).Run();
}

}  // namespace pixlake::inventory
