#include "engine/profile/profile.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "engine/chosen_rows.h"
#include "engine/profile/drift_internal.h"
#include "engine/profile/profile_query_internal.h"
#include "query/session/open_sql_session.h"

namespace pixlake::engine {
namespace {

// Values are grouped where that takes little; where it would take more, that is told.
constexpr int64_t kMostGroupedValues = 100'000;
constexpr double kMostGroupedBytes = 64e6;
constexpr int kMostTop = 10;
constexpr int kBins = 10;

ColumnKind KindOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return ColumnKind::kBoolean;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::DICTIONARY:
      return ColumnKind::kText;
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
      return ColumnKind::kTime;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return ColumnKind::kBlob;
    default:
      return arrow::is_numeric(type.id()) || arrow::is_decimal(type.id()) ? ColumnKind::kNumber
                                                                          : ColumnKind::kOther;
  }
}

std::string TypeName(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return "string";
    case arrow::Type::TIMESTAMP:
      return "timestamp";
    case arrow::Type::DATE32:
      return "date";
    case arrow::Type::LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      return type.name();
    default:
      return type.ToString();
  }
}

// As numpy.linspace has them; one value is the middle of a span of 1.
std::vector<double> EdgesOf(double least, double most) {
  if (least == most) {
    least -= 0.5;
    most += 0.5;
  }
  const double step = (most - least) / kBins;
  std::vector<double> edges;
  for (int i = 0; i < kBins; ++i) edges.push_back(i * step + least);
  edges.push_back(most);
  return edges;
}

class Profiler {
 public:
  Profiler(const Session& session, const ProfileRequest& request) : session_(session), request_(request) {}

  Result<Profile> Run() {
    PL_RETURN_NOT_OK(Resolve());
    PL_ASSIGN_OR_RETURN(sql_, query::OpenSqlSession(session_, Work::kSql));
    profile_.table = request_.table;
    PL_ASSIGN_OR_RETURN(profile_.columns, Columns(now_));
    PL_ASSIGN_OR_RETURN(facts_, AskAggregates(sql_.get(), now_, &profile_.columns, &profile_.rows));
    PL_RETURN_NOT_OK(FillHistograms());
    for (size_t i = 0; i < profile_.columns.size(); ++i) PL_RETURN_NOT_OK(CountValues(i));
    FillBlobLengths();
    if (!then_.empty()) PL_RETURN_NOT_OK(Compare());
    return std::move(profile_);
  }

 private:
  // What stands after FROM, now and then.
  Status Resolve() {
    std::error_code error;
    const bool is_file = std::filesystem::is_regular_file(request_.table, error);
    if (is_file) {
      if (request_.against || request_.version) {
        return Error(
            ErrorCode::kUsage,
            fmt::format("{} is a file, and files have no versions; expected a table", request_.table));
      }
      now_ = SqlLiteral(request_.table);
      return Status::OK();
    }
    table::VersionSpec version;
    version.version = request_.version;
    PL_ASSIGN_OR_RETURN(const auto table, session_.OpenTable(request_.table));
    PL_ASSIGN_OR_RETURN(const auto snapshot, table->Load(version));
    profile_.version = snapshot->version();
    version.version = snapshot->version();  // all passes read the same
    PL_ASSIGN_OR_RETURN(now_, ReferenceAt(session_, request_.table, version));
    if (!request_.against) return Status::OK();
    version.version = request_.against;
    PL_ASSIGN_OR_RETURN(then_, ReferenceAt(session_, request_.table, version));
    profile_.against = request_.against;
    return Status::OK();
  }

  Result<std::vector<ColumnProfile>> Columns(const std::string& from) {
    PL_ASSIGN_OR_RETURN(const auto rows, sql_->Query(fmt::format("SELECT * FROM {} LIMIT 0", from)));
    std::vector<ColumnProfile> columns;
    const auto schema = rows->schema();
    for (const auto& field : schema->fields()) {
      ColumnProfile& column = columns.emplace_back();
      column.name = field->name();
      column.kind = KindOf(*field->type());
      column.type = TypeName(*field->type());
      if (column.kind == ColumnKind::kBlob) column.note = "blobs are not read";
    }
    return columns;
  }

  Status FillHistograms() {
    std::vector<BinQuestion> questions;
    std::vector<size_t> asked;
    std::vector<std::vector<double>> edges;
    for (size_t i = 0; i < profile_.columns.size(); ++i) {
      ColumnProfile& column = profile_.columns[i];
      if (column.kind != ColumnKind::kNumber || facts_[i].values == 0) continue;
      edges.push_back(EdgesOf(facts_[i].least, facts_[i].most));
      const bool holds = std::isfinite(facts_[i].most - facts_[i].least) && std::isfinite(*column.mean);
      if (!holds) {
        edges.pop_back();
        column.mean.reset();
        column.note = "its numbers are too far apart for a mean and a histogram";
        continue;
      }
      questions.push_back({&column, {edges.back().begin() + 1, edges.back().end() - 1}, *column.mean});
      asked.push_back(i);
    }
    PL_ASSIGN_OR_RETURN(auto answers, AskBins(sql_.get(), now_, questions));
    for (size_t k = 0; k < asked.size(); ++k) {
      ColumnProfile& column = profile_.columns[asked[k]];
      column.histogram = Histogram{std::move(edges[k]), std::move(answers[k].counts)};
      const auto values = static_cast<double>(facts_[asked[k]].values);
      if (values > 1 && std::isfinite(answers[k].squares))
        column.std = std::sqrt(answers[k].squares / (values - 1));
    }
    return Status::OK();
  }

