#include <charconv>

#include <fmt/format.h>

#include "base/clock.h"
#include "delta/action/action_json_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

int64_t NumberProperty(const Metadata& metadata, const std::string& key, int64_t otherwise) {
  const auto found = metadata.configuration.find(key);
  if (found == metadata.configuration.end()) {
    return otherwise;
  }
  int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

Result<int64_t> InCommitTimestamp(const io::Location& table, const io::ObjectInfo& commit) {
  PL_ASSIGN_OR_RETURN(std::string bytes, table.store->ReadAll(commit.path));
  PL_ASSIGN_OR_RETURN(const std::optional<CommitInfo> info, FindCommitInfo(std::move(bytes), commit.path));
  if (!info || !info->in_commit_timestamp) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("{} has no inCommitTimestamp though the table promises it", commit.path));
  }
  return *info->in_commit_timestamp;
}

Status TooEarly(const io::Location& table, int64_t as_of_ms, int64_t first_ms) {
  return Error(ErrorCode::kNotFound,
               fmt::format("{} has no version as early as {}; the earliest kept is of {}", table.path,
                           FormatTimestamp(as_of_ms), FormatTimestamp(first_ms)));
}

using Commits = std::vector<std::pair<int64_t, io::ObjectInfo>>;

// In-commit timestamps increase with the version: a binary search reads few commits.
Result<int64_t> SearchInCommitTimes(const io::Location& table, const Commits& commits, int64_t as_of_ms) {
  PL_ASSIGN_OR_RETURN(const int64_t first, InCommitTimestamp(table, commits.front().second));
  if (first > as_of_ms) {
    return TooEarly(table, as_of_ms, first);
  }
  size_t low = 0;  // known to be not after
  size_t high = commits.size();
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    PL_ASSIGN_OR_RETURN(const int64_t time, InCommitTimestamp(table, commits[middle].second));
    (time <= as_of_ms ? low : high) = middle;
  }
  return commits[low].first;
}

Result<int64_t> SearchFileTimes(const io::Location& table, const LogListing& listing, int64_t as_of_ms) {
  std::optional<int64_t> found;
  const std::map<int64_t, int64_t> times = CommitTimes(listing);
  for (const auto& [version, time] : times) {
    if (time <= as_of_ms) {
      found = version;
    }
  }
  if (!found) {
    return TooEarly(table, as_of_ms, times.empty() ? 0 : times.begin()->second);
  }
  return *found;
}

}  // namespace

Result<int64_t> VersionAsOf(const io::Location& table, int64_t as_of_ms) {
  PL_ASSIGN_OR_RETURN(LogListing listing, ListWholeLog(table));
  PL_ASSIGN_OR_RETURN(const TableState latest, LoadState(table, std::nullopt, false));
  if (!InCommitTimestampsEnabled(latest.protocol, latest.metadata)) {
    return SearchFileTimes(table, listing, as_of_ms);
  }
  const int64_t enabled_version =
      NumberProperty(latest.metadata, "delta.inCommitTimestampEnablementVersion", 0);
  const int64_t enabled_time =
      NumberProperty(latest.metadata, "delta.inCommitTimestampEnablementTimestamp", INT64_MIN);
  if (as_of_ms < enabled_time) {
    listing.commits.erase(listing.commits.lower_bound(enabled_version), listing.commits.end());
    return SearchFileTimes(table, listing, as_of_ms);
  }
  const Commits commits(listing.commits.lower_bound(enabled_version), listing.commits.end());
  if (commits.empty()) {
    return TooEarly(table, as_of_ms, latest.timestamp_ms);
  }
  return SearchInCommitTimes(table, commits, as_of_ms);
}

}  // namespace pixlake::delta
