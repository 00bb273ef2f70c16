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

namespace pixlake::pipeline {
namespace {

constexpr char kDate[] = "date_partition";

// Changes that are not kept, or no longer, are no reason to stop: all is made anew.
bool IsWithoutFeed(const Status& status) {
  const ErrorCode code = CodeOf(status);
  return code == ErrorCode::kUsage || code == ErrorCode::kNotFound || code == ErrorCode::kUnsupported;
}

// A part of the keys, so that what a query joins and groups fits into its memory.
struct Slice {
  int64_t index = 0;
  int64_t count = 1;
};

class StepRun {
 public:
  StepRun(const session::Session& session, const catalog::Lake& lake, const Step& step,
          const RunOptions& options, int64_t now_us)
      : session_(session), lake_(lake), step_(step), options_(options), now_us_(now_us) {
    report_.name = step.name;
  }

  Result<StepReport> Run() {
    PL_RETURN_NOT_OK(OpenInputs());
    PL_ASSIGN_OR_RETURN(const int64_t fingerprint, FingerprintOf(step_, inputs_, session_.kernels()));
    notes_ = NotesOf(step_, inputs_, fingerprint);
    const io::Location place = lake_.TablePlace(step_.output);
    table::TableFormat* const format = session_.new_table_format();
    PL_ASSIGN_OR_RETURN(const bool there, format->Detect(place));
    if (there) {
      PL_ASSIGN_OR_RETURN(output_, session_.OpenToChange(place.path));
      PL_ASSIGN_OR_RETURN(const auto snapshot, output_->Load());
      PL_RETURN_NOT_OK(catalog::CheckOwnTableVersion(snapshot->definition(), place.path));
      decision_ = Decide(step_, inputs_, fingerprint, *snapshot);
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
      auto keys = ChangedKeys(sql_.get(), step_, inputs_, decision_);
      if (keys.ok()) return RunChanged(*keys);
      if (!IsWithoutFeed(keys.status())) return keys.status();
      report_.mode = StepMode::kAll;
      report_.reason = "its inputs' changes cannot be read: " + keys.status().message();
    }
    return RunAll();
  }

 private:
  Status OpenInputs() {
    for (const StepInput& input : step_.inputs) {
      OpenInput open;
      open.input = &input;
      PL_ASSIGN_OR_RETURN(open.table, session_.OpenToChange(lake_.TablePlace(input.table).path));
      PL_ASSIGN_OR_RETURN(open.snapshot, open.table->Load());
      if (const auto field = open.snapshot->row_schema()->GetFieldByName(input.key)) {
        open.key = input.key;
        open.key_is_text = field->type()->id() == arrow::Type::STRING;
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
    std::shared_ptr<arrow::Schema> schema = snapshot->row_schema();
    if (step_.is_own && decision_.mode == StepMode::kAll) {
      PL_ASSIGN_OR_RETURN(const auto rows, SchemaOfRows());
      if (!SameColumns(*schema, *rows)) {
        schema = rows;
        replaced_ = snapshot->definition();
        replaced_->schema = rows;
        std::erase_if(replaced_->partition_columns,
                      [&](const std::string& name) { return rows->GetFieldByName(name) == nullptr; });
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
    PL_ASSIGN_OR_RETURN(const auto rows,
                        sql_->Query(fmt::format("SELECT * FROM ({}) LIMIT 0", Rows(nullptr, none.get()))));
    return rows->schema();
  }

  Result<std::unique_ptr<KernelRows>> Compute(const KeySet* keys) {
    return KernelRows::Make(session_, step_, inputs_.front(), keys, options_.batch_rows,
                            session_.Watch(step_.name));
  }

  // How many, by a guess at what a row takes while it is joined.
  int64_t SlicesFor(int64_t rows) const {
    constexpr int64_t kBytesOfARow = 1500;
    const int64_t share = std::max<int64_t>(session_.Plan(Work::kSql).duckdb / 2, 1);
    return std::clamp<int64_t>((rows * kBytesOfARow + share - 1) / share, 1, 1024);
  }

  static std::string Condition(const KeySet* keys, const std::string& column, bool is_text,
                               const Slice& slice) {
    std::string out = keys == nullptr ? "" : keys->Condition(column, is_text);
    if (slice.count == 1) return out;
    out += fmt::format("{}coalesce(hash(CAST({} AS VARCHAR)) % {}, 0) = {}", out.empty() ? "" : " AND ",
                       SqlName(column), slice.count, slice.index);
    return out;
  }

  // The step's rows: of some keys, or all.
  std::string Rows(const KeySet* keys, const KernelRows* computed, const Slice& slice = {}) const {
    std::vector<std::string> with;
    for (const OpenInput& open : inputs_) {
      const std::string& key = open.key;
      const std::string condition = key.empty() ? "" : Condition(keys, key, open.key_is_text, slice);
      with.push_back(fmt::format("{} AS NOT MATERIALIZED ({})", SqlName(open.input->table.name),
                                 RowsOf(open, condition)));
    }
    if (computed != nullptr)
      with.push_back(fmt::format("computed AS NOT MATERIALIZED ({})", computed->Select()));
    std::string sql = step_.sql;
    constexpr std::string_view kNow = "{now}";
    const std::string now =
        fmt::format("CAST({} AS TIMESTAMPTZ)", SqlLiteral(FormatTimestamp(now_us_ / 1000)));
    for (size_t at = 0; !step_.is_own && (at = sql.find(kNow, at)) != std::string::npos; at += now.size())
      sql.replace(at, kNow.size(), now);
    std::string out = fmt::format("WITH {} SELECT * FROM ({}\n) AS made", fmt::join(with, ", "), sql);
    // Of SQL of somebody else nothing is left out: a row of another key is REPLACE WHERE's to refuse.
    if (step_.is_own && computed == nullptr) return out;
    const std::string condition = Condition(keys, step_.key, key_is_text_, slice);
    if (!condition.empty()) out += " WHERE " + condition;
    return out;
  }

  // What a kernel gave is passed on as it comes; what is joined is so slice by slice.
  void SetQueries(const KeySet* keys, const KernelRows* computed, int64_t rows,
                  query::InsertStatement* insert) const {
    const int64_t slices = computed != nullptr || step_.is_own ? 1 : SlicesFor(rows);
    insert->query = Rows(keys, computed, Slice{0, slices});
    for (int64_t i = 1; i < slices; ++i)
      insert->more_queries.push_back(Rows(keys, computed, Slice{i, slices}));
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
    transaction->SetOperation({"STEP " + step_.name, {}, {}});
    for (const auto& [app_id, version] : notes_) PL_RETURN_NOT_OK(transaction->NoteTxn(app_id, version));
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
    change.operation = "STEP " + step_.name;
    change.noted_txns = notes_;
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
  const int64_t now_us_;
  std::vector<OpenInput> inputs_;
  std::unique_ptr<table::Table> output_;
  std::unique_ptr<query::SqlSession> sql_;
  StepDecision decision_;
  bool key_is_text_ = false;
  std::optional<table::TableDefinition> replaced_;  // what the output is from this run on
  std::map<std::string, int64_t> notes_;
  StepReport report_;
};

}  // namespace

Result<StepReport> RunStep(const session::Session& session, const catalog::Lake& lake, const Step& step,
                           const RunOptions& options, int64_t now_us) {
  const auto begin = std::chrono::steady_clock::now();
  StepRun run(session, lake, step, options, now_us);
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
