#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/sql_text.h"
#include "engine/report/report_data_internal.h"
#include "lake/content/image_finder.h"

#include "settings/read/read_settings.h"
#include "settings/write/effective.h"

namespace pixlake::engine {
namespace {

const catalog::TableName kCheckResults{"processed", "check_results"};
const catalog::TableName kValidatedTable{"processed", "validated"};
const catalog::TableName kImagesOfLake{"raw", "images"};
const catalog::TableName kQuarantineOfLake{"raw", "quarantine"};

// The rows of a query, one after the other.
class Rows {
 public:
  static Result<Rows> Of(query::SqlSession* sql, const std::string& text) {
    Rows rows;
    PL_ASSIGN_OR_RETURN(rows.result_, sql->Query(text));
    return rows;
  }

  Result<bool> Next() {
    ++row_;
    while (batch_ == nullptr || row_ >= batch_->num_rows()) {
      PL_RETURN_NOT_OK(result_->ReadNext(&batch_));
      if (batch_ == nullptr) return false;
      row_ = 0;
    }
    return true;
  }

  std::string Text(int column) const {
    const auto& values = static_cast<const arrow::StringArray&>(*batch_->column(column));
    return values.IsNull(row_) ? "" : values.GetString(row_);
  }
  int64_t Integer(int column) const {
    const auto& values = static_cast<const arrow::Int64Array&>(*batch_->column(column));
    return values.IsNull(row_) ? 0 : values.Value(row_);
  }
  std::optional<double> Number(int column) const {
    const auto& values = static_cast<const arrow::DoubleArray&>(*batch_->column(column));
    return values.IsNull(row_) ? std::nullopt : std::optional<double>(values.Value(row_));
  }
  std::optional<bool> Truth(int column) const {
    const auto& values = static_cast<const arrow::BooleanArray&>(*batch_->column(column));
    return values.IsNull(row_) ? std::nullopt : std::optional<bool>(values.Value(row_));
  }
  std::vector<std::string> Texts(int column) const {
    std::vector<std::string> out;
    const auto& list = static_cast<const arrow::ListArray&>(*batch_->column(column));
    if (list.IsNull(row_)) return out;
    const auto& values = static_cast<const arrow::StringArray&>(*list.values());
    for (int64_t i = list.value_offset(row_); i < list.value_offset(row_ + 1); ++i)
      out.push_back(values.IsNull(i) ? "" : values.GetString(i));
    return out;
  }

 private:
  std::unique_ptr<query::QueryResult> result_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t row_ = -1;
};

// "2026-11-28 03:12 UTC".
std::string WhenText(int64_t micros) {
  std::string text = FormatTimestamp(micros / 1000).substr(0, 16);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text + " UTC";
}

int Gravity(const ReportCheck& check) {
  if (check.passed != false) return check.passed ? 6 : 5;
  const std::vector<std::string> order = {"stop", "quarantine", "drop", "warn"};
  return static_cast<int>(std::find(order.begin(), order.end(), check.severity) - order.begin());
}

class ReportReader {
 public:
  ReportReader(const catalog::Lake& lake, query::SqlSession* sql, int most_of_a_check)
      : lake_(lake), sql_(sql), most_(most_of_a_check) {}

  Result<ReportData> Read() {
    ReportData data;
    data.lake = lake_.place().path;
    data.when = WhenText(NowMillis() * 1000);
    PL_ASSIGN_OR_RETURN(const auto tables, lake_.TableNames());
    for (const catalog::TableName& table : tables) there_.insert(table.text());
    if (!there_.contains(kCheckResults.text())) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("no check was asked in {} yet: say them under `checks:` in "
                               "config/settings.yaml, and `pixlake run`",
                               data.lake));
    }
    PL_RETURN_NOT_OK(ReadLatest(&data));
    PL_RETURN_NOT_OK(ReadHistory(&data));
    PL_RETURN_NOT_OK(ReadCounts(&data));
    MarkAsked(&data);
    std::stable_sort(
        data.checks.begin(), data.checks.end(), [](const ReportCheck& left, const ReportCheck& right) {
          return std::pair(!left.is_asked, Gravity(left)) < std::pair(!right.is_asked, Gravity(right));
        });
    PL_RETURN_NOT_OK(ReadFailing(&data));
    return data;
  }

