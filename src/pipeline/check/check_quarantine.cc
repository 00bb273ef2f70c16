#include "pipeline/check/check_quarantine.h"

#include <algorithm>
#include <memory>
#include <string>

#include <arrow/api.h>
#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "query/change/change.h"
#include "query/session/open_sql_session.h"

namespace pixlake::pipeline {
namespace {

constexpr char kNote[] = "pixlake/checks/quarantine";
constexpr int kMostTries = 5;

// What stands in raw.quarantine of checks, by the rows of `validated`: each content once, as ever.
constexpr char kWanted[] = R"(
    WITH failing AS (SELECT image_id, date_partition, list_filter(checks, c -> c.outcome = 'failed' AND
                       c.severity = 'quarantine') AS cs FROM table_scan({0}) WHERE len(failed) > 0),
    wanted AS (SELECT image_id AS id, concat('check:', cs[1].name) AS verdict,
                 array_to_string(list_transform(cs, c -> concat('check ', c.name, ' fails: found ',
                   coalesce(c.value, 'nothing'), ', expected ', c.expected)), '; ') AS message, date_partition
               FROM failing WHERE len(cs) > 0
               QUALIFY row_number() OVER (PARTITION BY image_id ORDER BY date_partition) = 1),
    images AS (SELECT id, filename, mime_type, size, created_at, source, label FROM table_scan({1})
               QUALIFY row_number() OVER (PARTITION BY id ORDER BY source, filename) = 1)
    SELECT wanted.*, images.* EXCLUDE (id) FROM wanted JOIN images ON images.id = wanted.id)";

class Quarantine {
 public:
  Quarantine(const session::Session& session, const catalog::Lake& lake, const Checks& checks, int64_t now_us)
      : session_(session), lake_(lake), checks_(checks), now_us_(now_us) {}

  Result<CheckQuarantine> Sync() {
    PL_ASSIGN_OR_RETURN(const auto validated, session_.OpenToChange(Path("processed", "validated")));
    PL_ASSIGN_OR_RETURN(const auto judged, validated->Load());
    PL_ASSIGN_OR_RETURN(table_, session_.OpenToChange(Path("raw", "quarantine")));
    PL_ASSIGN_OR_RETURN(const auto snapshot, table_->Load());
    const std::string state = fmt::format("{} {}", judged->table_id(), judged->version());
    const auto note = static_cast<int64_t>(XXH3_64bits(state.data(), state.size()) >> 1);
    const std::optional<int64_t> noted = snapshot->TxnVersion(kNote);
    const bool asked = std::any_of(checks_.of_images.begin(), checks_.of_images.end(),
                                   [](const ImageCheck& check) { return check.severity == "quarantine"; });
    if (noted == note || (!noted && !asked)) return CheckQuarantine();
    PL_ASSIGN_OR_RETURN(sql_, query::OpenSqlSession(session_, Work::kSql));
    for (int tries = 1;; ++tries) {
      auto done = Merge(note);
      if (done.ok() || tries >= kMostTries || CodeOf(done.status()) != ErrorCode::kCommitConflict)
        return done;
    }
  }

 private:
  std::string Path(const char* zone, const char* name) const { return lake_.TablePlace({zone, name}).path; }

  Result<CheckQuarantine> Merge(int64_t note) {
    query::MergeStatement merge;
    merge.target = {table_->location().path, "target"};
    merge.source = fmt::format("({})", fmt::format(kWanted, SqlLiteral(Path("processed", "validated")),
                                                   SqlLiteral(Path("raw", "images"))));
    merge.source_alias = "wanted_row";
    merge.on = "target.id = wanted_row.id AND starts_with(target.verdict, 'check:')";
    query::MergeClause update;
    update.when = query::MergeClause::When::kMatched;
    update.then = query::MergeClause::Then::kUpdate;
    update.condition =
        "target.verdict <> wanted_row.verdict OR target.message IS DISTINCT FROM wanted_row.message";
    update.set = {{{"verdict"}, "wanted_row.verdict"}, {{"message"}, "wanted_row.message"}};
    query::MergeClause remove;
    remove.when = query::MergeClause::When::kNotMatchedBySource;
    remove.then = query::MergeClause::Then::kDelete;
    remove.condition = "starts_with(target.verdict, 'check:')";
    query::MergeClause add;
    add.when = query::MergeClause::When::kNotMatched;
    add.then = query::MergeClause::Then::kInsert;
    for (const char* column : {"id", "verdict", "message", "filename", "mime_type", "size", "created_at",
                               "source", "label", "date_partition"})
      add.set.push_back({{column}, fmt::format("wanted_row.{}", column)});
    add.set.push_back({{"quarantined_at"},
                       fmt::format("CAST({} AS TIMESTAMPTZ)", SqlLiteral(FormatTimestamp(now_us_ / 1000)))});
    merge.clauses = {update, remove, add};
    query::ChangeOptions change;
    change.memory_bytes = session_.Plan(Work::kSql).writers;
    change.operation = "CHECK";
    change.noted_txns = {{kNote, note}};
    const auto done =
        query::RunChange(sql_.get(), table_.get(), std::string(table_->format()) + "_scan", merge, change);
    if (!done.ok()) return WithContext(done.status(), "what checks put in quarantine");
    return CheckQuarantine{done->rows_inserted, done->rows_deleted};
  }

  const session::Session& session_;
  const catalog::Lake& lake_;
  const Checks& checks_;
  const int64_t now_us_;
  std::unique_ptr<table::Table> table_;
  std::unique_ptr<query::SqlSession> sql_;
};

}  // namespace

Result<CheckQuarantine> SyncCheckQuarantine(const session::Session& session, const catalog::Lake& lake,
                                            const Checks& checks, int64_t now_us) {
  return Quarantine(session, lake, checks, now_us).Sync();
}

}  // namespace pixlake::pipeline