  static bool IsFewValues(const ColumnProfile& column, const ColumnFacts& facts) {
    const auto distinct = static_cast<double>(column.distinct.value_or(0));
    return distinct <= kMostGroupedValues && distinct * (facts.mean_bytes + 16) <= kMostGroupedBytes;
  }

  // Distinct values, and the commonest texts.
  Status CountValues(size_t index) {
    ColumnProfile& column = profile_.columns[index];
    const bool is_named = column.kind == ColumnKind::kText || column.kind == ColumnKind::kBoolean;
    if (column.kind == ColumnKind::kBlob || column.kind == ColumnKind::kOther) return Status::OK();
    if (!IsFewValues(column, facts_[index])) {
      if (is_named) column.note = "too many values to count the commonest";
      return Status::OK();
    }
    PL_ASSIGN_OR_RETURN(column.distinct, AskDistinct(sql_.get(), now_, column));
    column.distinct_exact = true;
    if (!is_named) return Status::OK();
    PL_ASSIGN_OR_RETURN(column.top, AskTop(sql_.get(), now_, column, kMostTop));
    return Status::OK();
  }

  // Tables of a lake say beside a blob how large it is.
  void FillBlobLengths() {
    const auto find = [&](const char* name) {
      return std::find_if(profile_.columns.begin(), profile_.columns.end(),
                          [&](const ColumnProfile& column) { return column.name == name; });
    };
    const auto size = find("size"), content = find("content");
    if (size == profile_.columns.end() || content == profile_.columns.end() ||
        size->kind != ColumnKind::kNumber || content->kind != ColumnKind::kBlob || !size->mean)
      return;
    const ColumnFacts& facts = facts_[static_cast<size_t>(size - profile_.columns.begin())];
    content->min_length = static_cast<int64_t>(facts.least);
    content->max_length = static_cast<int64_t>(facts.most);
    content->mean_length = size->mean;
    content->note = "blobs are not read; lengths are those in `size`";
  }

  Status Compare() {
    PL_ASSIGN_OR_RETURN(std::vector<ColumnProfile> then, Columns(then_));
    PL_ASSIGN_OR_RETURN(const std::vector<ColumnFacts> facts,
                        AskAggregates(sql_.get(), then_, &then, &profile_.rows_then));
    std::map<std::string, size_t> by_name;
    for (size_t i = 0; i < then.size(); ++i) by_name[then[i].name] = i;
    std::vector<BinQuestion> questions;
    std::vector<ColumnProfile*> numbers;
    for (size_t i = 0; i < profile_.columns.size(); ++i) {
      ColumnProfile& column = profile_.columns[i];
      const auto found = by_name.find(column.name);
      if (found == by_name.end()) {
        profile_.new_columns.push_back(column.name);
        continue;
      }
      const ColumnProfile& earlier = then[found->second];
      const ColumnFacts& earlier_facts = facts[found->second];
      by_name.erase(found);
      if (column.kind == ColumnKind::kBlob || earlier.kind == ColumnKind::kBlob) continue;
      Drift& drift = column.drift.emplace();
      drift.null_share_then = profile_.rows_then == 0 ? 0
                                                      : static_cast<double>(earlier.nulls.value_or(0)) /
                                                            static_cast<double>(profile_.rows_then);
      if (column.kind != earlier.kind) {
        drift.note = fmt::format("it was of type {}", earlier.type);
      } else if (column.kind == ColumnKind::kNumber) {
        drift.edges = earlier_facts.tenths;
        drift.edges.erase(std::unique(drift.edges.begin(), drift.edges.end()), drift.edges.end());
        questions.push_back({&column, drift.edges});
        numbers.push_back(&column);
      } else if (column.kind == ColumnKind::kText || column.kind == ColumnKind::kBoolean) {
        if (IsFewValues(column, facts_[i]) && IsFewValues(earlier, earlier_facts)) {
          PL_RETURN_NOT_OK(CompareValues(sql_.get(), now_, then_, column, &drift));
        } else {
          drift.note = "too many values to compare";
        }
      }
    }
    for (const auto& [name, index] : by_name) profile_.vanished_columns.push_back(name);
    return CompareAllNumbers(questions, numbers);
  }

  Status CompareAllNumbers(const std::vector<BinQuestion>& questions,
                           const std::vector<ColumnProfile*>& numbers) {
    PL_ASSIGN_OR_RETURN(const auto now, AskBins(sql_.get(), now_, questions));
    PL_ASSIGN_OR_RETURN(const auto then, AskBins(sql_.get(), then_, questions));
    for (size_t i = 0; i < numbers.size(); ++i) {
      Drift& drift = *numbers[i]->drift;
      drift.now = now[i].counts;
      drift.then = then[i].counts;
      PL_RETURN_NOT_OK(CompareNumbers(sql_.get(), now_, then_, *numbers[i], &drift));
    }
    return Status::OK();
  }

  const Session& session_;
  const ProfileRequest& request_;
  std::unique_ptr<query::SqlSession> sql_;
  std::string now_, then_;
  std::vector<ColumnFacts> facts_;  // by column
  Profile profile_;
};

}  // namespace

Result<Profile> ProfileOf(const Session& session, const ProfileRequest& request) {
  const StopScope scope = session.Enter();
  return Profiler(session, request).Run();
}

std::string_view ColumnKindName(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kNumber:
      return "number";
    case ColumnKind::kText:
      return "text";
    case ColumnKind::kTime:
      return "time";
    case ColumnKind::kBoolean:
      return "boolean";
    case ColumnKind::kBlob:
      return "blob";
    case ColumnKind::kOther:
      return "other";
  }
  return "";
}

}  // namespace pixlake::engine