 private:
  std::string Scan(const catalog::TableName& table) const {
    return fmt::format("table_scan({})", SqlLiteral(lake_.TablePlace(table).path));
  }

  Status ReadLatest(ReportData* data) {
    PL_ASSIGN_OR_RETURN(
        Rows rows,
        Rows::Of(sql_,
                 fmt::format("SELECT check_name, table_name, kind, severity, threshold, message, "
                             "epoch_us(run_at), rows_checked, rows_failed, rows_not_applicable, passed, "
                             "value, sample_ids FROM {} QUALIFY row_number() OVER (PARTITION BY check_name "
                             "ORDER BY run_at DESC, run_id DESC) = 1 ORDER BY check_name",
                             Scan(kCheckResults))));
    while (true) {
      PL_ASSIGN_OR_RETURN(const bool more, rows.Next());
      if (!more) return Status::OK();
      ReportCheck& check = data->checks.emplace_back();
      check.name = rows.Text(0);
      check.table = rows.Text(1);
      check.kind = rows.Text(2);
      check.severity = rows.Text(3);
      check.threshold = rows.Text(4);
      check.message = rows.Text(5);
      check.when = WhenText(rows.Integer(6));
      check.rows_checked = rows.Integer(7);
      check.rows_failed = rows.Integer(8);
      check.rows_not_applicable = rows.Integer(9);
      check.passed = rows.Truth(10);
      check.value = rows.Number(11);
      check.sample_ids = rows.Texts(12);
    }
  }

  Status ReadHistory(ReportData* data) {
    std::map<std::string, ReportCheck*> by_name;
    for (ReportCheck& check : data->checks) by_name[check.name] = &check;
    PL_ASSIGN_OR_RETURN(
        Rows rows,
        Rows::Of(sql_,
                 fmt::format("SELECT check_name, epoch_us(run_at), passed, value, message FROM {} QUALIFY "
                             "row_number() OVER (PARTITION BY check_name ORDER BY run_at DESC, run_id DESC) "
                             "<= {} ORDER BY check_name, run_at, run_id",
                             Scan(kCheckResults), kMostRunsShown)));
    while (true) {
      PL_ASSIGN_OR_RETURN(const bool more, rows.Next());
      if (!more) return Status::OK();
      by_name[rows.Text(0)]->history.push_back(
          {WhenText(rows.Integer(1)), rows.Truth(2), rows.Number(3).value_or(0), rows.Text(4)});
    }
  }

  Status ReadCounts(ReportData* data) {
    const auto count = [&](const std::string& what) -> Result<int64_t> {
      PL_ASSIGN_OR_RETURN(Rows rows, Rows::Of(sql_, "SELECT " + what));
      PL_ASSIGN_OR_RETURN(const bool more, rows.Next());
      return more ? rows.Integer(0) : 0;
    };
    PL_ASSIGN_OR_RETURN(data->runs, count("count(DISTINCT run_id) FROM " + Scan(kCheckResults)));
    if (there_.contains(kImagesOfLake.text())) {
      PL_ASSIGN_OR_RETURN(data->images, count("count(*) FROM " + Scan(kImagesOfLake)));
    }
    if (there_.contains(kQuarantineOfLake.text())) {
      PL_ASSIGN_OR_RETURN(data->quarantined, count(fmt::format("count(*) FROM {} WHERE starts_with(verdict, "
                                                               "'check:')",
                                                               Scan(kQuarantineOfLake))));
    }
    return Status::OK();
  }

