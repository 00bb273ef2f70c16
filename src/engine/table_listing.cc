#include "engine/table_listing.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/stop_token.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;

ListedTable Inspect(const Engine& engine, const std::string& path) {
  ListedTable listed;
  listed.path = path;
  const auto read = [&]() -> Status {
    PL_ASSIGN_OR_RETURN(const auto table, engine.OpenTable(path));
    listed.format = table->format();
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
    listed.version = snapshot->version();
    PL_ASSIGN_OR_RETURN(const table::SnapshotTotals totals, snapshot->Totals());
    listed.size_bytes = totals.size_bytes;
    listed.num_rows = totals.num_rows;
    return Status::OK();
  };
  const Status status = read();
  if (!status.ok()) listed.problem = status.message();
  return listed;
}

bool IsTable(const Engine& engine, const std::string& path) {
  const auto format = engine.Format("delta");
  const auto location = engine.Locate(path);
  if (!format.ok() || !location.ok()) return false;
  const auto there = (*format)->Detect(*location);
  return there.ok() && *there;
}

Status Walk(const Engine& engine, const std::string& folder, bool root, std::vector<ListedTable>* found) {
  PL_RETURN_NOT_OK(CheckStopped());
  if (IsTable(engine, folder)) {
    found->push_back(Inspect(engine, folder));
    return Status::OK();
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_symlink(ignored) || !entry->is_directory(ignored)) continue;
    PL_RETURN_NOT_OK(Walk(engine, entry->path().string(), false, found));
  }
  if (!error) return Status::OK();
  const Status status = ErrnoError(error.value(), "listing", folder);
  if (root) return status;
  // Below the root: one that is gone meanwhile is no news, another is told.
  if (CodeOf(status) != ErrorCode::kNotFound) {
    ListedTable unread;
    unread.path = folder;
    unread.problem = status.message();
    found->push_back(std::move(unread));
  }
  return Status::OK();
}

}  // namespace

Result<std::vector<ListedTable>> ListTables(const Engine& engine, const std::string& folder) {
  PL_ASSIGN_OR_RETURN(const io::Location location, engine.Locate(folder));
  std::vector<ListedTable> found;
  PL_RETURN_NOT_OK(Walk(engine, location.path, true, &found));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

}  // namespace pixlake::engine
