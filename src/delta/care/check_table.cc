#include <algorithm>
#include <set>

#include <arrow/api.h>

#include "base/clock.h"
#include "delta/care/check_internal.h"
#include "delta/care/vacuum_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

// A writer may have a file open for long; a day is beyond any that is at work.
constexpr int64_t kTemporaryAgeMs = 86'400'000;

// The data files that the log knows of, removed ones too, and the folders they are in.
struct Known {
  std::set<std::string> files;
  std::set<std::string> folders;

  Known(const io::Location& table, const TableState& state) : folders{table.path} {
    for (const AddFile& file : state.files) {
      Learn(table, file.path);
    }
    for (const RemoveFile& file : state.tombstones) {
      Learn(table, file.path);
    }
  }

  void Learn(const io::Location& table, const std::string& log_path) {
    const Result<std::string> path = ResolvePath(table, log_path);
    if (!path.ok()) {
      return;
    }
    files.insert(*path);
    const std::string folder = path->substr(0, path->rfind('/'));
    if (folder == table.path || folder.starts_with(table.path + "/")) {
      folders.insert(folder);
    }
  }
};

}  // namespace

Status CheckFolders(const io::Location& table, const TableState& state, Findings* findings) {
  Known known(table, state);
  known.folders.insert(LogFolder(table));
  const int64_t now = NowMillis();
  for (const std::string& folder : known.folders) {
    PL_ASSIGN_OR_RETURN(const auto objects, table.store->List(folder));
    for (const io::ObjectInfo& object : objects) {
      const std::string_view name = std::string_view(object.path).substr(object.path.rfind('/') + 1);
      const bool data = name.ends_with(".parquet") && !name.starts_with('.') && !name.starts_with('_');
      const bool left = IsOurTemporary(name);
      const bool unknown = data && folder != LogFolder(table) && !known.files.contains(object.path);
      findings->report.unreferenced_files += left || unknown ? 1 : 0;
      if (left && object.modified_ms < now - kTemporaryAgeMs) {
        findings->temporaries.push_back(object.path);
      }
    }
  }
  findings->report.temporary_files = static_cast<int64_t>(findings->temporaries.size());
  return Status::OK();
}

Result<Findings> FindProblems(const io::Location& table) {
  PL_ASSIGN_OR_RETURN(TableState state, LoadState(table, std::nullopt, true));
  Findings findings;
  PL_ASSIGN_OR_RETURN(findings.snapshot, DeltaSnapshot::Make(table, std::move(state)));
  findings.report.version = findings.snapshot->version();
  PL_RETURN_NOT_OK(CheckLog(table, &findings));
  PL_RETURN_NOT_OK(CheckFiles(&findings));
  PL_RETURN_NOT_OK(CheckFolders(table, findings.snapshot->state(), &findings));
  return findings;
}

Result<table::CheckReport> DeltaTable::Check() {
  PL_ASSIGN_OR_RETURN(Findings findings, FindProblems(location_));
  return std::move(findings.report);
}

}  // namespace pixlake::delta
