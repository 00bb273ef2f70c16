#include "query/change/change.h"

#include <algorithm>
#include <map>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/sql_text.h"
#include "query/change/change_query_internal.h"
#include "query/change/change_table.h"
#include "query/change/insert_columns_internal.h"
#include "query/change/nested_fields_internal.h"
#include "query/change/row_changes_internal.h"
#include "query/change/row_checks_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/scan/table_scan_function_internal.h"
#include "table/reserved_names.h"

namespace pixlake::query {
namespace {

constexpr char kChanges[] = "__pixlake_changes";

std::string Predicates(const std::string& where) {
  return where.empty() ? "[]" : nlohmann::json({where}).dump();
}

// A check that failed says so through DuckDB.
Status Plain(const Status& status) {
  const size_t mark = status.message().find(kViolationMark);
  if (status.ok() || mark == std::string::npos) return status;
  return Error(ErrorCode::kSchemaMismatch, status.message().substr(mark + sizeof(kViolationMark) - 1));
}

class Runner {
 public:
  Runner(SqlSession* session, table::Table* table, std::string scan_function, const ChangeOptions& options)
      : session_(session), table_(table), scan_function_(std::move(scan_function)), options_(options) {}

  Status Begin(const TargetTable& target) {
    PL_ASSIGN_OR_RETURN(snapshot_, table_->Load());
    PL_ASSIGN_OR_RETURN(transaction_, table_->Begin(snapshot_));
    PL_ASSIGN_OR_RETURN(files_, snapshot_->Files());
    PL_ASSIGN_OR_RETURN(target_.rules, snapshot_->Rules());
    transaction_->RowsKeepRules();  // every new row goes through RowChecks
    target_.uri = table_->location().path;
    target_.scan = fmt::format("{}({}, version := {})", InnerScanName(scan_function_),
                               SqlLiteral(target_.uri), snapshot_->version());
    target_.alias = target.alias;
    target_.schema = snapshot_->definition().schema;
    target_.partition_columns = snapshot_->definition().partition_columns;
    for (const std::string& name : target_.schema->field_names()) {
      if (!table::IsReservedName(name)) continue;
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("{} has a column `{}`: names that begin with __pixlake_ are kept for the engine's "
                      "own columns; rename it with what wrote it",
                      target_.uri, name));
    }
    target_.old_columns = target_.schema->num_fields();
    return options_.definition ? Replace(*options_.definition) : Status::OK();
  }

  Status Run(const DeleteStatement& statement) {
    operation_ = {"DELETE", {{"predicate", Predicates(statement.where)}}, {}};
    if (statement.where.empty()) return RemoveAll();
    PL_ASSIGN_OR_RETURN(const ChangeQuery query, QueryOf(target_, statement));
    ReadFor(query, statement.with.empty() && statement.from.empty());
    return Apply(query);
  }

  Status Run(const UpdateStatement& statement) {
    operation_ = {"UPDATE", {{"predicate", Predicates(statement.where)}}, {}};
    PL_ASSIGN_OR_RETURN(const GivenValues nested, NestedValuesOf(target_, statement));
    PL_RETURN_NOT_OK(CheckNested(nested));
    PL_ASSIGN_OR_RETURN(const ChangeQuery query, QueryOf(target_, statement));
    ReadFor(query, statement.with.empty() && statement.from.empty());
    return Apply(query);
  }

  Status Run(const MergeStatement& statement) {
    operation_ = {"MERGE", {{"predicate", Predicates(statement.on)}}, {}};
    PL_ASSIGN_OR_RETURN(const auto source,
                        SchemaOf(fmt::format("{} SELECT * FROM {} AS {}", statement.with, statement.source,
                                             SqlName(statement.source_alias))));
    for (const std::string& name : source->field_names()) {
      if (!table::IsReservedName(name)) continue;
      return Error(
          ErrorCode::kUsage,
          fmt::format("the source of MERGE has a column {}: names that begin with __pixlake_ are kept "
                      "for the engine's own columns; give it an alias",
                      name));
    }
    if (statement.schema_evolution) {
      PL_RETURN_NOT_OK(Evolve(statement, *source));
    } else {
      PL_ASSIGN_OR_RETURN(const GivenValues nested, NestedValuesOf(target_, statement, *source));
      PL_RETURN_NOT_OK(CheckNested(nested));
    }
    PL_ASSIGN_OR_RETURN(const ChangeQuery query, QueryOf(target_, statement, *source));
    transaction_->ReadWholeTable();
    return Apply(query);
  }

