#include "query/upkeep/vacuum.h"

#include <fmt/format.h>

#include "catalog/lake.h"
#include "lake/batch_manifest.h"

namespace pixlake::query {
namespace {

// The folder that a path lies in; empty when there is none.
std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "" : path.substr(0, slash);
}

Status CheckNoBatchWaits(const io::Location& table, const io::Location& home) {
  PL_ASSIGN_OR_RETURN(const bool is_lake, catalog::Lake::Detect(home));
  if (!is_lake) return Status::OK();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, catalog::Lake::Open(home));
  PL_ASSIGN_OR_RETURN(const int64_t waiting, lake::BatchesWaiting(lake));
  if (waiting == 0) return Status::OK();
  return Error(ErrorCode::kUsage,
               fmt::format("vacuuming {}: an interrupted ingest into {} has {} batch{} to commit yet, whose "
                           "files would be lost; run `pixlake ingest` once more first",
                           table.path, home.path, waiting, waiting == 1 ? "" : "es"));
}

// The tables of the zone raw, which batches go to, lie in `<home>/raw`, or in the home itself.
Status CheckNoBatchWaits(const io::Location& table) {
  const std::string zone = ParentOf(table.path);
  for (const std::string& home : {ParentOf(zone), zone}) {
    if (!home.empty() && !home.ends_with(":/"))
      PL_RETURN_NOT_OK(CheckNoBatchWaits(table, {table.store, home}));
  }
  return Status::OK();
}

}  // namespace

Result<table::VacuumReport> Vacuum(const session::Session& session, const std::string& table,
                                   const table::VacuumRequest& request) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenTable(table));
  if (!request.dry_run) PL_RETURN_NOT_OK(CheckNoBatchWaits(opened->location()));
  PL_ASSIGN_OR_RETURN(auto* const care, opened->file_care());
  table::VacuumRequest watched = request;
  watched.threads = session.threads();
  watched.progress = session.Watch("Deleting files");
  return care->Vacuum(watched);
}

}  // namespace pixlake::query
