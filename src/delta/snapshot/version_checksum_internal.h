// Version checksum files (PROTOCOL.md, "Version Checksum File"): what a version should add
// up to. `table check` verifies them; a read believes them only against a compacted commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "delta/snapshot/table_state_internal.h"

namespace pixlake::delta {

// More is no checksum; most of it is the definition.
constexpr int64_t kMaxChecksumBytes = int64_t{64} << 20;

struct StateTotals {
  int64_t files = 0;
  int64_t bytes = 0;
  int64_t vectors = 0;       // files with a deletion vector
  int64_t deleted_rows = 0;  // by them

  void Add(const AddFile& file, int64_t times = 1);
  bool operator==(const StateTotals& other) const = default;
};

StateTotals TotalsOf(const TableState& state);

struct VersionChecksum {
  StateTotals totals;
  bool has_vectors = false;    // their counts are said; they are optional
  bool has_definition = true;  // the protocol and the metadata are
  Protocol protocol;
  Metadata metadata;
  std::optional<int64_t> in_commit_timestamp;
  std::string txn_id;
};

VersionChecksum ChecksumOf(const TableState& state);

std::string ChecksumToJson(const VersionChecksum& checksum);
// kCorrupt for what is no such object.
Result<VersionChecksum> ChecksumFromJson(const std::string& text);

// What of the file's promises the state does not keep, in words; empty: all are kept.
std::string Disagreement(const VersionChecksum& promised, const VersionChecksum& found);

// Writes `version`'s file. It is a help: nobody waits for the disk.
Status WriteChecksum(const io::Location& table, int64_t version, const VersionChecksum& checksum);

}  // namespace pixlake::delta
