#include "pipeline/run/step_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "query/change/change.h"
#include "query/session/open_sql_session.h"

#include "pipeline/run/kernel_rows.h"
#include "pipeline/run/key_set.h"
#include "pipeline/run/step_query.h"

namespace pixlake::pipeline {
namespace {

constexpr char kDate[] = "date_partition";

// Changes that are not kept, or no longer, are no reason to stop: all is made anew.
bool IsWithoutFeed(const Status& status) {
  const ErrorCode code = CodeOf(status);
  return code == ErrorCode::kUsage || code == ErrorCode::kNotFound || code == ErrorCode::kUnsupported;
}

class StepRun {
 public:
  StepRun(const session::Session& session, const catalog::Lake& lake, const Step& step,
          const RunOptions& options, const RunScope& scope)
      : session_(session), lake_(lake), step_(step), options_(options), scope_(scope) {
    report_.name = step.name;
  }

  Result<StepReport> Run() {
    PL_RETURN_NOT_OK(OpenInputs());
    PL_ASSIGN_OR_RETURN(fingerprint_, FingerprintOf(step_, inputs_, session_.kernels()));
    const io::Location place = lake_.TablePlace(step_.output);
    table::TableFormat* const format = session_.new_table_format();
    PL_ASSIGN_OR_RETURN(const bool there, format->Detect(place));
    if (there) {
      PL_ASSIGN_OR_RETURN(output_, session_.OpenToChange(place.path));
      PL_ASSIGN_OR_RETURN(const auto snapshot, output_->Load());
      PL_RETURN_NOT_OK(catalog::CheckOwnTableVersion(snapshot->definition(), place.path));
      decision_ = Decide(step_, inputs_, fingerprint_, *snapshot);
      PL_RETURN_NOT_OK(AsAsked());
    } else {
      decision_.mode = StepMode::kAll;
      decision_.reason = step_.output.text() + " is not there";
    }
    report_.mode = decision_.mode;
    report_.reason = decision_.reason;
    if (options_.plan || decision_.mode == StepMode::kNothing) return report_;
    PL_ASSIGN_OR_RETURN(sql_, query::OpenSqlSession(session_, Work::kSql));
    if (output_ == nullptr) PL_RETURN_NOT_OK(MakeOutput(place, format));
    PL_RETURN_NOT_OK(LookAtOutput());
    if (decision_.mode == StepMode::kChanged) {
      auto keys = KeysToMake();
      if (keys.ok()) return RunChanged(*keys);
      if (!IsWithoutFeed(keys.status())) return keys.status();
      report_.mode = StepMode::kAll;
      report_.reason = "changes cannot be read: " + keys.status().message();
    }
    return RunAll();
  }

