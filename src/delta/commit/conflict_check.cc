#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/commit/conflict_check_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/schema/schema_json_internal.h"

namespace pixlake::delta {

Status ConflictCheck::Conflict(const Winner& winner, std::string_view what) {
  const std::string operation = winner.info.operation.empty() ? "an operation" : winner.info.operation;
  const std::string engine = winner.info.engine_info.empty() ? "" : " by " + winner.info.engine_info;
  return Error(
      ErrorCode::kCommitConflict,
      fmt::format("commit {} by another writer ({}{}) {}; nothing was committed, run again to work on "
                  "the table as it is now",
                  winner.version, operation, engine, what));
}

Result<ConflictCheck::Winner> ConflictCheck::Read(std::string bytes, int64_t version) const {
  Winner winner;
  winner.version = version;
  PL_RETURN_NOT_OK(ParseActions(std::move(bytes), fmt::format("{:020}.json", version), [&](Action action) {
    if (auto* info = std::get_if<CommitInfo>(&action)) {
      winner.ours = winner.ours || info->txn_id == txn_id_;
      winner.info = std::move(*info);
    } else if (const auto* txn = std::get_if<Txn>(&action)) {
      winner.done = winner.done || (changes_.txn && txn->app_id == changes_.txn->app_id &&
                                    txn->version >= changes_.txn->version);
      for (const Txn& noted : changes_.noted_txns) {
        winner.came_further = winner.came_further || noted.app_id == txn->app_id;
      }
      for (const Txn& lease : changes_.leases) {
        winner.took_over = winner.took_over || (lease.app_id == txn->app_id && txn->version > lease.version);
      }
    } else if (auto* metadata = std::get_if<Metadata>(&action)) {
      winner.metadata = std::move(*metadata);
    } else if (auto* protocol = std::get_if<Protocol>(&action)) {
      winner.protocol = std::move(*protocol);
    } else if (auto* add = std::get_if<AddFile>(&action)) {
      winner.added.Add(*add);
      winner.rearranged = winner.rearranged || !add->data_change;
      if (!reads_.empty()) {
        winner.adds.push_back(std::move(*add));
      }
    } else if (auto* remove = std::get_if<RemoveFile>(&action)) {
      winner.removes.push_back(std::move(*remove));
    } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
      winner.domains.push_back(std::move(*domain));
    }
    return Status::OK();
  }));
  return winner;
}

Status ConflictCheck::CheckDefinition(const Winner& winner, const TableHead& head) const {
  if (!winner.metadata && !winner.protocol) {
    return Status::OK();
  }
  if (winner.metadata && (!changes_.OnlyAppends() || !reads_.empty())) {
    return Conflict(winner, "changed the table's definition");
  }
  if (winner.protocol && changes_.protocol) {
    return Conflict(winner, "changed the table's protocol, as this transaction would");
  }
  const Metadata& before = read_.state().metadata;
  PL_ASSIGN_OR_RETURN(const auto schema, SchemaFromJson(head.metadata.schema_string));
  if (head.metadata.id != before.id || head.metadata.partition_columns != before.partition_columns ||
      !schema->Equals(*read_.state().schema, true)) {
    return Conflict(winner, "changed the table's schema");
  }
  if (changes_.keeps_rules && ConstraintsOf(head.metadata) != ConstraintsOf(before)) {
    return Conflict(winner, "changed the table's constraints, which new rows were checked for");
  }
  const Status writable = changes_.appended.empty() || !changes_.data_change
                              ? CheckWritable(head.protocol, head.metadata)
                              : CheckAppendable(head.protocol, head.metadata, *schema, changes_.keeps_rules);
  return writable.ok() ? writable
                       : Conflict(winner, fmt::format("changed the table so that {}", writable.message()));
}

Result<bool> ConflictCheck::MayHaveRead(const AddFile& file) {
  if (reads_.whole_table) {
    return true;
  }
  for (size_t i = planners_.size(); i < reads_.predicates.size(); ++i) {
    planners_.emplace_back(read_,
                           table::BoundPredicate::Bind(reads_.predicates[i], *read_.definition().schema));
  }
  for (const ScanPlanner& planner : planners_) {
    PL_ASSIGN_OR_RETURN(const bool match, planner.MayMatch(file));
    if (match) {
      return true;
    }
  }
  return false;
}

