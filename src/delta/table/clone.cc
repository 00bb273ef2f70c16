#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/uuid.h"
#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/commit_actions_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/table/clone_internal.h"
#include "delta/vector/deletion_vector_internal.h"
#include "io/settle.h"

namespace pixlake::delta {

namespace {

// So that the next reader need not parse all of the first commit.
constexpr size_t kCheckpointFiles = 1000;

// A place as the log writes it: a URI, whatever table it stands in.
std::string FullPath(const io::Location& table, const std::string& path) {
  const size_t scheme = path.find("://");
  const size_t inside = scheme == std::string::npos ? 0 : scheme + 3;
  const std::string front = inside == 0 ? std::string(table.store->scheme()) + "://" : path.substr(0, inside);
  return front + io::PercentEncodePath(path.substr(inside));
}

Result<AddFile> Referred(const DeltaSnapshot& source, const AddFile& file) {
  AddFile out = file;
  PL_ASSIGN_OR_RETURN(const std::string path, ResolvePath(source.location(), file.path));
  out.path = FullPath(source.location(), path);
  if (file.deletion_vector && file.deletion_vector->storage_type != "i") {
    PL_ASSIGN_OR_RETURN(const std::string vector,
                        DeletionVectorPath(source.location(), *file.deletion_vector));
    out.deletion_vector->storage_type = "p";
    out.deletion_vector->path_or_inline = FullPath(source.location(), vector);
  }
  return out;
}

Metadata ClonedMetadata(const DeltaSnapshot& source) {
  Metadata metadata = source.state().metadata;
  metadata.id = NewUuid();
  metadata.created_time = NowMillis();
  // In-commit timestamps are on from the clone's first commit.
  metadata.configuration.erase("delta.inCommitTimestampEnablementVersion");
  metadata.configuration.erase("delta.inCommitTimestampEnablementTimestamp");
  return metadata;
}

}  // namespace

Status CommitClone(const io::Location& location, const DeltaSnapshot& source) {
  const TableState& state = source.state();
  if (location.store->scheme() != source.location().store->scheme()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("a shallow clone of {} can only be in the same store ({}), not at {}",
                             source.location().path, source.location().store->scheme(), location.path));
  }
  PL_RETURN_NOT_OK(CheckWritable(state.protocol, state.metadata));
  PendingChanges changes;
  TableHead head;
  head.version = -1;
  head.protocol = state.protocol;
  head.metadata = ClonedMetadata(source);
  head.totals = StateTotals{};
  changes.protocol = head.protocol;
  changes.metadata = head.metadata;
  changes.domains = state.domains;
  for (const AddFile& file : state.files) {
    PL_ASSIGN_OR_RETURN(AddFile referred, Referred(source, file));
    changes.committed_again.push_back(std::move(referred));
  }
  head.row_id_high_water_mark = RowIdHighWaterMark(state.domains);
  changes.operation =
      table::Operation{"CLONE",
                       {{"source", source.location().path},
                        {"sourceVersion", std::to_string(source.version())},
                        {"isShallow", "true"}},
                       {{"sourceNumOfFiles", std::to_string(state.files.size())}, {"numCopiedFiles", "0"}}};
  PL_ASSIGN_OR_RETURN(const CommitText commit, MakeCommit(changes, head, {NewUuid(), 0, false}));
  Status put = location.store->PutIfAbsent(CommitPath(location, 0), commit.bytes);
  if (CodeOf(put) == ErrorCode::kCommitStateUnknown || CodeOf(put) == ErrorCode::kAlreadyExists) {
    // A store that lost its answer: what stands there tells, by its own id.
    const Result<std::string> standing = location.store->ReadAll(CommitPath(location, 0));
    if (standing.ok() && *standing == commit.bytes)
      put = io::Settle(location.store.get(), LogFolder(location));
  }
  PL_RETURN_NOT_OK(put);
  // The table is there, whatever becomes of these.
  if (commit.checksum) {
    (void)WriteChecksum(location, 0, *commit.checksum);
  }
  if (state.files.size() > kCheckpointFiles) {
    (void)WriteCheckpoint(location, 0);
  }
  return Status::OK();
}

}  // namespace pixlake::delta
