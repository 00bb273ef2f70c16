// A table of a PostgreSQL database, one row a url.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/sql_text.h"
#include "base/stop/stop_token.h"
#include "sink/sinks_internal.h"

namespace pixlake::sink {
namespace {

constexpr size_t kRowsInStatement = 1000;
constexpr size_t kBytesInStatement = size_t{8} << 20;

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;

const char* PostgresType(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return "bigint";
    case ColumnType::kReal:
      return "double precision";
    case ColumnType::kJson:
      return "jsonb";
    default:
      return "text";
  }
}

// PostgreSQL has no NUL in a text, nor "\u0000" in jsonb: U+FFFD stands for it.
std::string WithoutNul(std::string_view text, bool json) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') {
      out += "\xEF\xBF\xBD";
    } else if (json && text[i] == '\\' && text.substr(i, 6) == "\\u0000") {
      out += "\\ufffd";
      i += 5;
    } else {
      out.push_back(text[i]);
      if (json && text[i] == '\\' && i + 1 < text.size()) out.push_back(text[++i]);
    }
  }
  return out;
}

// 8.15.6 Array input and output syntax: an element in double quotes.
void AppendElement(const Value& value, ColumnType type, std::string* array) {
  array->push_back(array->empty() ? '{' : ',');
  if (const auto* number = std::get_if<int64_t>(&value)) {
    *array += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    *array += fmt::format("{}", *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    array->push_back('"');
    for (const char c : WithoutNul(*text, type == ColumnType::kJson)) {
      if (c == '"' || c == '\\') array->push_back('\\');
      array->push_back(c);
    }
    array->push_back('"');
  } else {
    *array += "NULL";
  }
}

class PostgresSink : public Sink {
 public:
  explicit PostgresSink(SinkOptions options) : options_(std::move(options)) {
    for (const Column& column : options_.columns) arrays_.push_back({column.type, {}});
  }

  Status Open(const std::string& connection) {
    connection_.reset(PQconnectdb(connection.c_str()));
    if (connection_ == nullptr || PQstatus(connection_.get()) != CONNECTION_OK)
      return Failed("connecting to");
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    PQsetClientEncoding(connection_.get(), "UTF8");
    std::string create = fmt::format("CREATE TABLE IF NOT EXISTS {} (", SqlName(options_.table));
    std::string names, casts, updates;
    for (size_t i = 0; i < options_.columns.size(); ++i) {
      const std::string name = SqlName(options_.columns[i].name),
                        type = PostgresType(options_.columns[i].type);
      const char* comma = i == 0 ? "" : ", ";
      create += fmt::format("{}{} {}{}", comma, name, type, i == 0 ? " PRIMARY KEY" : "");
      names += comma + name;
      casts += fmt::format("{}${}::{}[]", comma, i + 1, type);
      if (i != 0) updates += fmt::format("{}{} = excluded.{}", i == 1 ? "" : ", ", name, name);
    }
    PL_RETURN_NOT_OK(Run(create + ")", {}));
    url_ = SqlName(options_.columns[0].name);
    upsert_ = fmt::format("INSERT INTO {} ({}) SELECT * FROM unnest({}) ON CONFLICT ({}) DO UPDATE SET {}",
                          SqlName(options_.table), names, casts, url_, updates);
    return Status::OK();
  }

  bool takes_values() const override { return true; }

  Status Known(const std::function<void(UrlKey)>& on_key) override {
    return EachUrl([&](std::string_view url) { on_key(KeyOf(url)); });
  }

  Status Write(Rows rows) override {
    for (const std::vector<Value>& row : rows.values) {
      for (size_t i = 0; i < row.size(); ++i) AppendElement(row[i], arrays_[i].type, &arrays_[i].text);
      size_t bytes = 0;
      for (const Array& array : arrays_) bytes += array.text.size();
      if (++waiting_ >= kRowsInStatement || bytes >= kBytesInStatement) PL_RETURN_NOT_OK(Flush());
    }
    for (const UrlKey& key : rows.keys) own_.Insert(key);
    return Status::OK();
  }

  // One statement, so all of it or nothing.
  Status Flush() override {
    if (waiting_ == 0) return Status::OK();
    std::vector<std::string> parameters;
    for (Array& array : arrays_) parameters.push_back(std::exchange(array.text, {}) + "}");
    PL_RETURN_NOT_OK(Run(upsert_, parameters));
    written_ += static_cast<int64_t>(std::exchange(waiting_, 0));
    return Status::OK();
  }

  Status Supersede(const UrlSet& urls) override {
    PL_RETURN_NOT_OK(Flush());
    std::string old;
    PL_RETURN_NOT_OK(EachUrl([&](std::string_view url) {
      const UrlKey key = KeyOf(url);
      if (urls.Contains(key) && !own_.Contains(key)) AppendElement(std::string(url), ColumnType::kText, &old);
    }));
    if (old.empty()) return Status::OK();
    return Run(fmt::format("DELETE FROM {} WHERE {} = ANY($1::text[])", SqlName(options_.table), url_),
               {old + "}"});
  }

  int64_t parts() const override { return written_; }

 private:
  struct Array {
    ColumnType type;
    std::string text;
  };

  // Never the connection string: it may hold a password.
  Status Failed(const char* doing, const char* state = nullptr) const {
    std::string why = connection_ == nullptr ? "no memory" : PQerrorMessage(connection_.get());
    while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
    std::replace(why.begin(), why.end(), '\n', ' ');
    const std::string_view code = state == nullptr ? "" : state;
    const std::string message = fmt::format("{} the PostgreSQL database: {}", doing, why);
    // Appendix A, error codes: classes.
    if (code.starts_with("53")) return Error(ErrorCode::kNoSpace, message);
    if (code == "42501" || code.starts_with("28")) return Error(ErrorCode::kPermission, message);
    if (code.starts_with("42"))
      return Error(ErrorCode::kSchemaMismatch,
                   fmt::format("{} (has the table {} another shape?)", message, options_.table));
    return Error(ErrorCode::kIo, message + "; what was committed stays, run again to finish");
  }

  Status Run(const std::string& sql, const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    const Answer answer(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0));
    if (PQresultStatus(answer.get()) == PGRES_COMMAND_OK) return Status::OK();
    return Failed("writing to", PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE));
  }

  // Row by row, so that memory does not grow with the table.
  template <typename OnUrl>
  Status EachUrl(const OnUrl& on_url) {
    const std::string sql = fmt::format("SELECT {} FROM {}", url_, SqlName(options_.table));
    if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return Failed("reading");
    PQsetSingleRowMode(connection_.get());
    Status status;
    while (Answer answer{PQgetResult(connection_.get())}) {
      const ExecStatusType kind = PQresultStatus(answer.get());
      if (kind == PGRES_SINGLE_TUPLE) {
        on_url(std::string_view(PQgetvalue(answer.get(), 0, 0),
                                static_cast<size_t>(PQgetlength(answer.get(), 0, 0))));
      } else if (kind != PGRES_TUPLES_OK && status.ok()) {
        status = Failed("reading", PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE));
      }
    }
    return status;
  }

  const SinkOptions options_;
  std::unique_ptr<PGconn, CloseConnection> connection_;
  std::string upsert_, url_;
  std::vector<Array> arrays_;  // one a column, of the rows that wait
  size_t waiting_ = 0;
  int64_t written_ = 0;
  UrlSet own_;
};

}  // namespace

Result<std::unique_ptr<Sink>> OpenPostgresSink(const std::string& connection, const SinkOptions& options) {
  auto sink = std::make_unique<PostgresSink>(options);
  PL_RETURN_NOT_OK(sink->Open(connection));
  return sink;
}

}  // namespace pixlake::sink
