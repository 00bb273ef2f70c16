#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/log_compaction_internal.h"
#include "delta/log/table_path_internal.h"

namespace pixlake::delta {

namespace {

// What one action replaces when it comes later; "": it is not kept.
std::string KeyOf(const Action& action) {
  const auto file = [](const auto& named) {
    std::string key = "f" + CanonicalPath(named.path);
    key += '\0';
    return key + (named.deletion_vector ? named.deletion_vector->UniqueId() : "");
  };
  if (const auto* add = std::get_if<AddFile>(&action)) {
    return file(*add);
  }
  if (const auto* remove = std::get_if<RemoveFile>(&action)) {
    return file(*remove);
  }
  if (const auto* txn = std::get_if<Txn>(&action)) {
    return "t" + txn->app_id;
  }
  if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
    return "d" + domain->domain;
  }
  if (std::holds_alternative<Protocol>(action)) {
    return "p";
  }
  return std::holds_alternative<Metadata>(action) ? "m" : "";
}

}  // namespace

Result<std::string> CompactedBytes(const io::Location& table, const std::vector<io::ObjectInfo>& commits,
                                   int64_t* actions) {
  std::map<std::string, std::string> lines;
  PL_RETURN_NOT_OK(ReadCommits(table, commits, [&](const io::ObjectInfo&, CommitActions commit) {
    for (Action& action : commit.actions) {
      // Nobody tells from them what a commit changed, and other writers say so, too.
      if (auto* add = std::get_if<AddFile>(&action)) {
        add->data_change = false;
      } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
        remove->data_change = false;
      }
      if (std::string key = KeyOf(action); !key.empty()) {
        lines[std::move(key)] = ActionToJson(action);
      }
    }
    return Status::OK();
  }));
  std::string out;
  for (const auto& [key, line] : lines) {
    out += line;
    out += '\n';
  }
  *actions = static_cast<int64_t>(lines.size());
  return out;
}

Result<table::LogCompactionReport> CompactLog(const io::Location& table, std::optional<int64_t> first,
                                              std::optional<int64_t> last) {
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  if (listing.commits.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is not a Delta table: no commit in _delta_log", table.path));
  }
  table::LogCompactionReport report;
  const int64_t checkpoint = listing.checkpoints.empty() ? -1 : listing.checkpoints.rbegin()->first;
  report.first = first.value_or(std::max(listing.commits.begin()->first, checkpoint + 1));
  report.last = last.value_or(listing.commits.rbegin()->first);
  if (report.first < 0 || report.last <= report.first) {
    return Error(
        ErrorCode::kUsage,
        fmt::format("the commits {} to {} of {} are fewer than two: there is nothing to put together",
                    report.first, report.last, table.path));
  }
  if (report.last > listing.commits.rbegin()->first) {
    return Error(ErrorCode::kNotFound, fmt::format("{} has no version {}; the latest is {}", table.path,
                                                   report.last, listing.commits.rbegin()->first));
  }
  PL_ASSIGN_OR_RETURN(const auto commits, CommitsBetween(listing, report.first - 1, report.last, table.path));
  PL_ASSIGN_OR_RETURN(const std::string bytes, CompactedBytes(table, commits, &report.actions));
  report.bytes = static_cast<int64_t>(bytes.size());
  report.path = CompactionPath(table, report.first, report.last);
  PL_RETURN_NOT_OK(table.store->Put(report.path, bytes));
  return report;
}

}  // namespace pixlake::delta
