#include "query/session/sql_session.h"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/file_mentions_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/mention/scan_numbering_internal.h"
#include "query/mention/sources_read_internal.h"
#include "query/mention/time_travel_rewrite.h"
#include "query/result/plain_types_internal.h"
#include "query/result/query_result_internal.h"
#include "query/scan/carried_names_internal.h"
#include "query/scan/table_scan_function_internal.h"
#include "query/session/session_changes_internal.h"
#include "query/session/spark_macros_internal.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {
namespace {

constexpr int64_t kMinBatchBytes = int64_t{1} << 20;
constexpr int64_t kMaxBatchBytes = int64_t{16} << 20;

class Session : public SqlSession {
 public:
  Status Start(SessionOptions options);
  Result<std::unique_ptr<QueryResult>> Query(const std::string& sql) override;
  Status Keep(const std::string& name, const std::string& select) override;
  void SetTyped(std::string typed) override { typed_ = std::move(typed); }
  Status Name(const NamedTable& table) override;
  Status Forget(const NamedTable& table) override;
  table::Predicate ConditionsOn(const std::string& uri, const arrow::Schema& schema,
                                const std::string& select) override;
  std::optional<std::vector<std::string>> SourcesOf(const std::string& select) override;

 private:
  // The text as DuckDB is to read it, the tables and macros that it may name being there.
  Result<EditedText> Rewritten(const std::string& sql);
  Status MayRead(const std::string& sql) const;
  Result<std::unique_ptr<QueryResult>> Run(EditedText sql);
  // One of the statements that DuckDB made of `sql`; of one that is all, the scans are told
  // apart, which `sql` shows then.
  Result<Prepared> Prepare(const Extracted& statements, idx_t i, bool is_all, EditedText* sql);
  // The scans of the statement with their numbers, ready for the next query; nullopt: none has one.
  std::optional<EditedText> Numbered(const EditedText& sql);
  std::string ScanOfName(const ScanMention& mention) const;
  // The query `sql`, prepared, with columns that Arrow has no type for as others, under the names
  // that it has as `typed`.
  void MakePlain(const EditedText& typed, EditedText* sql, Prepared* prepared,
                 std::vector<std::string>* kinds);
  // The query as json_serialize_sql tells it; empty when it cannot.
  std::string TreeOf(const std::string& sql);
  // Blobs of `sql`, prepared, that it only passes on; null: none.
  std::shared_ptr<CarriedBlobs> CarriedBy(const std::string& sql, const Prepared& prepared);
  std::vector<ScanMention> MentionsIn(const std::string& sql);
  Status NameTables(const std::string& sql);
  // What the preparation failed with.
  Status Failure(const Prepared& prepared, const EditedText& sql) const;

  SessionOptions options_;
  std::string typed_;  // what statements are made of; empty: they are typed as they are
  SparkMacros macros_;
  std::vector<bool> named_;                // by options_.named_tables: its view is there
  std::map<std::string, Status> unnamed_;  // "raw.images": why it could not be opened
  std::vector<std::string> function_names_;
  std::vector<std::string> scan_names_;  // of them: those of tables
  Database database_;
  Connection connection_;
  Connection helper_;     // parses queries for us, while none runs
  Connection converter_;  // turns Arrow data into DuckDB's; runs nothing
  std::shared_ptr<ScanContext> context_;
  // Views and macros of the user's could look into a blob that a query only seems to pass on.
  bool only_selects_ = true;
  SessionChanges changes_;
};

Status SetOption(const Config& config, const char* name, const std::string& value) {
  if (duckdb_set_config(config.get(), name, value.c_str()) == DuckDBSuccess) return Status::OK();
  return Error(ErrorCode::kUsage, fmt::format("DuckDB refused {} = {}", name, value));
}

Result<Connection> Connect(const Database& database) {
  Connection connection;
  if (duckdb_connect(database.get(), connection.out()) != DuckDBSuccess) {
    return Error(ErrorCode::kInternal, "DuckDB gave no connection");
  }
  return connection;
}

Status Session::Start(SessionOptions options) {
  options_ = std::move(options);
  Config config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess)
    return Error(ErrorCode::kOverBudget, "out of memory");
  PL_RETURN_NOT_OK(SetOption(config, "autoinstall_known_extensions", "false"));
  PL_RETURN_NOT_OK(SetOption(config, "autoload_known_extensions", "false"));
  if (options_.memory_limit_bytes > 0) {
    PL_RETURN_NOT_OK(SetOption(config, "memory_limit", fmt::format("{}B", options_.memory_limit_bytes)));
  }
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int threads = options_.threads > 0 ? options_.threads : cores;
  PL_RETURN_NOT_OK(SetOption(config, "threads", std::to_string(threads)));
  PL_RETURN_NOT_OK(SetOption(config, "temp_directory", options_.temp_folder));
  char* message = nullptr;
  if (duckdb_open_ext(nullptr, database_.out(), config.get(), &message) != DuckDBSuccess) {
    const Status status = DuckDbError(message);
    duckdb_free(message);
    return status;
  }
  PL_ASSIGN_OR_RETURN(connection_, Connect(database_));
  PL_ASSIGN_OR_RETURN(helper_, Connect(database_));
  PL_ASSIGN_OR_RETURN(converter_, Connect(database_));
  // Small chunks are not gathered into large ones: 2,048 images would be gigabytes.
  PL_RETURN_NOT_OK(Execute(connection_.get(), "SET enable_caching_operators = false"));
  // Nor does a result run ahead of its reader: DuckDB counts a chunk that points into
  // Arrow memory as if it were nearly empty, and would buffer a whole table of images.
  PL_RETURN_NOT_OK(Execute(connection_.get(), "SET streaming_buffer_size = '1KB'"));
  PL_RETURN_NOT_OK(Execute(connection_.get(), "SET TimeZone = 'UTC'"));
  // With the place in the statement, which is not as it was typed: see DuckDbError.
  PL_RETURN_NOT_OK(Execute(connection_.get(), "SET errors_as_json = true"));

