#include "inventory/search.h"

#include <cctype>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <unistd.h>

namespace pixlake::inventory {
namespace {

constexpr int kIndexVersion = 1;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

Status Failed(sqlite3* database, const char* what) {
  return Error(ErrorCode::kIo, fmt::format("{} the catalog's index: {}", what,
                                           database == nullptr ? "" : sqlite3_errmsg(database)));
}

Result<Database> OpenDatabase(const std::string& path) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(raw);
  if (opened != SQLITE_OK) return Failed(raw, "opening");
  sqlite3_busy_timeout(raw, 10'000);
  return database;
}

Status Execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return Status::OK();
  return Failed(database, "writing");
}

Result<Statement> Prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &raw, nullptr) != SQLITE_OK) return Failed(database, "asking");
  return Statement(raw);
}

void Bind(sqlite3_stmt* statement, int at, const std::string& text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

std::string TextOf(sqlite3_stmt* statement, int column) {
  const auto* text = sqlite3_column_text(statement, column);
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

// What the index is made of: another inventory is another text.
std::string StateOf(const std::vector<TableEntry>& entries) {
  std::string out = fmt::format("{}", kIndexVersion);
  for (const TableEntry& entry : entries) out += fmt::format(" {}@{}", entry.name, entry.version);
  return out;
}

bool IsCurrent(sqlite3* database, const std::string& state) {
  const auto found = Prepare(database, "SELECT state FROM state");
  return found.ok() && sqlite3_step(found->get()) == SQLITE_ROW && TextOf(found->get(), 0) == state;
}

Status AddRow(sqlite3* database, sqlite3_stmt* insert, const std::vector<std::string>& values) {
  sqlite3_reset(insert);
  for (size_t i = 0; i < values.size(); ++i) Bind(insert, static_cast<int>(i) + 1, values[i]);
  return sqlite3_step(insert) == SQLITE_DONE ? Status::OK() : Failed(database, "writing");
}

// All of it or nothing: whoever reads meanwhile sees the older one.
Status Build(sqlite3* database, const std::vector<TableEntry>& entries, const std::string& state) {
  PL_RETURN_NOT_OK(Execute(database,
                           "BEGIN IMMEDIATE; DROP TABLE IF EXISTS state; DROP TABLE IF EXISTS words; CREATE "
                           "TABLE state (state TEXT);"
                           "CREATE VIRTUAL TABLE words USING fts5(table_name UNINDEXED, column_name "
                           "UNINDEXED, names, description, "
                           "more, tokenize = 'unicode61 remove_diacritics 2')"));
  {
    PL_ASSIGN_OR_RETURN(const Statement insert,
                        Prepare(database, "INSERT INTO words VALUES (?, ?, ?, ?, ?)"));
    for (const TableEntry& entry : entries) {
      PL_RETURN_NOT_OK(AddRow(database, insert.get(),
                              {entry.name, "", entry.name, entry.description,
                               fmt::format("{} {}", entry.owner, fmt::join(entry.tags, " "))}));
      for (const ColumnEntry& column : entry.columns) {
        PL_RETURN_NOT_OK(AddRow(database, insert.get(),
                                {entry.name, column.name, column.name, column.description,
                                 fmt::format("{}", fmt::join(column.tags, " "))}));
      }
    }
    PL_ASSIGN_OR_RETURN(const Statement note, Prepare(database, "INSERT INTO state VALUES (?)"));
    PL_RETURN_NOT_OK(AddRow(database, note.get(), {state}));
  }
  return Execute(database, "COMMIT");
}

// Each word, as the beginning of one: no word is an operator of FTS's.
Result<std::string> QueryOf(const std::string& words) {
  std::vector<std::string> parts;
  std::string word;
  const auto end = [&] {
    if (!word.empty()) parts.push_back("\"" + word + "\"*");
    word.clear();
  };
  for (const char c : words) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {
      word += c;
    } else {
      end();
    }
  }
  end();
  if (parts.empty()) return Error(ErrorCode::kUsage, "no words to look for");
  return fmt::format("{}", fmt::join(parts, " AND "));
}

Result<std::vector<SearchHit>> Ask(sqlite3* database, const std::string& query, int64_t limit) {
  // Names count most, tags and owners next.
  PL_ASSIGN_OR_RETURN(
      const Statement ask,
      Prepare(database,
              "SELECT table_name, column_name, description FROM words WHERE words MATCH ? ORDER BY "
              "bm25(words, 0, 0, 10, 1, 4), table_name, column_name LIMIT ?"));
  Bind(ask.get(), 1, query);
  sqlite3_bind_int64(ask.get(), 2, limit > 0 ? limit : -1);
  std::vector<SearchHit> hits;
  int stepped = 0;
  while ((stepped = sqlite3_step(ask.get())) == SQLITE_ROW)
    hits.push_back({TextOf(ask.get(), 0), TextOf(ask.get(), 1), TextOf(ask.get(), 2)});
  if (stepped != SQLITE_DONE) return Failed(database, "asking");
  return hits;
}

Result<std::vector<SearchHit>> SearchIn(const std::string& path, const std::vector<TableEntry>& entries,
                                        const std::string& query, int64_t limit) {
  PL_ASSIGN_OR_RETURN(const Database database, OpenDatabase(path));
  const std::string state = StateOf(entries);
  if (!IsCurrent(database.get(), state)) PL_RETURN_NOT_OK(Build(database.get(), entries, state));
  return Ask(database.get(), query, limit);
}

}  // namespace

Result<std::vector<SearchHit>> Search(const session::Session& session, const std::string& words,
                                      int64_t limit) {
  const StopScope scope = session.Enter();
  PL_ASSIGN_OR_RETURN(const std::string query, QueryOf(words));
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  PL_ASSIGN_OR_RETURN(const auto entries, TakeInventory(session));
  if (lake.place().store->scheme() == "file") {
    const std::string path = lake.Internal("catalog.sqlite");
    auto found = SearchIn(path, entries, query, limit);
    if (found.ok()) return found;
    // Damaged, or of a folder that is not to be written to: made anew once, then without it.
    ::unlink(path.c_str());
    found = SearchIn(path, entries, query, limit);
    if (found.ok()) return found;
  }
  return SearchIn(":memory:", entries, query, limit);
}

}  // namespace pixlake::inventory