  Status Run(const InsertStatement& given) {
    PL_ASSIGN_OR_RETURN(const InsertStatement statement, SpelledOut(target_, given));
    const bool overwrite = statement.mode == InsertStatement::Mode::kOverwrite;
    const bool replace = statement.mode == InsertStatement::Mode::kReplaceWhere;
    operation_ = {"WRITE", {{"mode", overwrite || replace ? "Overwrite" : "Append"}}, {}};
    if (replace) operation_.parameters["predicate"] = Predicates(statement.replace_where);
    PL_ASSIGN_OR_RETURN(const auto columns, SchemaOf(statement.query));
    PL_ASSIGN_OR_RETURN(const auto inserted, InsertedColumns(target_, statement, columns->field_names()));
    for (size_t i = 0; i < inserted.size(); ++i) {
      const arrow::Field& field = *target_.schema->field(inserted[i]);
      PL_RETURN_NOT_OK(
          CheckFields(*columns->field(static_cast<int>(i))->type(), *field.type(), field.name()));
    }
    PL_ASSIGN_OR_RETURN(const ChangeQuery query, QueryOf(target_, statement, columns->field_names()));
    std::map<int64_t, FileCounts> counts;
    if (replace) {
      PL_ASSIGN_OR_RETURN(const ChangeQuery gone,
                          QueryOf(target_, DeleteStatement{statement.target, statement.replace_where}));
      transaction_->ReadFiles(session_->ConditionsOn(target_.uri, *target_.schema, gone.select));
      PL_RETURN_NOT_OK(session_->Keep(kChanges, gone.select));
      PL_ASSIGN_OR_RETURN(counts, CountChanges(gone));
    } else if (overwrite) {
      PL_RETURN_NOT_OK(RemoveAll());
    }
    PL_ASSIGN_OR_RETURN(const auto changes, MakeChanges(query, std::move(counts)));
    if (replace) PL_RETURN_NOT_OK(Stream(OrderedChanges(0), changes.get()));
    PL_RETURN_NOT_OK(Stream(query.select, changes.get()));
    for (const std::string& more : given.more_queries) {
      InsertStatement next = given;
      next.query = more;
      PL_ASSIGN_OR_RETURN(next, SpelledOut(target_, next));
      PL_ASSIGN_OR_RETURN(const ChangeQuery rows, QueryOf(target_, next, columns->field_names()));
      PL_RETURN_NOT_OK(Stream(rows.select, changes.get()));
    }
    return changes->Finish();
  }

  Status Run(const TruncateStatement&) {
    operation_ = {"TRUNCATE", {}, {}};
    return RemoveAll();
  }

  Result<ChangeReport> Commit() {
    operation_.metrics = {{"numDeletedRows", std::to_string(report_.rows_deleted)},
                          {"numUpdatedRows", std::to_string(report_.rows_updated)},
                          {"numOutputRows", std::to_string(report_.rows_inserted + report_.rows_updated)},
                          {"numCopiedRows", std::to_string(report_.rows_copied)},
                          {"numAddedFiles", std::to_string(report_.files_added)},
                          {"numRemovedFiles", std::to_string(report_.files_removed)},
                          {"numDeletionVectorsUpdated", std::to_string(report_.files_marked)},
                          {"numAddedChangeFiles", std::to_string(report_.change_files)}};
    if (!options_.operation.empty()) operation_.name = options_.operation;
    transaction_->SetOperation(operation_);
    for (const auto& [app_id, version] : options_.noted_txns)
      PL_RETURN_NOT_OK(transaction_->NoteTxn(app_id, version));
    if (options_.lease) PL_RETURN_NOT_OK(transaction_->CommitUnder(*options_.lease));
    PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction_->Commit());
    report_.version = outcome.version;
    report_.attempts = outcome.attempts;
    report_.committed = outcome.attempts > 0;
    return report_;
  }