  // Each thread has a batch that DuckDB reads, one that is being made and what that is made of.
  const int64_t share =
      options_.scan_memory_bytes > 0 ? options_.scan_memory_bytes / (4 * threads) : kMaxBatchBytes;
  context_ = std::make_shared<ScanContext>(converter_.get(), threads,
                                           std::clamp(share, kMinBatchBytes, kMaxBatchBytes));
  for (const auto& function : options_.scan_functions) {
    PL_RETURN_NOT_OK(RegisterScanFunction(connection_.get(), function, context_));
    function_names_.push_back(function.name);
    function_names_.push_back(InnerScanName(function.name));
    scan_names_.push_back(function.name);
    scan_names_.push_back(InnerScanName(function.name));
  }
  for (const auto& function : options_.changes_functions) {
    PL_RETURN_NOT_OK(RegisterChangesFunction(connection_.get(), function, context_));
    function_names_.push_back(function.name);
  }
  RegisterReplacementScan(database_.get(), options_.scan_functions);
  named_.assign(options_.named_tables.size(), false);
  return Status::OK();
}

std::string Session::TreeOf(const std::string& sql) {
  OwnedResult result;
  const std::string call = "SELECT json_serialize_sql(" + SqlLiteral(sql) + ")";
  if (duckdb_query(helper_.get(), call.c_str(), result.get()) != DuckDBSuccess) return {};
  const DataChunk chunk(duckdb_fetch_chunk(*result.get()));
  if (chunk.get() == nullptr || duckdb_data_chunk_get_size(chunk.get()) != 1) return {};
  auto* texts =
      static_cast<duckdb_string_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 0)));
  return {duckdb_string_t_data(texts), duckdb_string_t_length(*texts)};
}

std::vector<ScanMention> Session::MentionsIn(const std::string& sql) {
  return FindScanMentions(TreeOf(sql), function_names_);
}

// Also where it cannot be told.
bool MayHoldBlob(duckdb_logical_type type) {
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_UNION:
    case DUCKDB_TYPE_ANY:
    case DUCKDB_TYPE_INVALID:
      return true;
    case DUCKDB_TYPE_LIST:
      return MayHoldBlob(LogicalType(duckdb_list_type_child_type(type)).get());
    case DUCKDB_TYPE_ARRAY:
      return MayHoldBlob(LogicalType(duckdb_array_type_child_type(type)).get());
    case DUCKDB_TYPE_MAP:
      return MayHoldBlob(LogicalType(duckdb_map_type_key_type(type)).get()) ||
             MayHoldBlob(LogicalType(duckdb_map_type_value_type(type)).get());
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
        if (MayHoldBlob(LogicalType(duckdb_struct_type_child_type(type, i)).get())) return true;
      }
      return false;
    default:
      return false;
  }
}

