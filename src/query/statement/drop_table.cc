// DROP TABLE [IF EXISTS] table: its folder goes, log last.
#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "query/statement/metrics_rows.h"
#include "query/statement/statement.h"

namespace pixlake::query {
namespace {

constexpr int kMaxDepth = 64;

struct Found {
  std::vector<io::ObjectInfo> files;  // those of hidden folders last, for a log says what is a table
  std::vector<std::string> folders;   // inner ones first
  int64_t bytes = 0;
};

Status Collect(const session::Session& session, const io::Location& place, const std::string& folder,
               int depth, Found* out) {
  PL_RETURN_NOT_OK(CheckStopped());
  if (depth > kMaxDepth) return Error(ErrorCode::kUsage, folder + " is nested too deep for a table's folder");
  PL_ASSIGN_OR_RETURN(std::vector<std::string> inner, place.store->ListFolders(folder));
  std::stable_partition(inner.begin(), inner.end(), [](const std::string& name) { return name[0] != '_'; });
  PL_ASSIGN_OR_RETURN(const auto files, place.store->List(folder));
  for (const io::ObjectInfo& file : files) {
    out->files.push_back(file);
    out->bytes += file.size;
  }
  for (const std::string& name : inner) {
    const std::string path = io::JoinPath(folder, name);
    if (session.IsTable(path)) {
      return Error(ErrorCode::kUsage,
                   fmt::format("{} is another table, within {}: drop that one first", path, place.path));
    }
    PL_RETURN_NOT_OK(Collect(session, place, path, depth + 1, out));
  }
  out->folders.push_back(folder);
  return Status::OK();
}

// Folders are things of their own on disks alone; one that is not empty stays.
void RemoveFolders(const io::Location& place, const std::vector<std::string>& folders) {
  if (place.store->scheme() != "file") return;
  for (const std::string& folder : folders) {
    std::error_code ignored;
    if (std::filesystem::is_symlink(folder, ignored) || !std::filesystem::is_directory(folder, ignored))
      continue;
    std::filesystem::remove(folder, ignored);
  }
}

}  // namespace

Result<std::unique_ptr<QueryResult>> RunDropTable(const StatementContext& context,
                                                  const SqlStatement& statement) {
  SqlCursor cursor(statement);
  PL_RETURN_NOT_OK(cursor.Expect("DROP TABLE"));
  const bool if_exists = cursor.TakeWords("IF EXISTS");
  const bool place_meant = cursor.IsPlace();
  const auto taken = cursor.TakeTable();
  if (!taken.ok()) return nullptr;
  const std::string& name = *taken;
  const auto named = catalog::ParseTableName(name);
  const bool of_lake = !place_meant && context.session.has_lake() && named.has_value();
  // A bare name is a table of the session, or nothing that is dropped by it.
  if (!place_meant && !of_lake) return nullptr;
  (void)cursor.TakeWords("PURGE");
  PL_RETURN_NOT_OK(cursor.ExpectEnd());
  PL_ASSIGN_OR_RETURN(const io::Location place, context.session.Locate(name));
  PL_ASSIGN_OR_RETURN(const bool own, IsOwnOfLake(context, place));
  if (own) {
    return Error(ErrorCode::kUsage,
                 fmt::format("{} is the lake's own table and stays: its rows go by DELETE FROM", name));
  }
  const auto opened = context.session.OpenToChange(name);
  if (!opened.ok() && CodeOf(opened.status()) == ErrorCode::kNotFound && if_exists) {
    return MetricsRow(place.path, -1, {{"numDeletedFiles", "0"}});
  }
  PL_RETURN_NOT_OK(opened.status());
  Found found;
  PL_RETURN_NOT_OK(Collect(context.session, place, place.path, 0, &found));
  for (const io::ObjectInfo& file : found.files) PL_RETURN_NOT_OK(place.store->Delete(file.path));
  RemoveFolders(place, found.folders);
  if (of_lake) PL_RETURN_NOT_OK(context.sql_session.Forget({named->zone, named->name, ""}));
  return MetricsRow(place.path, -1,
                    {{"numDeletedFiles", std::to_string(found.files.size())},
                     {"sizeOfDeletedData", std::to_string(found.bytes)}});
}

}  // namespace pixlake::query