 private:
  Result<std::shared_ptr<arrow::Schema>> SchemaOf(const std::string& query) {
    PL_ASSIGN_OR_RETURN(const auto result, session_->Query(fmt::format("SELECT * FROM ({}) LIMIT 0", query)));
    return result->schema();
  }

  // From here on the table is another one; its files go as the statement does.
  Status Replace(const table::TableDefinition& definition) {
    for (const auto& [key, value] : definition.properties) {
      if (key.find(".constraints.") == std::string::npos) continue;
      return Error(
          ErrorCode::kUnsupported,
          key +
              ": a table that is replaced gets its constraints afterwards, by ALTER TABLE … ADD CONSTRAINT");
    }
    transaction_->ReadWholeTable();
    PL_RETURN_NOT_OK(transaction_->SetDefinition(definition));
    const bool clusters = !definition.clustering_columns.empty();
    if (clusters || !snapshot_->definition().clustering_columns.empty())
      PL_RETURN_NOT_OK(SetClustering(*table_, definition, transaction_.get()));
    target_.schema = definition.schema;
    target_.partition_columns = definition.partition_columns;
    target_.rules.constraints.clear();
    target_.rules.generated.clear();
    target_.rules.defaults.clear();
    target_.old_columns = target_.schema->num_fields();
    return Status::OK();
  }

  // What a change that others make meanwhile would be a conflict with.
  void ReadFor(const ChangeQuery& query, bool alone) {
    if (!alone) return transaction_->ReadWholeTable();
    transaction_->ReadFiles(session_->ConditionsOn(target_.uri, *target_.schema, query.select));
  }

  // Fields of structs that would be lost, or that nobody said.
  Status CheckNested(const GivenValues& nested) {
    if (nested.select.empty()) return Status::OK();
    PL_ASSIGN_OR_RETURN(const auto types, SchemaOf(nested.select));
    for (size_t i = 0; i < nested.columns.size(); ++i) {
      const arrow::Field& field = *target_.schema->field(nested.columns[i]);
      PL_RETURN_NOT_OK(CheckFields(*types->field(static_cast<int>(i))->type(), *field.type(), field.name()));
    }
    return Status::OK();
  }

  // Columns of the source that the table does not have become columns of the table, where
  // a clause takes all of them; so do fields of structs that are assigned.
  Status Evolve(const MergeStatement& statement, const arrow::Schema& source) {
    const bool star = std::any_of(statement.clauses.begin(), statement.clauses.end(),
                                  [](const MergeClause& clause) { return clause.star; });
    arrow::FieldVector fields = target_.schema->fields();
    for (const auto& field : source.fields()) {
      if (!star || FindColumn(*target_.schema, field->name()).ok()) continue;
      fields.push_back(arrow::field(field->name(), field->type()));
    }
    PL_ASSIGN_OR_RETURN(const GivenValues nested, NestedValuesOf(target_, statement, source));
    if (!nested.select.empty()) {
      PL_ASSIGN_OR_RETURN(const auto types, SchemaOf(nested.select));
      for (size_t i = 0; i < nested.columns.size(); ++i) {
        auto& field = fields[static_cast<size_t>(nested.columns[i])];
        field = field->WithType(WithFieldsOf(field->type(), *types->field(static_cast<int>(i))->type()));
      }
    }
    if (arrow::schema(fields)->Equals(*target_.schema, /*check_metadata=*/false)) return Status::OK();
    table::TableDefinition definition = snapshot_->definition();
    definition.schema = arrow::schema(std::move(fields), definition.schema->metadata());
    target_.schema = definition.schema;
    return transaction_->SetDefinition(definition);
  }

  Status RemoveAll() {
    transaction_->ReadWholeTable();
    for (const table::DataFile& file : files_) {
      PL_RETURN_NOT_OK(transaction_->Remove(file));
      ++report_.files_removed;
      if (file.num_rows >= 0) report_.rows_deleted += file.num_rows - file.deleted_rows;
    }
    return Status::OK();
  }