std::shared_ptr<CarriedBlobs> Session::CarriedBy(const std::string& sql, const Prepared& prepared) {
  bool blobs = false;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(prepared.get()); ++i) {
    const LogicalType type(duckdb_prepared_statement_column_logical_type(prepared.get(), i));
    const bool is_blob = duckdb_get_type_id(type.get()) == DUCKDB_TYPE_BLOB;
    // Within a value of several parts no blob would be found again.
    if (!is_blob && MayHoldBlob(type.get())) return nullptr;
    blobs |= is_blob;
  }
  if (!blobs) return nullptr;
  auto names = NamesLookedInto(TreeOf(sql), scan_names_);
  if (!names) return nullptr;
  return std::make_shared<CarriedBlobs>(*std::move(names), context_->batch_bytes());
}

std::string Session::ScanOfName(const ScanMention& mention) const {
  if (changes_.MayHide(connection_.get(), mention)) return {};
  if (!mention.schema.empty()) {
    for (const NamedTable& table : options_.named_tables) {
      if (table.schema + "." + table.name == mention.uri) return table.scan;
    }
    return {};
  }
  for (const ScanFunction& function : options_.scan_functions) {
    if (function.recognises && function.recognises(mention.name)) return function.name;
  }
  return {};
}

std::optional<EditedText> Session::Numbered(const EditedText& sql) {
  if (!changes_.conditions_hold()) return std::nullopt;
  auto numbered = NumberScans(sql, MentionsIn(sql.text()),
                              [this](const ScanMention& mention) { return ScanOfName(mention); });
  if (!numbered) return std::nullopt;
  context_->BeginQuery(std::move(numbered->conditions));
  return std::move(numbered->text);
}

Status Session::Failure(const Prepared& prepared, const EditedText& sql) const {
  const Status failure = context_->failure();
  if (!failure.ok()) return failure;
  Status error = DuckDbError(duckdb_prepare_error(prepared.get()), &sql);
  for (const auto& [name, why] : unnamed_) {
    const std::string table = name.substr(name.find('.') + 1);
    if (error.message().find("Table with name " + table + " ") != std::string::npos ||
        error.message().find("Table with name \"" + name + "\"") != std::string::npos)
      return why;
  }
  return error;
}

// Views for the tables that the statements may name. Making one opens its table, so
// only those whose name stands somewhere in the text.
Status Session::NameTables(const std::string& sql) {
  const std::string text = LowerCase(sql);
  const bool lists = text.find("show") != std::string::npos || text.find("_schema") != std::string::npos ||
                     text.find("duckdb_") != std::string::npos;
  for (size_t i = 0; i < options_.named_tables.size(); ++i) {
    const NamedTable& table = options_.named_tables[i];
    if (named_[i] || (!lists && text.find(table.name) == std::string::npos)) continue;
    const std::string view =
        fmt::format("CREATE SCHEMA IF NOT EXISTS \"{0}\"; CREATE VIEW \"{0}\".\"{1}\" AS FROM {2}('{0}.{1}')",
                    table.schema, table.name, table.scan);
    const Status made = Execute(connection_.get(), view.c_str());
    if (!made.ok()) {
      // The words may stand for something else: what is wrong is told where the table turns out to be
      // missing.
      const Status failure = context_->failure();
      unnamed_[table.schema + "." + table.name] = failure.ok() ? made : failure;
      if (CodeOf(failure) == ErrorCode::kCancelled) return failure;
      context_->BeginQuery({});
      continue;
    }
    unnamed_.erase(table.schema + "." + table.name);
    named_[i] = true;
  }
  return Status::OK();
}

Status Session::Name(const NamedTable& table) {
  PL_RETURN_NOT_OK(Forget(table));
  options_.named_tables.push_back(table);
  named_.push_back(false);
  return Status::OK();
}

