// What a lake's tables are, in words that people and programs ask for: whose they are, what their columns
// mean, how their columns changed. All of it follows from the tables themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace pixlake::inventory {

// Properties of a table, which every engine keeps.
inline constexpr char kOwnerKey[] = "pixlake.owner";
inline constexpr char kTagsKey[] = "pixlake.tags";  // with commas between; of a column in its own metadata

struct ColumnEntry {
  std::string name;
  std::string type;  // as Spark writes it
  bool nullable = true;
  std::string description;
  std::vector<std::string> tags;
};

struct TableEntry {
  std::string name;  // "raw.images"
  std::string zone;
  std::string owner;
  std::string description;
  std::vector<std::string> tags;
  std::string compatibility = "none";  // by which rule its columns may change: table/compatibility.h
  std::string format;
  std::string place;
  int64_t version = -1;
  std::optional<int64_t> rows;
  int64_t files = 0;
  int64_t bytes = 0;
  std::vector<std::string> partition_columns;
  int64_t updated_ms = 0;
  std::vector<ColumnEntry> columns;
  std::string problem;  // why it cannot be read; the rest is not known then
};

// Of the lake's tables, zone by zone, as their logs have it now.
Result<std::vector<TableEntry>> TakeInventory(const session::Session& session);
// kNotFound, with what is near.
Result<TableEntry> FindEntry(const session::Session& session, const std::string& table);

// What is said of a table, or of one of its columns. What is not set stays.
struct Declaration {
  std::string table;
  std::string column;  // empty: the table itself
  std::optional<std::string> owner;
  std::optional<std::string> description;
  std::optional<std::string> compatibility;
  std::vector<std::string> add_tags;
  std::vector<std::string> remove_tags;
};

// One commit; its version, or the table's when it says so already. kUsage for tags that are not letters,
// digits, '_', '-', '.', ':' and '/', for an owner of a column and the like.
Result<int64_t> Declare(const session::Session& session, const Declaration& declaration);

}  // namespace pixlake::inventory
