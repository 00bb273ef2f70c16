#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/stop/stop_token.h"
#include "delta/action/action_json_internal.h"
#include "delta/care/vacuum_internal.h"
#include "delta/log/log_listing_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/table/delta_table_internal.h"
#include "delta/vector/deletion_vector_internal.h"

namespace pixlake::delta {

namespace {

constexpr char kChangeData[] = "_change_data";

std::string LastVacuumPath(const io::Location& table) {
  return io::JoinPath(LogFolder(table), "_last_vacuum_info");
}

template <typename FileAction>
Status Need(const io::Location& table, const FileAction& file, std::set<std::string>* needed) {
  // A file of another store is none of ours to delete.
  const Result<std::string> path = ResolvePath(table, file.path);
  if (path.ok()) {
    needed->insert(*path);
  } else if (CodeOf(path.status()) != ErrorCode::kUnsupported) {
    return path.status();
  }
  if (file.deletion_vector && file.deletion_vector->storage_type != "i") {
    PL_ASSIGN_OR_RETURN(std::string vector, DeletionVectorPath(table, *file.deletion_vector));
    needed->insert(std::move(vector));
  }
  return Status::OK();
}

bool IsHiddenFolder(std::string_view name) {
  const bool hidden = name.starts_with('_') || name.starts_with('.');
  return hidden && name != kChangeData && name.find('=') == std::string_view::npos;
}

bool IsHiddenFile(std::string_view name) {
  return !IsOurTemporary(name) && (name.starts_with('_') || name.starts_with('.'));
}

class Lister {
 public:
  Lister(const io::Location& table, const std::set<std::string>& needed, int64_t threshold_ms)
      : table_(table), needed_(needed), threshold_ms_(threshold_ms) {}

  Status Walk(const std::string& folder) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const std::vector<io::ObjectInfo> objects, table_.store->List(folder));
    for (const io::ObjectInfo& object : objects) {
      const std::string_view name = std::string_view(object.path).substr(object.path.rfind('/') + 1);
      if (IsHiddenFile(name)) {
        continue;
      }
      ++seen_;
      if (object.modified_ms < threshold_ms_ && !needed_.contains(object.path)) {
        found_.push_back(object);
      }
    }
    PL_ASSIGN_OR_RETURN(const std::vector<std::string> folders, table_.store->ListFolders(folder));
    for (const std::string& name : folders) {
      if (!IsHiddenFolder(name)) {
        PL_RETURN_NOT_OK(Walk(io::JoinPath(folder, name)));
      }
    }
    return Status::OK();
  }

  // Of the log only what was left there.
  Status WalkLog() {
    PL_ASSIGN_OR_RETURN(const std::vector<io::ObjectInfo> objects, table_.store->List(LogFolder(table_)));
    for (const io::ObjectInfo& object : objects) {
      const std::string_view name = std::string_view(object.path).substr(object.path.rfind('/') + 1);
      if (IsOurTemporary(name) && object.modified_ms < threshold_ms_) {
        ++seen_;
        found_.push_back(object);
      }
    }
    return Status::OK();
  }

  int64_t seen() const { return seen_; }
  std::vector<io::ObjectInfo> found() && { return std::move(found_); }

 private:
  const io::Location& table_;
  const std::set<std::string>& needed_;
  const int64_t threshold_ms_;
  int64_t seen_ = 0;
  std::vector<io::ObjectInfo> found_;
};

// The newest version that a VACUUM found expired; -1: none is known.
int64_t LastVacuumed(const io::Location& table) {
  const Result<std::string> bytes = table.store->ReadAll(LastVacuumPath(table), int64_t{1} << 20);
  const nlohmann::json value = bytes.ok() ? nlohmann::json::parse(*bytes, nullptr, false) : nlohmann::json();
  const char* key = "latestCommitVersionOutsideOfRetentionWindow";
  const bool sane = value.is_object() && value.contains(key) && value[key].is_number_integer();
  return sane ? value[key].get<int64_t>() : -1;
}

}  // namespace