Status ConflictCheck::CheckAdds(const Winner& winner) {
  // Rows arranged anew were there before: who read them meets their removal.
  if (!changes_.data_change) {
    return Status::OK();
  }
  const bool blind = winner.info.is_blind_append.value_or(false);
  if (blind && !changes_.metadata) {
    return Status::OK();
  }
  for (const AddFile& add : winner.adds) {
    if (!add.data_change) {
      continue;
    }
    PL_ASSIGN_OR_RETURN(const bool read, MayHaveRead(add));
    if (read) {
      return Conflict(winner,
                      fmt::format("added {}, whose rows this transaction should have read", add.path));
    }
  }
  return Status::OK();
}

void ConflictCheck::IndexFiles() {
  if (indexed_) {
    return;
  }
  indexed_ = true;
  for (const std::vector<AddFile>* files : {&changes_.removed, &changes_.restated}) {
    for (const AddFile& file : *files) {
      our_removes_.insert(CanonicalPath(file.path));
    }
  }
  if (!reads_.empty()) {
    for (const AddFile& file : read_.state().files) {
      files_.emplace(CanonicalPath(file.path), &file);
    }
  }
}

Status ConflictCheck::CheckRemoves(const Winner& winner) {
  if (winner.removes.empty() || (changes_.removed.empty() && changes_.restated.empty() && reads_.empty())) {
    return Status::OK();
  }
  IndexFiles();
  for (const RemoveFile& remove : winner.removes) {
    const std::string path = CanonicalPath(remove.path);
    if (our_removes_.contains(path)) {
      return Conflict(winner, fmt::format("removed or changed {}, which this transaction removes", path));
    }
    const auto found = files_.find(path);
    if (found == files_.end()) {
      continue;
    }
    PL_ASSIGN_OR_RETURN(const bool read, MayHaveRead(*found->second));
    if (read) {
      return Conflict(winner, fmt::format("removed or changed {}, which this transaction read", path));
    }
  }
  return Status::OK();
}

Status ConflictCheck::CheckDomains(const Winner& winner) const {
  for (const DomainMetadata& domain : winner.domains) {
    if (changes_.domains.contains(domain.domain)) {
      return Conflict(winner, fmt::format("changed domain {}, as this transaction would", domain.domain));
    }
  }
  return Status::OK();
}

Result<Standing> ConflictCheck::Pass(std::string bytes, TableHead* head) {
  PL_ASSIGN_OR_RETURN(Winner winner, Read(std::move(bytes), head->version + 1));
  if (winner.ours) {
    return Standing::kOurs;
  }
  if (winner.took_over) {
    return Conflict(winner, "took this piece of work over, its lease having run out here");
  }
  if (winner.done) {
    return Standing::kAlreadyDone;
  }
  if (winner.came_further) {
    return Conflict(winner, "did the same piece of work");
  }
  TableHead next = *head;
  next.version = winner.version;
  next.last_commit_timestamp = winner.info.in_commit_timestamp.value_or(head->last_commit_timestamp);
  if (next.totals && winner.removes.empty() && !winner.rearranged) {
    next.totals->files += winner.added.files;
    next.totals->bytes += winner.added.bytes;
    next.totals->vectors += winner.added.vectors;
    next.totals->deleted_rows += winner.added.deleted_rows;
  } else {
    // What a removed file's size was is not always said.
    next.totals.reset();
  }
  if (winner.protocol) {
    next.protocol = *winner.protocol;
  }
  if (winner.metadata) {
    next.metadata = *winner.metadata;
  }
  for (const DomainMetadata& domain : winner.domains) {
    next.row_id_high_water_mark =
        std::max(next.row_id_high_water_mark, RowIdHighWaterMark({{domain.domain, domain}}));
  }
  PL_RETURN_NOT_OK(CheckDefinition(winner, next));
  PL_RETURN_NOT_OK(CheckAdds(winner));
  PL_RETURN_NOT_OK(CheckRemoves(winner));
  PL_RETURN_NOT_OK(CheckDomains(winner));
  *head = std::move(next);
  return Standing::kFree;
}

}  // namespace pixlake::delta
