#include "pipeline/check/checks.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/time/duration.h"
#include "query/text/sql_tokens.h"

#include "pipeline/check/row_question.h"

namespace pixlake::pipeline {
namespace {

constexpr char kOfImages[] = "images";
constexpr char kImagesTable[] = "raw.images";

class CheckReader {
 public:
  CheckReader(const settings::Settings& settings, size_t index)
      : settings_(settings), check_(settings.checks[index]), index_(index) {}

  Status Read(Checks* checks) {
    const auto question = RowQuestionOf(check_);
    if (question && check_.kind == "sql") PL_RETURN_NOT_OK(CheckCondition(question->condition));
    if (question && check_.table == kOfImages) {
      checks->of_images.push_back({check_.name, check_.kind,
                                   std::string(settings::SeverityName(check_.severity)), question->condition,
                                   question->value, question->expected, check_.kind == "duplicate",
                                   settings_.Where(fmt::format("checks[{}]", index_))});
      return Status::OK();
    }
    TableCheck out;
    out.name = check_.name;
    out.kind = check_.kind;
    out.severity = settings::SeverityName(check_.severity);
    out.where = settings_.Where(fmt::format("checks[{}]", index_));
    PL_ASSIGN_OR_RETURN(out.table, TableOf());
    if (question) {
      out.condition = question->condition;
      out.value = question->value;
      out.expected = question->expected;
    } else {
      ReadOfAllRows(&out);
    }
    checks->of_tables.push_back(std::move(out));
    return Status::OK();
  }

 private:
  Status Wrong(const char* key, const std::string& what) const {
    return Error(ErrorCode::kUsage,
                 fmt::format("{}: {}", settings_.Where(fmt::format("checks[{}].{}", index_, key)), what));
  }

  Result<catalog::TableName> TableOf() const {
    auto table = catalog::ParseTableName(check_.table == kOfImages ? kImagesTable : check_.table);
    if (table) return *std::move(table);
    return Wrong("table", fmt::format("`{}` is no table of a lake; expected images, or raw., processed. or "
                                      "curated. and a name of lower-case letters, digits and _",
                                      check_.table));
  }

  // More than one statement would be run as such. What rows are left out by follows from the row alone, so
  // that a row that did not change need not be looked at again.
  Status CheckCondition(const std::string& condition) const {
    const auto parts = query::SplitStatements(condition, std::make_shared<query::SqlNames>());
    if (!parts.ok()) return Wrong("condition", parts.status().message());
    if (parts->size() != 1) return Wrong("condition", "several statements; expected one condition");
    const auto& tokens = parts->front().tokens;
    int depth = 0;
    for (const auto& token : tokens) {
      depth += token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
      if (depth < 0) return Wrong("condition", "a ) that closes nothing; expected one condition");
    }
    if (check_.severity != settings::Severity::kDrop || check_.table == kOfImages) return Status::OK();
    for (size_t i = 0; i < tokens.size(); ++i) {
      const bool begins = i == 0 || tokens[i - 1].IsSymbol('(');
      if (tokens[i].IsWord("SELECT") || (begins && BeginsQuery(tokens[i])))
        return Wrong("condition", "a row is dropped by what is in it; expected a condition without SELECT");
      if (ChangesByItself(tokens[i])) {
        return Wrong("condition",
                     fmt::format("a row is dropped by what is in it, and `{}` is another thing at "
                                 "another time",
                                 tokens[i].text));
      }
    }
    return Status::OK();
  }

  static bool BeginsQuery(const query::SqlToken& token) {
    return std::any_of(kQueryWords.begin(), kQueryWords.end(),
                       [&](const char* word) { return token.IsWord(word); });
  }

  static bool ChangesByItself(const query::SqlToken& token) {
    return std::any_of(kUnstable.begin(), kUnstable.end(),
                       [&](const char* word) { return token.IsWord(word); });
  }

  static constexpr std::array kQueryWords = {"FROM",     "TABLE", "WITH",      "PIVOT",
                                             "DESCRIBE", "SHOW",  "SUMMARIZE", "UNPIVOT"};
  static constexpr std::array kUnstable = {"RANDOM",
                                           "NOW",
                                           "TODAY",
                                           "UUID",
                                           "NEXTVAL",
                                           "GETENV",
                                           "CURRENT_DATE",
                                           "CURRENT_TIME",
                                           "GET_CURRENT_TIME",
                                           "CURRENT_TIMESTAMP",
                                           "CURRENT_SETTING",
                                           "GEN_RANDOM_UUID",
                                           "TRANSACTION_TIMESTAMP",
                                           "GET_CURRENT_TIMESTAMP"};

  void ReadOfAllRows(TableCheck* out) const {
    out->column = GivenParameter<std::string>(check_, "column").value_or("");
    out->max_age_ms = GivenParameter<int64_t>(check_, "max_age");
    out->min_rows = GivenParameter<int64_t>(check_, "min_rows");
    out->max_rows = GivenParameter<int64_t>(check_, "max_rows");
    out->min_share = GivenParameter<double>(check_, "min_share");
    out->max_share = GivenParameter<double>(check_, "max_share");
    std::vector<std::string> words;
    if (check_.kind == "unique") words.push_back(fmt::format("no {} twice", out->column));
    if (out->max_age_ms) words.push_back("max_age " + FormatDuration(*out->max_age_ms));
    if (out->min_rows) words.push_back(fmt::format("min_rows {}", *out->min_rows));
    if (out->max_rows) words.push_back(fmt::format("max_rows {}", *out->max_rows));
    if (out->min_share) words.push_back(fmt::format("min_share {}", *out->min_share));
    if (out->max_share) words.push_back(fmt::format("max_share {}", *out->max_share));
    out->expected = fmt::format("{}", fmt::join(words, ", "));
  }

  const settings::Settings& settings_;
  const settings::Check& check_;
  const size_t index_;
};

}  // namespace

Result<Checks> ChecksOf(const settings::Settings& settings) {
  Checks checks;
  for (size_t i = 0; i < settings.checks.size(); ++i) {
    if (settings.checks[i].enabled) PL_RETURN_NOT_OK(CheckReader(settings, i).Read(&checks));
  }
  return checks;
}

Status WithPlaceOfCheck(const Status& status, const std::vector<ImageCheck>& checks) {
  const std::string& message = status.message();
  for (size_t begin = message.find('"'); begin != std::string::npos;) {
    const size_t end = message.find('"', begin + 1);
    if (end == std::string::npos) break;
    const std::string name = message.substr(begin + 1, end - begin - 1);
    for (const ImageCheck& check : checks) {
      if (!name.empty() && check.condition.find(name) != std::string::npos)
        return WithContext(status, check.where);
    }
    begin = message.find('"', end + 1);
  }
  return status;
}

std::string StaysCondition(const Checks& checks, const catalog::TableName& table) {
  std::vector<std::string> conditions;
  for (const TableCheck& check : checks.of_tables) {
    if (check.severity == "drop" && check.table.text() == table.text())
      conditions.push_back(fmt::format("coalesce(CAST(({}\n) AS BOOLEAN), true)", check.condition));
  }
  return fmt::format("{}", fmt::join(conditions, " AND "));
}

}  // namespace pixlake::pipeline
