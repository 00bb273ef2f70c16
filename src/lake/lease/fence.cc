#include "lake/lease/fence.h"

#include <fmt/format.h>

#include "base/stop/stop_token.h"

namespace pixlake::lake {
namespace {

// Each attempt that is lost is a commit of somebody else's that counts.
constexpr int kAttempts = 100;

}  // namespace

Status FenceTable(table::Table* table, const table::LeaseEpoch& lease) {
  Status lost;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    PL_RETURN_NOT_OK(CheckStopped());
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load());
    const int64_t found = snapshot->TxnVersion(lease.app_id).value_or(0);
    if (found == lease.epoch) return Status::OK();
    if (found > lease.epoch) {
      return Error(ErrorCode::kCommitConflict,
                   fmt::format("{} was taken over under epoch {} of {}; this process has epoch {}",
                               table->location().path, found, lease.app_id, lease.epoch));
    }
    PL_ASSIGN_OR_RETURN(const auto transaction, table->Begin(snapshot));
    // A note, which unlike CommitUnder meets every commit that the former holder makes meanwhile.
    PL_RETURN_NOT_OK(transaction->NoteTxn(lease.app_id, lease.epoch));
    transaction->SetOperation({"LEASE", {{"epoch", fmt::format("\"{}\"", lease.epoch)}}, {}});
    lost = transaction->Commit().status();
    if (lost.ok()) return lost;
    if (CodeOf(lost) != ErrorCode::kCommitConflict)
      return WithContext(lost, "taking work over from a process that gave no sign of life");
  }
  return lost;
}

}  // namespace pixlake::lake
