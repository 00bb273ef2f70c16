#include "engine/table_listing.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/stop/stop_token.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;

ListedTable Inspect(const Session& session, const std::string& path) {
  ListedTable listed;
  listed.path = path;
  const auto read = [&]() -> Status {
    PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(path));
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

Status Walk(const Session& session, const std::string& folder, bool root, std::vector<ListedTable>* found) {
  PL_RETURN_NOT_OK(CheckStopped());
  if (session.IsTable(folder)) {
    found->push_back(Inspect(session, folder));
    return Status::OK();
  }
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_symlink(ignored) || !entry->is_directory(ignored)) continue;
    PL_RETURN_NOT_OK(Walk(session, entry->path().string(), false, found));
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

// The same in stores that are no disks.
Status WalkStore(const Session& session, const io::Location& place, bool root, int depth,
                 std::vector<ListedTable>* found) {
  constexpr int kMaxDepth = 64;
  PL_RETURN_NOT_OK(CheckStopped());
  const auto folders = place.store->ListFolders(place.path);
  if (!folders.ok() && root) return folders.status();
  if (!folders.ok()) {
    ListedTable unread;
    unread.path = place.path;
    unread.problem = folders.status().message();
    found->push_back(std::move(unread));
    return Status::OK();
  }
  const bool has_log = std::any_of(folders->begin(), folders->end(),
                                   [](const std::string& name) { return name == "_delta_log"; });
  if ((has_log || root) && session.IsTable(place.path)) {
    found->push_back(Inspect(session, place.path));
    return Status::OK();
  }
  if (depth == kMaxDepth) return Status::OK();
  for (const std::string& name : *folders) {
    PL_RETURN_NOT_OK(WalkStore(session, {place.store, place.Child(name)}, false, depth + 1, found));
  }
  return Status::OK();
}

}  // namespace

Result<std::vector<ListedTable>> ListTables(const Session& session, const std::string& folder) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const io::Location location, session.Locate(folder));
  std::vector<ListedTable> found;
  if (location.store->scheme() == "file") {
    PL_RETURN_NOT_OK(Walk(session, location.path, true, &found));
  } else {
    PL_RETURN_NOT_OK(WalkStore(session, location, true, 0, &found));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

}  // namespace pixlake::engine
