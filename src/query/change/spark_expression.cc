#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "query/change/change_query_internal.h"
#include "query/change/spark_expression_internal.h"
#include "query/duckdb_handles_internal.h"
#include "query/scan_literals_internal.h"
#include "query/sql_tokens.h"

namespace pixlake::query {
namespace {

// Words before a bracket that mean the same in both.
constexpr std::array<std::string_view, 30> kSame = {
    "abs",  "and",    "between", "case",   "cast",  "coalesce", "concat", "day",   "else",   "greatest",
    "hour", "if",     "in",      "is",     "least", "length",   "like",   "lower", "minute", "month",
    "not",  "nullif", "or",      "second", "sqrt",  "then",     "trim",   "upper", "when",   "year"};

// Words that stand between operands with another meaning, or none.
constexpr std::array<std::string_view, 4> kOther = {"div", "rlike", "regexp", "interval"};

Status Refuse(std::string_view what, std::string_view expression) {
  return Error(ErrorCode::kUnsupported,
               fmt::format("`{}` in the expression `{}` is not known to mean here what it means in Spark",
                           what, expression));
}

template <size_t N>
bool Has(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Spark's texts may have escapes; without a backslash they are plain.
Result<std::string> Text(const SqlToken& token, std::string_view expression) {
  if (token.text.find('\\') != std::string::npos) return Refuse("\\", expression);
  return QuoteLiteral(token.text);
}

}  // namespace

Result<std::string> FromSparkSql(std::string_view expression) {
  PL_ASSIGN_OR_RETURN(const auto statements, SplitStatements(expression));
  if (statements.size() != 1) return Refuse(";", expression);
  expression = statements[0].text;
  const std::vector<SqlToken>& tokens = statements[0].tokens;
  std::string out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const SqlToken& token = tokens[i];
    const bool follows_directly = i > 0 && tokens[i - 1].end == token.begin;
    if (i > 0 && !follows_directly) out += ' ';
    const bool called =
        i + 1 < tokens.size() && tokens[i + 1].text == "(" && tokens[i + 1].kind == TokenKind::kSymbol;
    const char first = expression[token.begin];
    if (token.kind == TokenKind::kText || (token.kind == TokenKind::kQuoted && first == '"')) {
      PL_ASSIGN_OR_RETURN(const std::string text, Text(token, expression));
      out += text;
    } else if (token.kind == TokenKind::kQuoted) {
      out += QuoteName(token.text);
    } else if (token.kind == TokenKind::kWord &&
               ((called && !Has(kSame, LowerCase(token.text))) || Has(kOther, LowerCase(token.text)))) {
      return Refuse(token.text, expression);
    } else if (token.text == "=" && follows_directly && tokens[i - 1].text == "=") {
      continue;  // == is =
    } else if (token.text == ";" || token.text == "{" || token.text == "[") {
      return Refuse(token.text, expression);
    } else if (token.text == ">" && follows_directly && out.ends_with("<=")) {
      out.resize(out.size() - 2);
      out += " IS NOT DISTINCT FROM ";  // <=>
    } else {
      out += expression.substr(token.begin, token.end - token.begin);
    }
  }
  return out;
}

}  // namespace pixlake::query
