#include "query/upkeep/clone.h"

namespace pixlake::query {

Result<CloneReport> CloneShallow(const session::Session& session, const table::TableReference& source,
                                 const std::string& target) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto table, session.OpenTable(source));
  // A clone names the very files, past whatever stands before them here.
  PL_ASSIGN_OR_RETURN(const auto gate, session.GateFor(*table));
  if (gate != nullptr)
    return Error(ErrorCode::kUnauthorised,
                 table->location().path + ": not all of it may be read, so it cannot be cloned");
  PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(source.version));
  PL_ASSIGN_OR_RETURN(table::TableFormat* const format, session.Format(table->format()));
  PL_ASSIGN_OR_RETURN(const io::Location place, session.Locate(target));
  PL_ASSIGN_OR_RETURN(const auto clone, format->CloneShallow(place, *snapshot));
  PL_ASSIGN_OR_RETURN(const table::SnapshotTotals totals, snapshot->Totals());
  return CloneReport{place.path, table->location().path, snapshot->version(), totals.num_files,
                     totals.size_bytes};
}

}  // namespace pixlake::query
