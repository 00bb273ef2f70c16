// Whether a transaction may be moved past a commit that came first (PROTOCOL.md leaves it
// to writers; the rules are those of table::Transaction, which are Delta Spark's).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "delta/commit/commit_actions_internal.h"
#include "delta/snapshot/snapshot_internal.h"

namespace pixlake::delta {

// What a transaction read to decide on its changes.
struct ReadSet {
  bool whole_table = false;
  std::vector<table::Predicate> predicates;

  bool empty() const { return !whole_table && predicates.empty(); }
};

enum class Standing {
  kFree,         // may come after it
  kOurs,         // it is the very commit we tried
  kAlreadyDone,  // it committed our (app_id, version)
};

// Borrows all it is given. Not thread-safe.
class ConflictCheck {
 public:
  ConflictCheck(const DeltaSnapshot& read, const PendingChanges& changes, const ReadSet& reads,
                const std::string& txn_id)
      : read_(read), changes_(changes), reads_(reads), txn_id_(txn_id) {}

  // `bytes` are those of commit `head->version + 1`; moves `head` past it. kCommitConflict
  // names the commit, what it did and what to do.
  Result<Standing> Pass(std::string bytes, TableHead* head);

 private:
  struct Winner {
    int64_t version = 0;
    CommitInfo info;
    std::optional<Protocol> protocol;
    std::optional<Metadata> metadata;
    std::vector<AddFile> adds;
    StateTotals added;
    bool rearranged = false;  // adds that are no new rows: totals cannot be told from them
    std::vector<RemoveFile> removes;
    std::vector<DomainMetadata> domains;
    bool ours = false;
    bool done = false;
    bool came_further = false;  // noted progress that this transaction notes too
    bool took_over = false;     // made under a later epoch of a lease that this one is made under
  };

  Result<Winner> Read(std::string bytes, int64_t version) const;
  Status CheckDefinition(const Winner& winner, const TableHead& head) const;
  Status CheckAdds(const Winner& winner);
  Status CheckRemoves(const Winner& winner);
  Status CheckDomains(const Winner& winner) const;
  Result<bool> MayHaveRead(const AddFile& file);
  void IndexFiles();
  static Status Conflict(const Winner& winner, std::string_view what);

  const DeltaSnapshot& read_;
  const PendingChanges& changes_;
  const ReadSet& reads_;
  const std::string& txn_id_;
  std::deque<ScanPlanner> planners_;  // one for each predicate of `reads_`
  // Filled when a winner removed something.
  std::unordered_set<std::string> our_removes_;
  std::unordered_map<std::string, const AddFile*> files_;
  bool indexed_ = false;
};

}  // namespace pixlake::delta