 private:
  // What the caller wants done beyond what has to be.
  Status AsAsked() {
    if (options_.anew) {
      decision_.mode = StepMode::kAll;
      decision_.reason = "asked for";
    }
    if (!options_.since_ms || decision_.mode == StepMode::kAll) return Status::OK();
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].key.empty() && inputs_[i].input->keys.empty()) continue;  // no change of it is a key's
      const auto before = inputs_[i].table->Load({.version = {}, .as_of_ms = *options_.since_ms - 1});
      if (!before.ok() && CodeOf(before.status()) != ErrorCode::kNotFound) return before.status();
      // All of the table is of later.
      const int64_t version = before.ok() ? (*before)->version() : 0;
      if (version >= *decision_.watermarks[i]) continue;
      decision_.watermarks[i] = version;
      if (decision_.mode == StepMode::kNothing) decision_.reason = "asked for what changed since then";
      decision_.mode = StepMode::kChanged;
    }
    return Status::OK();
  }

  Result<KeySet> KeysToMake() {
    if (!decision_.output_over) return ChangedKeys(sql_.get(), step_, inputs_, decision_, nullptr);
    ChangedOutput changed{output_->location().path, *decision_.output_over + 1, output_version_, -1};
    PL_ASSIGN_OR_RETURN(const auto history, output_->History(changed.to - *decision_.output_over));
    // Oldest first: of ours there is one.
    for (auto entry = history.rbegin(); entry != history.rend() && changed.own < 0; ++entry) {
      if (entry->version >= changed.from && entry->operation == OperationOf(step_))
        changed.own = entry->version;
    }
    if (changed.own < 0) {
      return Error(ErrorCode::kNotFound, fmt::format("{} has no longer the commits since version {}",
                                                     step_.output.text(), changed.from));
    }
    return ChangedKeys(sql_.get(), step_, inputs_, decision_, &changed);
  }

  Status OpenInputs() {
    std::shared_ptr<arrow::DataType> key_type;
    for (const StepInput& input : step_.inputs) {
      OpenInput open;
      open.input = &input;
      PL_ASSIGN_OR_RETURN(open.table, session_.OpenToChange(lake_.TablePlace(input.table).path));
      PL_ASSIGN_OR_RETURN(open.snapshot, open.table->Load());
      if (const auto field = open.snapshot->row_schema()->GetFieldByName(input.key)) {
        open.key = input.key;
        open.key_is_text = field->type()->id() == arrow::Type::STRING;
        // Keys are told apart by their texts: 1 and 1.0 would be two.
        if (key_type == nullptr) key_type = field->type();
        if (!key_type->Equals(*field->type())) {
          return Error(
              ErrorCode::kUsage,
              fmt::format("step {}: the key `{}` of {} is {}, that of the inputs before is {}; they must be "
                          "of one type",
                          step_.name, input.key, input.table.text(), field->type()->ToString(),
                          key_type->ToString()));
        }
      }
      inputs_.push_back(std::move(open));
    }
    return Status::OK();
  }

  // One of the lake's own, or one whose columns the query has.
  Status MakeOutput(const io::Location& place, table::TableFormat* format) {
    auto definition = catalog::OwnTable(step_.output);
    if (!definition) {
      definition.emplace();
      definition->name = step_.output.text();
      definition->description = step_.what;
      definition->change_feed = true;
      PL_ASSIGN_OR_RETURN(definition->schema, SchemaOfRows());
      if (definition->schema->GetFieldByName(kDate) != nullptr) definition->partition_columns = {kDate};
    }
    if (definition->schema->GetFieldByName(step_.key) == nullptr) {
      return Error(ErrorCode::kUsage,
                   fmt::format("step {}: its rows have no column `{}`, which is its key; they have {}",
                               step_.name, step_.key, fmt::join(definition->schema->field_names(), ", ")));
    }
    const auto made = format->Create(place, *definition);
    if (!made.ok() && CodeOf(made.status()) != ErrorCode::kAlreadyExists) return made.status();
    return session_.OpenToChange(place.path).Value(&output_);
  }

  // Its key's type; and, of a step of one's own that gives other columns than it did, what the table becomes.
  Status LookAtOutput() {
    PL_ASSIGN_OR_RETURN(const auto snapshot, output_->Load());
    output_version_ = snapshot->version();
    std::shared_ptr<arrow::Schema> schema = snapshot->row_schema();
    // Its columns may be others by this definition, or by somebody else's hand.
    if (decision_.mode == StepMode::kAll || decision_.output_over) {
      const auto own = catalog::OwnTable(step_.output);
      std::shared_ptr<arrow::Schema> rows;
      if (own) {
        rows = own->schema;
      } else {
        PL_ASSIGN_OR_RETURN(rows, SchemaOfRows());
      }
      if (!SameColumns(*schema, *rows)) {
        if (decision_.mode != StepMode::kAll) report_.reason += "; its columns are others";
        decision_.mode = report_.mode = StepMode::kAll;
        schema = rows;
        replaced_ = snapshot->definition();
        replaced_->schema = rows;
        std::erase_if(replaced_->partition_columns,
                      [&](const std::string& name) { return rows->GetFieldByName(name) == nullptr; });
        if (own) replaced_->partition_columns = own->partition_columns;
      }
    }
    const auto key = schema->GetFieldByName(step_.key);
    if (key == nullptr) {
      return Error(ErrorCode::kUsage, fmt::format("step {}: {} has no column `{}`, which is the step's key",
                                                  step_.name, step_.output.text(), step_.key));
    }
    key_is_text_ = key->type()->id() == arrow::Type::STRING;
    return Status::OK();
  }

  static bool SameColumns(const arrow::Schema& left, const arrow::Schema& right) {
    if (left.num_fields() != right.num_fields()) return false;
    for (const auto& field : left.fields()) {
      const auto other = right.GetFieldByName(field->name());
      if (other == nullptr || !other->type()->Equals(*field->type())) return false;
    }
    return true;
  }

  Result<std::shared_ptr<arrow::Schema>> SchemaOfRows() {
    std::unique_ptr<KernelRows> none;
    if (!step_.kernel.name.empty()) {
      const KeySet no_keys;
      PL_ASSIGN_OR_RETURN(none, Compute(&no_keys));
    }
    PL_ASSIGN_OR_RETURN(const auto rows, sql_->Query(fmt::format("SELECT * FROM ({}) LIMIT 0",
                                                                 Query().Rows(nullptr, none.get()))));
    return rows->schema();
  }

  StepQuery Query() const { return {step_, inputs_, key_is_text_, scope_.now_us}; }

  Result<std::unique_ptr<KernelRows>> Compute(const KeySet* keys) {
    return KernelRows::Make(session_, step_, inputs_.front(), keys, options_.batch_rows,
                            session_.Watch(step_.name));
  }

  // What a kernel gave is passed on as it comes; what is joined is so slice by slice.
  void SetQueries(const KeySet* keys, const KernelRows* computed, int64_t rows,
                  query::InsertStatement* insert) const {
    const bool whole = computed != nullptr || step_.is_own;
    const int64_t slices = whole ? 1 : SlicesFor(rows, session_.Plan(Work::kSql).duckdb);
    insert->query = Query().Rows(keys, computed, {0, slices});
    for (int64_t i = 1; i < slices; ++i)
      insert->more_queries.push_back(Query().Rows(keys, computed, {i, slices}));
  }

  Result<StepReport> RunAll() {
    std::unique_ptr<KernelRows> computed;
    if (!step_.kernel.name.empty()) {
      PL_ASSIGN_OR_RETURN(computed, Compute(nullptr));
      report_.rows_in = computed->rows();
    } else {
      PL_ASSIGN_OR_RETURN(const auto totals, inputs_.front().snapshot->Totals());
      report_.rows_in = totals.num_rows.value_or(0);
    }
    query::InsertStatement insert;
    insert.mode = query::InsertStatement::Mode::kOverwrite;
    SetQueries(nullptr, computed.get(), report_.rows_in, &insert);
    return Write(std::move(insert));
  }

  Result<StepReport> RunChanged(const KeySet& keys) {
    report_.keys = keys.count;
    if (keys.empty()) return NoteProgress();
    std::unique_ptr<KernelRows> computed;
    if (!step_.kernel.name.empty()) {
      PL_ASSIGN_OR_RETURN(computed, Compute(&keys));
      report_.rows_in = computed->rows();
    } else {
      report_.rows_in = keys.count;
    }
    query::InsertStatement insert;
    insert.mode = query::InsertStatement::Mode::kReplaceWhere;
    insert.replace_where = keys.Condition(step_.key, key_is_text_);
    SetQueries(&keys, computed.get(), keys.count, &insert);
    return Write(std::move(insert));
  }

  // The inputs' commits changed no row: they are not looked at again.
  Result<StepReport> NoteProgress() {
    report_.mode = StepMode::kNothing;
    report_.reason += "; no row changed";
    PL_ASSIGN_OR_RETURN(const auto snapshot, output_->Load());
    PL_ASSIGN_OR_RETURN(const auto transaction, output_->Begin(snapshot));
    transaction->SetOperation({OperationOf(step_), {}, {}});
    for (const auto& [app_id, version] : NotesOf(step_, inputs_, fingerprint_, output_version_))
      PL_RETURN_NOT_OK(transaction->NoteTxn(app_id, version));
    if (scope_.lease) PL_RETURN_NOT_OK(transaction->CommitUnder(*scope_.lease));
    PL_ASSIGN_OR_RETURN(const auto outcome, transaction->Commit());
    report_.version = outcome.version;
    return report_;
  }

  Result<StepReport> Write(query::InsertStatement insert) {
    insert.target = {output_->location().path, "target"};
    insert.by_name = true;
    insert.as_it_comes = true;  // inputs are read file by file, which are each of one partition
    query::ChangeOptions change;
    change.memory_bytes = session_.Plan(Work::kSql).writers;
    change.operation = OperationOf(step_);
    change.noted_txns = NotesOf(step_, inputs_, fingerprint_, output_version_);
    change.lease = scope_.lease;
    if (replaced_) change.definition = replaced_;
    const auto done =
        query::RunChange(sql_.get(), output_.get(), std::string(output_->format()) + "_scan", insert, change);
    if (!done.ok()) return WithContext(done.status(), "step " + step_.name);
    report_.rows_out = done->rows_inserted;
    report_.rows_removed = done->rows_deleted;
    if (done->committed) report_.version = done->version;
    return report_;
  }

  const session::Session& session_;
  const catalog::Lake& lake_;
  const Step& step_;
  const RunOptions& options_;
  const RunScope& scope_;
  std::vector<OpenInput> inputs_;
  std::unique_ptr<table::Table> output_;
  std::unique_ptr<query::SqlSession> sql_;
  StepDecision decision_;
  bool key_is_text_ = false;
  std::optional<table::TableDefinition> replaced_;  // what the output is from this run on
  int64_t fingerprint_ = 0;
  int64_t output_version_ = -1;  // what is looked at, and made anew in part
  StepReport report_;
};

}  // namespace