Status Session::Forget(const NamedTable& table) {
  for (size_t i = 0; i < options_.named_tables.size(); ++i) {
    const NamedTable& known = options_.named_tables[i];
    if (known.schema != table.schema || known.name != table.name) continue;
    if (named_[i]) {
      PL_RETURN_NOT_OK(Execute(connection_.get(),
                               fmt::format("DROP VIEW IF EXISTS \"{}\".\"{}\"", table.schema, table.name)));
    }
    options_.named_tables.erase(options_.named_tables.begin() + static_cast<std::ptrdiff_t>(i));
    named_.erase(named_.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  return Status::OK();
}

std::vector<std::string> ColumnNames(duckdb_prepared_statement statement) {
  std::vector<std::string> names;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
    char* name = const_cast<char*>(duckdb_prepared_statement_column_name(statement, i));
    names.emplace_back(name == nullptr ? "" : name);
    duckdb_free(name);
  }
  return names;
}

bool IsSelect(duckdb_prepared_statement statement) {
  const auto type = duckdb_prepared_statement_type(statement);
  return type == DUCKDB_STATEMENT_TYPE_SELECT || type == DUCKDB_STATEMENT_TYPE_EXPLAIN;
}

void Session::MakePlain(const EditedText& typed, EditedText* sql, Prepared* prepared,
                        std::vector<std::string>* kinds) {
  bool any = false;
  std::vector<std::string> names = ColumnNames(prepared->get());
  const bool renamed = std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find(kNumberedPrefix) != std::string::npos;
  });
  if (renamed) {
    // A scalar subquery is called by its own text.
    Prepared as_typed;
    if (duckdb_prepare(connection_.get(), typed.text().c_str(), as_typed.out()) == DuckDBSuccess)
      names = ColumnNames(as_typed.get());
    any = true;
  }
  std::string columns;
  for (idx_t i = 0; i < names.size(); ++i) {
    const LogicalType type(duckdb_prepared_statement_column_logical_type(prepared->get(), i));
    const auto plain = PlainTypeOf(type.get());
    const std::string column =
        plain ? fmt::format("CAST(#{} AS {})", i + 1, plain->sql) : fmt::format("#{}", i + 1);
    columns += fmt::format("{}{} AS {}", i > 0 ? ", " : "", column, SqlName(names[i]));
    kinds->push_back(plain ? plain->kind : "");
    any = any || plain;
  }
  EditedText outer = *sql;
  outer.Apply({{0, 0, fmt::format("SELECT {} FROM (", columns)},
               {sql->text().size(), sql->text().size(), "\n) AS __pixlake_plain"}});
  Prepared better;
  if (any && duckdb_prepare(connection_.get(), outer.text().c_str(), better.out()) == DuckDBSuccess) {
    *prepared = std::move(better);
    *sql = std::move(outer);
  } else {
    kinds->clear();
  }
}

Result<EditedText> Session::Rewritten(const std::string& sql) {
  TableNaming naming;
  naming.is_table = [this](const std::string& name) {
    return std::any_of(options_.scan_functions.begin(), options_.scan_functions.end(),
                       [&](const auto& scan) { return scan.recognises && scan.recognises(name); });
  };
  for (const ScanFunction& scan : options_.scan_functions) {
    if (!scan.format.empty()) naming.scans[scan.format] = scan.name;
  }
  EditedText text = RewriteTables(sql, naming);
  context_->BeginQuery({});
  PL_RETURN_NOT_OK(NameTables(text.text()));
  if (const auto statements = SplitStatements(text.text()); statements.ok() && !statements->empty()) {
    const std::string macros = macros_.Before(statements->front().tokens);
    if (!macros.empty()) PL_RETURN_NOT_OK(Execute(connection_.get(), macros));
  }
  // DuckDB's <=> is a distance between lists. Where it is none it is Spark's.
  if (sql.find("<=>") != std::string::npos) {
    Prepared prepared;
    context_->BeginQuery({});
    if (duckdb_prepare(connection_.get(), text.text().c_str(), prepared.out()) != DuckDBSuccess) {
      naming.null_safe = true;
      text = RewriteTables(sql, naming);
    }
  }
  if (!typed_.empty() && typed_ != sql) text.MadeOf(typed_);
  context_->BeginQuery({});
  return text;
}

Status Session::MayRead(const std::string& sql) const {
  if (!options_.may_read) return Status::OK();
  const auto statements = SplitStatements(sql);
  if (!statements.ok()) return Status::OK();  // DuckDB says what is wrong
  for (const SqlStatement& statement : *statements) {
    for (const FileMention& mention : FileMentions(statement.tokens)) {
      for (const std::string& place : mention.places)
        PL_RETURN_NOT_OK(options_.may_read({mention.function, place, mention.of_rows}));
      if (mention.computed) PL_RETURN_NOT_OK(options_.may_read({mention.function, "", mention.of_rows}));
    }
  }
  return Status::OK();
}

Result<std::unique_ptr<QueryResult>> Session::Query(const std::string& sql) {
  PL_RETURN_NOT_OK(MayRead(sql));
  const auto statements = SplitStatements(sql);
  if (!statements.ok() || statements->size() < 2) {
    PL_ASSIGN_OR_RETURN(EditedText text, Rewritten(sql));
    return Run(std::move(text));
  }
  for (size_t i = 0; i + 1 < statements->size(); ++i) {
    PL_ASSIGN_OR_RETURN(EditedText text, Rewritten((*statements)[i].text));
    PL_ASSIGN_OR_RETURN(const auto result, Run(std::move(text)));
    PL_RETURN_NOT_OK(DrainResult(result.get()));
  }
  PL_ASSIGN_OR_RETURN(EditedText text, Rewritten(statements->back().text));
  return Run(std::move(text));
}

