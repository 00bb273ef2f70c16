// Which files of a Delta table nobody needs any more.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "delta/snapshot/table_state_internal.h"
#include "io/location.h"
#include "table/upkeep.h"

namespace pixlake::delta {

// ".NAME.UUID.tmp" is what our own writers leave when they are killed.
bool IsOurTemporary(std::string_view name);

// What stays: files of the state, files that left it after `threshold_ms`, and the
// deletion vectors of both. Absolute paths.
Result<std::set<std::string>> NeededFiles(const io::Location& table, const TableState& state,
                                          int64_t threshold_ms);

// Files below the table's folder that are not needed and were last written before
// `threshold_ms`. Folders and files that begin with "_" or "." are left alone, but for
// partition folders ("_col=1"), `_change_data`, and what our own killed writers left, in
// `_delta_log` too.
Result<std::vector<io::ObjectInfo>> ListedCandidates(const io::Location& table, const TableState& state,
                                                     const std::set<std::string>& needed,
                                                     int64_t threshold_ms, int64_t* seen);

// Files that a commit before `threshold_ms` removed, by the log alone. kUnsupported when
// commits are missing that the last VACUUM had not seen: a full one is needed then.
Result<std::vector<io::ObjectInfo>> LoggedCandidates(const io::Location& table, const TableState& state,
                                                     const std::set<std::string>& needed,
                                                     int64_t threshold_ms, int64_t* seen);

// `_delta_log/_last_vacuum_info`: the newest commit all of whose removed files are expired.
Status WriteLastVacuum(const io::Location& table, int64_t threshold_ms);

}  // namespace pixlake::delta