Result<StepReport> RunStep(const session::Session& session, const catalog::Lake& lake, const Step& step,
                           const RunOptions& options, const RunScope& scope) {
  const auto begin = std::chrono::steady_clock::now();
  StepRun run(session, lake, step, options, scope);
  PL_ASSIGN_OR_RETURN(StepReport report, run.Run());
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

Result<std::string> WhyStop(const session::Session& session, const catalog::Lake& lake, const Step& step) {
  PL_ASSIGN_OR_RETURN(const auto sql, query::OpenSqlSession(session, Work::kSql));
  PL_ASSIGN_OR_RETURN(const auto rows,
                      sql->Query(fmt::format("WITH output AS (SELECT * FROM table_scan({})) SELECT min(why), "
                                             "count(*) FROM ({}) AS stops(why)",
                                             SqlLiteral(lake.TablePlace(step.output).path), step.stops)));
  std::shared_ptr<arrow::RecordBatch> batch;
  PL_RETURN_NOT_OK(rows->ReadNext(&batch));
  const int64_t count = static_cast<const arrow::Int64Array&>(*batch->column(1)).Value(0);
  if (count == 0) return std::string();
  std::string why = static_cast<const arrow::StringArray&>(*batch->column(0)).GetString(0);
  if (count > 1) why += fmt::format(", and {} more", count - 1);
  return why;
}

}  // namespace pixlake::pipeline
