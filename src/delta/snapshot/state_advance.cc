// From a version that is known to a later one.
#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>

#include "delta/log/commit_reader_internal.h"
#include "delta/snapshot/table_state_internal.h"

namespace pixlake::delta {

namespace {

// With more new commits than this a checkpoint, if there is one, is quicker.
constexpr size_t kMostCommits = 1000;

// A table may have been deleted and made anew at its place: the commit would be another
// file then.
Result<bool> StillThere(const io::Location& table, const io::ObjectInfo& commit) {
  const Result<io::ObjectInfo> now = table.store->Stat(commit.path);
  if (!now.ok()) {
    return CodeOf(now.status()) == ErrorCode::kNotFound ? Result<bool>(false) : now.status();
  }
  return now->size == commit.size && now->etag == commit.etag &&
         (!now->etag.empty() || now->modified_ms == commit.modified_ms);
}

Result<TableState> Apply(const io::Location& table, const TableState& known,
                         std::vector<io::ObjectInfo> commits) {
  Replay replay(false);
  std::optional<CommitInfo> info;
  std::reverse(commits.begin(), commits.end());
  PL_RETURN_NOT_OK(ReadCommits(table, commits, [&](const io::ObjectInfo& file, CommitActions commit) {
    if (&file == commits.data()) {
      info = std::move(commit.info);
    }
    replay.AddCommit(std::move(commit.actions));
    return Status::OK();
  }));
  replay.AddFromState(known);
  PL_ASSIGN_OR_RETURN(TableState state, std::move(replay).Finish());
  state.commit_info = std::move(info);
  state.checkpoint_version = known.checkpoint_version;
  state.commits_replayed = known.commits_replayed + static_cast<int64_t>(commits.size());
  return state;
}

}  // namespace

Result<Advanced> AdvanceState(const io::Location& table, const TableState& known,
                              std::optional<int64_t> version) {
  using How = Advanced::How;
  if (!known.commit_file || version.value_or(known.version) < known.version) {
    return Advanced{How::kLost, {}};
  }
  PL_ASSIGN_OR_RETURN(const bool same, StillThere(table, *known.commit_file));
  if (!same) {
    return Advanced{How::kLost, {}};
  }
  if (version == known.version) {
    return Advanced{How::kSame, {}};
  }
  PL_ASSIGN_OR_RETURN(const bool newer, HasCommit(table, known.version + 1));
  if (!newer) {
    // A version after the latest: the full load says that it is not there.
    return Advanced{version ? How::kLost : How::kSame, {}};
  }
  PL_ASSIGN_OR_RETURN(const auto objects,
                      table.store->List(LogFolder(table), fmt::format("{:020}", known.version)));
  const LogListing listing = SortLog(objects);
  const int64_t target = version.value_or(listing.latest().value_or(known.version));
  const auto commits = CommitsBetween(listing, known.version, target, table.path);
  if (!commits.ok() || commits->size() > kMostCommits) {
    return Advanced{How::kLost, {}};
  }
  PL_ASSIGN_OR_RETURN(TableState state, Apply(table, known, *commits));
  state.version = target;
  PL_RETURN_NOT_OK(FillTimestamp(table, listing, &state));
  return Advanced{How::kMoved, std::move(state)};
}

}  // namespace pixlake::delta
