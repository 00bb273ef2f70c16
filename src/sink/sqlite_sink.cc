// A table of an SQLite database, one row a url.
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/sql_text.h"
#include "base/stop/stop_token.h"
#include "sink/sinks_internal.h"

namespace pixlake::sink {
namespace {

constexpr size_t kRowsInTransaction = 10000;
constexpr size_t kBytesInTransaction = size_t{16} << 20;
constexpr int kBusyMillis = 30000;  // another program may be writing

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

const char* SqliteType(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return "INTEGER";
    case ColumnType::kReal:
      return "REAL";
    default:
      return "TEXT";
  }
}

class SqliteSink : public Sink {
 public:
  SqliteSink(std::string path, SinkOptions options) : path_(std::move(path)), options_(std::move(options)) {}

  Status Open() {
    sqlite3* database = nullptr;
    const int opened =
        sqlite3_open_v2(path_.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    database_.reset(database);
    if (opened != SQLITE_OK) return Failed("opening");
    sqlite3_busy_timeout(database, kBusyMillis);
    std::string create = fmt::format("CREATE TABLE IF NOT EXISTS {} (", SqlName(options_.table));
    std::string names, marks, updates;
    for (size_t i = 0; i < options_.columns.size(); ++i) {
      const Column& column = options_.columns[i];
      const std::string name = SqlName(column.name);
      create += fmt::format("{}{} {}{}", i == 0 ? "" : ", ", name, SqliteType(column.type),
                            i == 0 ? " PRIMARY KEY" : "");
      names += (i == 0 ? "" : ", ") + name;
      marks += i == 0 ? "?" : ", ?";
      if (i != 0) updates += fmt::format("{}{} = excluded.{}", i == 1 ? "" : ", ", name, name);
    }
    PL_RETURN_NOT_OK(Run(create + ")"));
    PL_ASSIGN_OR_RETURN(
        upsert_, Prepare(fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
                                     SqlName(options_.table), names, marks, SqlName(options_.columns[0].name),
                                     updates)));
    PL_ASSIGN_OR_RETURN(remove_, Prepare(fmt::format("DELETE FROM {} WHERE {} = ?", SqlName(options_.table),
                                                     SqlName(options_.columns[0].name))));
    return Status::OK();
  }

  bool takes_values() const override { return true; }

  Status Known(const std::function<void(UrlKey)>& on_key) override {
    return EachUrl([&](std::string_view url) { on_key(KeyOf(url)); });
  }

  // Rows wait together: while a transaction is open nobody else can write, another sink of
  // ours in the same file included.
  Status Write(Rows rows) override {
    for (std::vector<Value>& row : rows.values) {
      for (const Value& value : row) {
        if (const auto* text = std::get_if<std::string>(&value)) waiting_bytes_ += text->size();
      }
      waiting_.push_back(std::move(row));
    }
    for (const UrlKey& key : rows.keys) own_.Insert(key);
    return waiting_.size() >= kRowsInTransaction || waiting_bytes_ >= kBytesInTransaction ? Flush()
                                                                                          : Status::OK();
  }

  Status Flush() override {
    if (waiting_.empty()) return Status::OK();
    PL_RETURN_NOT_OK(Run("BEGIN IMMEDIATE"));
    for (const std::vector<Value>& row : waiting_) PL_RETURN_NOT_OK(Upsert(row));
    PL_RETURN_NOT_OK(Run("COMMIT"));
    written_ += static_cast<int64_t>(waiting_.size());
    waiting_.clear();
    waiting_bytes_ = 0;
    return Status::OK();
  }

  Status Supersede(const UrlSet& urls) override {
    PL_RETURN_NOT_OK(Flush());
    std::vector<std::string> old;
    PL_RETURN_NOT_OK(EachUrl([&](std::string_view url) {
      const UrlKey key = KeyOf(url);
      if (urls.Contains(key) && !own_.Contains(key)) old.emplace_back(url);
    }));
    if (old.empty()) return Status::OK();
    PL_RETURN_NOT_OK(Run("BEGIN IMMEDIATE"));
    for (const std::string& url : old) {
      sqlite3_reset(remove_.get());
      sqlite3_bind_text(remove_.get(), 1, url.data(), static_cast<int>(url.size()), SQLITE_STATIC);
      if (sqlite3_step(remove_.get()) != SQLITE_DONE) return Failed("deleting from");
    }
    return Run("COMMIT");
  }

  int64_t parts() const override { return written_; }

 private:
  Status Failed(const char* doing) const {
    const int code = database_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database_.get());
    const std::string message =
        fmt::format("{} the SQLite database {}: {}", doing, path_,
                    database_ == nullptr ? "no memory" : sqlite3_errmsg(database_.get()));
    switch (code & 0xFF) {
      case SQLITE_FULL:
        return Error(ErrorCode::kNoSpace, message);
      case SQLITE_PERM:
      case SQLITE_READONLY:
      case SQLITE_AUTH:
        return Error(ErrorCode::kPermission, message);
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
        return Error(ErrorCode::kCorrupt, message);
      case SQLITE_ERROR:
        return Error(ErrorCode::kSchemaMismatch, message + " (is it a table of another shape?)");
      default:
        return Error(ErrorCode::kIo, message + "; run again to finish");
    }
  }

  Status Run(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
      return Status::OK();
    return Failed("writing to");
  }

  Result<Statement> Prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_.get(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           nullptr) != SQLITE_OK)
      return Failed("using");
    return Statement(statement);
  }

  Status Upsert(const std::vector<Value>& row) {
    sqlite3_reset(upsert_.get());
    for (size_t i = 0; i < row.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      if (const auto* number = std::get_if<int64_t>(&row[i])) {
        sqlite3_bind_int64(upsert_.get(), at, *number);
      } else if (const auto* real = std::get_if<double>(&row[i])) {
        sqlite3_bind_double(upsert_.get(), at, *real);
      } else if (const auto* text = std::get_if<std::string>(&row[i])) {
        sqlite3_bind_text64(upsert_.get(), at, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
      } else {
        sqlite3_bind_null(upsert_.get(), at);
      }
    }
    if (sqlite3_step(upsert_.get()) != SQLITE_DONE) return Failed("writing to");
    sqlite3_reset(upsert_.get());
    return Status::OK();
  }

  template <typename OnUrl>
  Status EachUrl(const OnUrl& on_url) {
    PL_ASSIGN_OR_RETURN(const Statement select,
                        Prepare(fmt::format("SELECT {} FROM {}", SqlName(options_.columns[0].name),
                                            SqlName(options_.table))));
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(select.get())) == SQLITE_ROW) {
      const auto* url = reinterpret_cast<const char*>(sqlite3_column_text(select.get(), 0));
      if (url != nullptr)
        on_url(std::string_view(url, static_cast<size_t>(sqlite3_column_bytes(select.get(), 0))));
    }
    return step == SQLITE_DONE ? Status::OK() : Failed("reading");
  }

  const std::string path_;
  const SinkOptions options_;
  // Behind it what must go before it.
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  Statement upsert_, remove_;
  std::vector<std::vector<Value>> waiting_;
  size_t waiting_bytes_ = 0;
  int64_t written_ = 0;
  UrlSet own_;
};

}  // namespace

Result<std::unique_ptr<Sink>> OpenSqliteSink(const std::string& path, const SinkOptions& options) {
  auto sink = std::make_unique<SqliteSink>(path, options);
  PL_RETURN_NOT_OK(sink->Open());
  return sink;
}

}  // namespace pixlake::sink