Result<Prepared> Session::Prepare(const Extracted& statements, idx_t i, bool is_all, EditedText* sql) {
  Prepared prepared;
  if (std::optional<EditedText> numbered = is_all ? Numbered(*sql) : std::nullopt) {
    if (duckdb_prepare(connection_.get(), numbered->text().c_str(), prepared.out()) == DuckDBSuccess) {
      *sql = *std::move(numbered);
      return prepared;
    }
    // As it was typed it may have a meaning, or at least an error that says so.
    prepared = Prepared();
    context_->BeginQuery({});
  }
  const auto state =
      duckdb_prepare_extracted_statement(connection_.get(), statements.get(), i, prepared.out());
  if (state != DuckDBSuccess) return Failure(prepared, *sql);
  return prepared;
}

Result<std::unique_ptr<QueryResult>> Session::Run(EditedText sql) {
  Extracted statements;
  const idx_t count = duckdb_extract_statements(connection_.get(), sql.text().c_str(), statements.out());
  if (count == 0) {
    const char* message = duckdb_extract_statements_error(statements.get());
    if (message != nullptr) return DuckDbError(message, &sql);
    return Error(ErrorCode::kUsage, "there is no statement to run");
  }
  const EditedText typed = sql;
  for (idx_t i = 0; i < count; ++i) {
    PL_ASSIGN_OR_RETURN(Prepared prepared, Prepare(statements, i, count == 1, &sql));
    const auto type = duckdb_prepared_statement_type(prepared.get());
    changes_.Note(typed.text(), type);
    only_selects_ &= IsSelect(prepared.get());
    std::vector<std::string> kinds;
    if (count == 1 && type == DUCKDB_STATEMENT_TYPE_SELECT) {
      MakePlain(typed, &sql, &prepared, &kinds);
      if (only_selects_) context_->Carry(CarriedBy(typed.text(), prepared));
    }
    PL_ASSIGN_OR_RETURN(
        auto result, RunStatement(connection_.get(), std::move(prepared), context_, sql, std::move(kinds)));
    if (i + 1 == count) return result;
    PL_RETURN_NOT_OK(DrainResult(result.get()));
  }
  return Error(ErrorCode::kInternal, "no statement was run");
}

Status Session::Keep(const std::string& name, const std::string& given) {
  PL_RETURN_NOT_OK(MayRead(given));
  PL_ASSIGN_OR_RETURN(const EditedText select, Rewritten(given));
  const std::string start = "CREATE OR REPLACE TEMP TABLE " + name + " AS ";
  EditedText sql = Numbered(select).value_or(select);
  sql.Apply({{0, 0, start}});
  Prepared prepared;
  if (duckdb_prepare(connection_.get(), sql.text().c_str(), prepared.out()) != DuckDBSuccess) {
    prepared = Prepared();
    context_->BeginQuery({});
    sql = select;
    sql.Apply({{0, 0, start}});
    if (duckdb_prepare(connection_.get(), sql.text().c_str(), prepared.out()) != DuckDBSuccess)
      return Failure(prepared, sql);
  }
  PL_ASSIGN_OR_RETURN(const auto result, RunStatement(connection_.get(), std::move(prepared), context_, sql));
  return DrainResult(result.get());
}

table::Predicate Session::ConditionsOn(const std::string& uri, const arrow::Schema& schema,
                                       const std::string& select) {
  // Rows that any of its scans asks for.
  std::vector<table::Predicate> any;
  const auto text = Rewritten(select);
  if (!text.ok()) return {};
  for (ScanMention& mention : MentionsIn(text->text())) {
    if (mention.uri.empty()) return {};
    if (mention.uri == uri) any.push_back(TypeLiterals(mention.condition, schema));
  }
  return any.empty() ? table::Predicate{} : table::Or(std::move(any));
}

std::optional<std::vector<std::string>> Session::SourcesOf(const std::string& select) {
  const auto text = Rewritten(select);
  return text.ok() ? SourcesRead(TreeOf(text->text())) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<SqlSession>> SqlSession::Open(SessionOptions options) {
  auto session = std::make_unique<Session>();
  PL_RETURN_NOT_OK(session->Start(std::move(options)));
  return std::unique_ptr<SqlSession>(std::move(session));
}

}  // namespace pixlake::query