  // What settings no longer ask stays told, apart. Without settings that can be read all is as it was.
  void MarkAsked(ReportData* data) const {
    const std::string file = data->lake + "/config/settings.yaml";
    std::error_code error;
    if (!std::filesystem::exists(file, error)) return;
    const auto settings = settings::ReadSettings(file);
    if (!settings.ok()) return;
    std::map<std::string, std::string> asked;  // with what it is for
    for (const settings::Check& check : settings->checks) {
      if (check.enabled) asked[check.name] = check.description;
    }
    for (ReportCheck& check : data->checks) {
      const auto found = asked.find(check.name);
      check.is_asked = found != asked.end();
      if (check.is_asked) check.description = found->second;
    }
  }

  // Which images fail, by what processed.validated says; of checks of tables those whose rows are named by
  // an image's id.
  Status ReadFailing(ReportData* data) {
    if (!there_.contains(kImagesOfLake.text())) return Status::OK();
    std::map<std::string, ReportCheck*> of_images;
    for (ReportCheck& check : data->checks) {
      if (!check.is_asked || check.passed != false) continue;
      if (check.table == "images") {
        of_images[check.name] = &check;
        continue;
      }
      for (const std::string& id : check.sample_ids) {
        if (lake::IsContentId(id)) check.pictures.emplace_back().id = id;
      }
      PL_RETURN_NOT_OK(NamePictures(&check));
    }
    if (of_images.empty() || !there_.contains(kValidatedTable.text())) return Status::OK();
    std::vector<std::string> names;
    for (const auto& [name, check] : of_images) names.push_back(SqlLiteral(name));
    PL_ASSIGN_OR_RETURN(
        Rows rows,
        Rows::Of(sql_,
                 fmt::format("SELECT c.name, image_id, c.value FROM (SELECT image_id, unnest(checks) AS c "
                             "FROM {} WHERE len(failed) > 0) WHERE c.outcome = 'failed' AND c.name IN ({}) "
                             "QUALIFY row_number() OVER (PARTITION BY c.name ORDER BY image_id) <= {} ORDER "
                             "BY 1, 2",
                             Scan(kValidatedTable), fmt::join(names, ", "), most_)));
    while (true) {
      PL_ASSIGN_OR_RETURN(const bool more, rows.Next());
      if (!more) break;
      ReportPicture& picture = of_images[rows.Text(0)]->pictures.emplace_back();
      picture.id = rows.Text(1);
      picture.found = rows.Text(2);
    }
    for (const auto& [name, check] : of_images) PL_RETURN_NOT_OK(NamePictures(check));
    return Status::OK();
  }

  Status NamePictures(ReportCheck* check) {
    if (check->pictures.empty()) return Status::OK();
    std::vector<std::string> ids;
    for (const ReportPicture& picture : check->pictures) ids.push_back(SqlLiteral(picture.id));
    PL_ASSIGN_OR_RETURN(Rows rows,
                        Rows::Of(sql_, fmt::format("SELECT id, filename, source FROM {} WHERE id IN ({})",
                                                   Scan(kImagesOfLake), fmt::join(ids, ", "))));
    while (true) {
      PL_ASSIGN_OR_RETURN(const bool more, rows.Next());
      if (!more) return Status::OK();
      for (ReportPicture& picture : check->pictures) {
        if (picture.id != rows.Text(0)) continue;
        picture.name = rows.Text(1);
        picture.source = settings::WithoutSecrets(rows.Text(2));
      }
    }
  }

  const catalog::Lake& lake_;
  query::SqlSession* const sql_;
  const int most_;
  std::set<std::string> there_;
};

}  // namespace

Result<ReportData> ReadReportData(const Session& session, query::SqlSession* sql, int most_of_a_check) {
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, session.OpenLake());
  return ReportReader(lake, sql, most_of_a_check).Read();
}

}  // namespace pixlake::engine
