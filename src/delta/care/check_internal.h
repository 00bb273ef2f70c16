// What is wrong with a table, and what of it can be put right.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "delta/snapshot/snapshot_internal.h"
#include "delta/snapshot/version_checksum_internal.h"
#include "table/table.h"

namespace pixlake::delta {

struct Findings {
  table::CheckReport report;
  std::shared_ptr<const DeltaSnapshot> snapshot;
  std::vector<const AddFile*> gone;              // data files that are not there
  std::vector<const AddFile*> misstated;         // sound, but with other statistics than the log's
  std::map<int64_t, VersionChecksum> checksums;  // what wrong files of these versions should say
  std::vector<std::string> compactions;          // that hold something else than their commits
  bool hint = false;                             // `_last_checkpoint` leads nowhere
  std::vector<std::string> temporaries;          // left by killed writers more than a day ago
};

// All of the table, read whole.
Result<Findings> FindProblems(const io::Location& table);

// The parts of it. Data files that the snapshot has:
Status CheckFiles(Findings* findings);
// the log: gaps, checksums, compacted commits, the hint;
Status CheckLog(const io::Location& table, Findings* findings);
// and what is in the table's folders and in no version.
Status CheckFolders(const io::Location& table, const TableState& state, Findings* findings);

}  // namespace pixlake::delta