bool IsOurTemporary(std::string_view name) {
  constexpr std::string_view kEnd = ".tmp";
  constexpr size_t kUuid = 36;
  if (!name.starts_with('.') || !name.ends_with(kEnd) || name.size() < kUuid + kEnd.size() + 2) {
    return false;
  }
  const std::string_view uuid = name.substr(name.size() - kEnd.size() - kUuid, kUuid);
  return name[name.size() - kEnd.size() - kUuid - 1] == '.' &&
         uuid.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

Result<std::set<std::string>> NeededFiles(const io::Location& table, const TableState& state,
                                          int64_t threshold_ms) {
  std::set<std::string> needed;
  for (const AddFile& file : state.files) {
    PL_RETURN_NOT_OK(Need(table, file, &needed));
  }
  for (const RemoveFile& file : state.tombstones) {
    if (file.deletion_timestamp.value_or(0) >= threshold_ms) {
      PL_RETURN_NOT_OK(Need(table, file, &needed));
    }
  }
  return needed;
}

Result<std::vector<io::ObjectInfo>> ListedCandidates(const io::Location& table, const TableState& /*state*/,
                                                     const std::set<std::string>& needed,
                                                     int64_t threshold_ms, int64_t* seen) {
  Lister lister(table, needed, threshold_ms);
  PL_RETURN_NOT_OK(lister.Walk(table.path));
  PL_RETURN_NOT_OK(lister.WalkLog());
  *seen = lister.seen();
  return std::move(lister).found();
}

Result<std::vector<io::ObjectInfo>> LoggedCandidates(const io::Location& table, const TableState& state,
                                                     const std::set<std::string>& needed,
                                                     int64_t threshold_ms, int64_t* seen) {
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  const int64_t first = listing.commits.empty() ? state.version : listing.commits.begin()->first;
  if (first > 0 && first > LastVacuumed(table) + 1) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the log of {} begins at commit {} and no VACUUM is known to have seen those before: "
                    "run a full one",
                    table.path, first));
  }
  std::set<std::string> paths;
  for (const auto& [version, commit] : listing.commits) {
    if (version > state.version) {
      break;
    }
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(commit.path));
    const bool expired = commit.modified_ms < threshold_ms;
    PL_RETURN_NOT_OK(ParseActions(std::move(bytes), commit.path, [&](Action action) -> Status {
      if (const auto* remove = std::get_if<RemoveFile>(&action)) {
        if (remove->deletion_timestamp.value_or(0) < threshold_ms) {
          return Need(table, *remove, &paths);
        }
      } else if (const auto* change = std::get_if<CdcFile>(&action); change != nullptr && expired) {
        PL_ASSIGN_OR_RETURN(std::string path, ResolvePath(table, change->path));
        paths.insert(std::move(path));
      }
      return Status::OK();
    }));
  }
  *seen = static_cast<int64_t>(paths.size());
  std::vector<io::ObjectInfo> out;
  for (const std::string& path : paths) {
    // A shallow clone names files of another table: they are not ours.
    if (needed.contains(path) || !path.starts_with(table.path + "/")) {
      continue;
    }
    Result<io::ObjectInfo> object = table.store->Stat(path);
    if (object.ok()) {
      out.push_back(*std::move(object));
    } else if (CodeOf(object.status()) != ErrorCode::kNotFound) {
      return object.status();
    }
  }
  return out;
}

Status WriteLastVacuum(const io::Location& table, int64_t threshold_ms) {
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  int64_t expired = -1;
  for (const auto& [version, time] : CommitTimes(listing)) {
    expired = time < threshold_ms ? version : expired;
  }
  if (expired < 0) {
    return Status::OK();
  }
  const nlohmann::json info = {{"latestCommitVersionOutsideOfRetentionWindow", expired}};
  return table.store->Put(LastVacuumPath(table), info.dump());
}

}  // namespace pixlake::delta
