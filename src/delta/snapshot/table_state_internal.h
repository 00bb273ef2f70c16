// The state of a table at one version, from a checkpoint and the commits after it
// (PROTOCOL.md, "Action Reconciliation").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <arrow/type_fwd.h>

#include "delta/action/actions_internal.h"
#include "delta/action/file_list_internal.h"
#include "delta/log/log_listing_internal.h"

namespace pixlake::delta {

// The version of a table that has no commit yet.
inline constexpr int64_t kBeforeFirst = -1;

struct TableState {
  int64_t version = 0;
  int64_t timestamp_ms = 0;  // in-commit where enabled, else the commit file's
  Protocol protocol;
  Metadata metadata;
  std::shared_ptr<arrow::Schema> schema;
  std::string mapping_mode;  // "none", "name", "id"
  FileList files;
  std::vector<RemoveFile> tombstones;  // only when asked for
  std::map<std::string, Txn> txns;
  std::map<std::string, DomainMetadata> domains;
  std::optional<CommitInfo> commit_info;  // of this version's own commit
  std::optional<int64_t> checkpoint_version;
  int64_t commits_replayed = 0;
  // The commit file as it was listed: whether the version is still the same one.
  std::optional<io::ObjectInfo> commit_file;
};

// Takes the actions of one source after the other, newest first, and keeps of each
// key the first it meets. Not thread-safe.
class Replay {
 public:
  explicit Replay(bool keep_tombstones) : keep_tombstones_(keep_tombstones) {}

  // The actions of one commit, in the file's order (the last of a key wins).
  void AddCommit(std::vector<Action> actions);
  // The actions of the checkpoint, one by one, after all commits.
  void AddFromCheckpoint(Action action);
  // The same, for a state that is known: its files are shared.
  void AddFromState(const TableState& state);

  // kCorrupt when there is no protocol or no metadata; kUnsupported when the table
  // must not be read.
  Result<TableState> Finish() &&;

 private:
  void Apply(Action action, bool remember);
  template <typename FileAction>
  bool Seen(const FileAction& file) const;

  bool keep_tombstones_;
  std::unordered_set<std::string> seen_;
  std::optional<Protocol> protocol_;
  std::optional<Metadata> metadata_;
  TableState state_;
};

// The state at `version`; nullopt: the latest. kNotFound when the table or the
// version is not (or no longer) there.
Result<TableState> LoadState(const io::Location& table, std::optional<int64_t> version, bool keep_tombstones);

// What the commit file of its version says of a state.
Status FillTimestamp(const io::Location& table, const LogListing& listing, TableState* state);

// The way from a version that is known to a later one.
struct Advanced {
  enum class How {
    kSame,   // there is none, or it is the one that is known
    kMoved,  // `state` is it
    kLost,   // the log is another one by now, damaged, or a load from a checkpoint is quicker
  };
  How how = How::kSame;
  TableState state;
};

// The state at `version` (nullopt: the latest), not before `known`'s, by reading only the
// commits after it. Without tombstones.
Result<Advanced> AdvanceState(const io::Location& table, const TableState& known,
                              std::optional<int64_t> version);

}  // namespace pixlake::delta
