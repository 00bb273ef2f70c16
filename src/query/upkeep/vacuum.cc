#include "query/upkeep/vacuum.h"

#include <fmt/format.h>

#include "catalog/lake.h"
#include "lake/batch_manifest.h"

namespace pixlake::query {
namespace {

// The folder of `<lake>/<zone>/<name>`; empty when there is none that far up.
std::string LakeOf(const std::string& table) {
  const size_t zone = table.rfind('/');
  const size_t lake = zone == 0 || zone == std::string::npos ? std::string::npos : table.rfind('/', zone - 1);
  return lake == std::string::npos ? "" : table.substr(0, lake);
}

Status CheckNoBatchWaits(const io::Location& table) {
  const io::Location place{table.store, LakeOf(table.path)};
  if (place.path.empty()) return Status::OK();
  PL_ASSIGN_OR_RETURN(const bool is_lake, catalog::Lake::Detect(place));
  if (!is_lake) return Status::OK();
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, catalog::Lake::Open(place));
  PL_ASSIGN_OR_RETURN(const int64_t waiting, lake::BatchesWaiting(lake));
  if (waiting == 0) return Status::OK();
  return Error(ErrorCode::kUsage,
               fmt::format("vacuuming {}: an interrupted ingest into {} has {} batch{} to commit yet, whose "
                           "files would be lost; run `pixlake ingest` once more first",
                           table.path, place.path, waiting, waiting == 1 ? "" : "es"));
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