  Result<std::map<int64_t, FileCounts>> CountChanges(const ChangeQuery& query) {
    PL_ASSIGN_OR_RETURN(
        const auto result,
        session_->Query(fmt::format(
            "SELECT {0}, count({5}{1}) FILTER ({2} = {3}), count(*) FILTER ({2} = {4}) "
            "FROM {6} WHERE {0} IS NOT NULL GROUP BY {0}",
            table::kFileColumn, table::kPositionColumn, kActionColumn, static_cast<int>(RowAction::kDelete),
            static_cast<int>(RowAction::kUpdate), query.deletes_may_repeat ? "DISTINCT " : "", kChanges)));
    std::map<int64_t, FileCounts> counts;
    for (std::shared_ptr<arrow::RecordBatch> batch;;) {
      PL_RETURN_NOT_OK(result->ReadNext(&batch));
      if (batch == nullptr) return counts;
      const auto column = [&](int i) {
        return static_cast<const arrow::Int64Array&>(*batch->column(i)).raw_values();
      };
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        counts[column(0)[row]] = {column(1)[row], column(2)[row]};
      }
    }
  }

  // The rows kept, in the order RowChanges wants them.
  std::string OrderedChanges(size_t values) const {
    std::string columns =
        fmt::format("{}, {}, {}", table::kFileColumn, table::kPositionColumn, kActionColumn);
    for (size_t i = 0; i < values; ++i) columns += fmt::format(", v{}", i);
    return fmt::format("SELECT {} FROM {} ORDER BY {} NULLS LAST, {}{}", columns, kChanges,
                       table::kFileColumn, table::kPositionColumn, partition_order_);
  }

  Result<std::unique_ptr<RowChanges>> MakeChanges(const ChangeQuery& query,
                                                  std::map<int64_t, FileCounts> counts) {
    return RowChanges::Make(*table_, snapshot_, files_, target_, query, std::move(counts), transaction_.get(),
                            options_.memory_bytes, &report_);
  }

  Status Stream(const std::string& select, RowChanges* changes) {
    auto result = session_->Query(select);
    PL_RETURN_NOT_OK(Plain(result.status()));
    for (std::shared_ptr<arrow::RecordBatch> batch;;) {
      PL_RETURN_NOT_OK(Plain((*result)->ReadNext(&batch)));
      if (batch == nullptr) return Status::OK();
      PL_RETURN_NOT_OK(changes->Add(*batch));
    }
  }

  Status Apply(const ChangeQuery& query) {
    PL_RETURN_NOT_OK(Plain(session_->Keep(kChanges, query.select)));
    PL_ASSIGN_OR_RETURN(auto counts, CountChanges(query));
    const auto& partitions = snapshot_->definition().partition_columns;
    for (size_t i = 0; i < query.values.size(); ++i) {
      const std::string& name = target_.schema->field(query.values[i].column)->name();
      const bool partition = std::find(partitions.begin(), partitions.end(), name) != partitions.end();
      if (partition) partition_order_ += fmt::format(", v{}", i);
    }
    PL_ASSIGN_OR_RETURN(const auto changes, MakeChanges(query, std::move(counts)));
    PL_RETURN_NOT_OK(Stream(OrderedChanges(query.values.size()), changes.get()));
    return changes->Finish();
  }

  SqlSession* const session_;
  table::Table* const table_;
  const std::string scan_function_;
  const ChangeOptions options_;
  std::shared_ptr<const table::Snapshot> snapshot_;
  std::unique_ptr<table::Transaction> transaction_;
  std::vector<table::DataFile> files_;
  ChangeTarget target_;
  table::Operation operation_;
  std::string partition_order_;
  ChangeReport report_;
};

}  // namespace

Result<ChangeReport> RunChange(SqlSession* session, table::Table* table, const std::string& scan_function,
                               const ChangeStatement& statement, const ChangeOptions& options) {
  Runner runner(session, table, scan_function, options);
  PL_RETURN_NOT_OK(std::visit([&](const auto& one) { return runner.Begin(one.target); }, statement));
  PL_RETURN_NOT_OK(std::visit([&](const auto& one) { return runner.Run(one); }, statement));
  return runner.Commit();
}

}  // namespace pixlake::query
