// A lake: a folder whose tables have names ("raw.images").
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "io/location.h"
#include "table/table.h"

namespace pixlake::catalog {

// "zone.name" of a table; its place is `<lake>/<zone>/<name>`.
struct TableName {
  std::string zone;
  std::string name;
  std::string text() const { return zone + "." + name; }
};

// "raw.images" -> {raw, images}. nullopt for what is no such name: anything but two
// words of lower-case letters, digits and '_' in a known zone.
std::optional<TableName> ParseTableName(std::string_view text);

// By zone, the folder or prefix that its tables are in: an absolute path or a URI.
using ZoneRoots = std::map<std::string, std::string>;

struct LakeOptions {
  // Where the caller says that the zones are; empty: wherever the lake has them. All three, or none.
  ZoneRoots roots = {};
  io::LocalOptions local = {};  // of zones on local disks that are not in the lake's own folder
};

// The home of a lake whose raw zone is there: what it lies in when it is named "raw", else the zone itself.
std::string HomeOf(std::string_view raw_root);

// Its home has its marker, leases, manifests and what else belongs to no table. Its zones are folders of it,
// or, as its marker says, elsewhere: in other stores, too. Values. Thread-safe.
class Lake {
 public:
  // Makes the folder and its marker when they are missing; fine when it is a lake
  // already. kUsage when the folder holds something else, or a lake whose zones are not where `options`
  // say.
  static Result<Lake> Init(io::Location place, const LakeOptions& options = {});
  // kNotFound when there is no lake, kUnsupported for one of a later version; kUsage as Init.
  static Result<Lake> Open(io::Location place, const LakeOptions& options = {});
  static Result<bool> Detect(const io::Location& place);

  const io::Location& place() const { return place_; }
  // The one place that knows where a table is.
  io::Location TablePlace(const TableName& name) const;
  // The tables of a zone are directly in it.
  io::Location ZonePlace(const std::string& zone) const;
  // Not on a local disk: what is done alone is done under a lease.
  bool is_remote() const { return place_.store->scheme() != "file"; }
  // The tables that are there, in the zones' order, by name within a zone.
  Result<std::vector<TableName>> TableNames() const;
  // Where pixlake keeps what belongs to no table: "<lake>/_pixlake/<name>".
  std::string Internal(std::string_view name) const;

 private:
  explicit Lake(io::Location place) : place_(std::move(place)) {}
  Status SetRoots(const ZoneRoots& roots, const io::LocalOptions& local);
  Status CheckRoots(const LakeOptions& options) const;
  std::string Marker() const;
  io::Location place_;
  std::map<std::string, io::Location> elsewhere_;  // zones that are no folders of it
};

// The zones, bronze to gold (M1.3), and what the lake knows of its tables.
const std::vector<std::string>& Zones();

// Which meaning the columns of a lake's own table have, as a property of the table; a table
// without it is of version 1. A change that an older pixlake would misread raises it.
inline constexpr char kOwnTableVersion[] = "pixlake.tableVersion";
inline constexpr int kKnownOwnTableVersion = 1;

// kUnsupported for one of the lake's own tables that a newer pixlake made.
Status CheckOwnTableVersion(const table::TableDefinition& definition, const std::string& place);

// What a new table of a lake's own is made with (M1.4). nullopt: not one of the lake's own.
std::optional<table::TableDefinition> OwnTable(const TableName& name);

// Those that ingest fills, in the order they are made: "raw.images", "raw.metadata", "raw.binary",
// "raw.sources", "raw.quarantine".
std::vector<TableName> OwnTables();

// Those that steps make of them, processed and curated ("processed.features", …).
std::vector<TableName> MadeTables();

}  // namespace pixlake::catalog
