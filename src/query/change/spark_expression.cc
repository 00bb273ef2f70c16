#include "query/change/spark_expression.h"

#include <algorithm>
#include <array>
#include <vector>

#include <arrow/type.h>
#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/change/change_query_internal.h"
#include "query/change/spark_functions_internal.h"
#include "query/change/spark_types_internal.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {
namespace {

constexpr int kMaxDepth = 100;

// Words that stand for themselves in both.
constexpr std::array<std::string_view, 19> kKeywords = {
    "and",  "between", "case", "distinct", "else", "end",  "false", "from", "in",       "is",
    "like", "not",     "null", "or",       "then", "true", "when",  "date", "timestamp"};

// Longer ones first. What is not here has another precedence or meaning, or none.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kOperators = {{
    {"<=>", "IS NOT DISTINCT FROM"},
    {"<=", "<="},
    {">=", ">="},
    {"<>", "<>"},
    {"!=", "<>"},
    {"==", "="},
    {"||", "||"},
    {"=", "="},
    {"<", "<"},
    {">", ">"},
    {"+", "+"},
    {"-", "-"},
    {"*", "*"},
    {"/", "/"},
    {"%", "%"},
}};

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class Translator {
 public:
  Translator(std::string_view expression, const SqlStatement& statement, const arrow::Schema& schema)
      : expression_(expression), text_(statement.text), tokens_(statement.tokens), schema_(schema) {}

  Result<TranslatedExpression> Run() {
    PL_RETURN_NOT_OK(CheckConcatenation());
    PL_ASSIGN_OR_RETURN(out_.sql, Sql(0, tokens_.size(), 0));
    return std::move(out_);
  }

 private:
  using Range = std::pair<size_t, size_t>;

  Status Refuse(std::string_view what) const {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("`{}` in the expression `{}` is not known to mean here what it means in Spark",
                             what, expression_));
  }

  Status RefuseRange(Range range) const {
    const size_t begin = tokens_[range.first].begin;
    return Refuse(std::string_view(text_).substr(begin, tokens_[range.second - 1].end - begin));
  }

  // || binds as + does in Spark, and less than + in DuckDB.
  Status CheckConcatenation() const {
    bool joins = false;
    bool adds = false;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      joins |= tokens_[i].IsSymbol('|');
      adds |= tokens_[i].IsSymbol('+') || tokens_[i].IsSymbol('-');
    }
    for (size_t i = 0; joins && i < tokens_.size(); ++i) PL_RETURN_NOT_OK(CheckText({i, i + 1}, "||"));
    return joins && adds ? Refuse("||") : Status::OK();
  }

  bool Adjacent(size_t token) const {
    return token < tokens_.size() && tokens_[token].begin == tokens_[token - 1].end;
  }

  // Behind the bracket that closes the one at `open`.
  Result<size_t> Behind(size_t open, size_t last) const {
    int depth = 0;
    for (size_t i = open; i < last; ++i) {
      depth += tokens_[i].IsSymbol('(') ? 1 : tokens_[i].IsSymbol(')') ? -1 : 0;
      if (depth == 0) return i + 1;
    }
    return Refuse("(");
  }

  std::vector<Range> Arguments(size_t first, size_t last) const {
    std::vector<Range> out;
    size_t begin = first;
    int depth = 0;
    for (size_t i = first; i < last; ++i) {
      depth += tokens_[i].IsSymbol('(') ? 1 : tokens_[i].IsSymbol(')') ? -1 : 0;
      if (depth > 0 || !tokens_[i].IsSymbol(',')) continue;
      out.emplace_back(begin, i);
      begin = i + 1;
    }
    if (last > first) out.emplace_back(begin, last);
    return out;
  }

  // The tokens [first, last).
  Result<std::string> Sql(size_t first, size_t last, int depth) {
    if (depth > kMaxDepth) return Refuse("brackets in brackets without end");
    std::string out;
    for (size_t at = first; at < last;) {
      PL_ASSIGN_OR_RETURN(const std::string piece, One(&at, last, depth));
      out += out.empty() ? piece : " " + piece;
    }
    return out;
  }

  // The piece at `*at`, which moves behind it.
  Result<std::string> One(size_t* at, size_t last, int depth) {
    const SqlToken& token = tokens_[*at];
    if (token.IsSymbol('(')) return Bracket(at, last, depth);
    switch (token.kind) {
      case TokenKind::kText:
        return Text((*at)++);
      case TokenKind::kQuoted:
        return text_[token.begin] == '"' ? Text((*at)++) : Column(at, last);
      case TokenKind::kNumber:
        return Number(at, last);
      case TokenKind::kWord:
        return Word(at, last, depth);
      default:
        return Operator(at, last);
    }
  }

  Result<std::string> Bracket(size_t* at, size_t last, int depth) {
    PL_ASSIGN_OR_RETURN(const size_t behind, Behind(*at, last));
    std::string out;
    for (const Range& part : Arguments(*at + 1, behind - 1)) {
      PL_ASSIGN_OR_RETURN(const std::string sql, Sql(part.first, part.second, depth + 1));
      out += (out.empty() ? "" : ", ") + sql;
    }
    *at = behind;
    return "(" + out + ")";
  }

  // Spark has escapes, and joins 'a''b' where SQL has a quote.
  Result<std::string> Text(size_t at) const {
    const SqlToken& token = tokens_[at];
    const bool plain = token.end - token.begin == token.text.size() + 2;
    if (!plain || token.text.find('\\') != std::string::npos) return Refuse(token.text);
    return SqlLiteral(token.text);
  }

  // 12, 1.5, 3L, 2.0D, 1e6, 1e-6.
  Result<std::string> Number(size_t* at, size_t last) const {
    std::string number = tokens_[(*at)++].text;
    if (number.find('_') != std::string::npos) return Refuse(number);
    if (*at >= last || !Adjacent(*at) || tokens_[*at].kind != TokenKind::kWord) return number;
    const std::string suffix = LowerCase(tokens_[(*at)++].text);
    if (suffix == "l" || suffix == "s" || suffix == "y" || suffix == "bd") return number;
    if (suffix == "d") return "CAST(" + number + " AS DOUBLE)";
    if (suffix == "f") return "CAST(" + number + " AS FLOAT)";
    if (suffix.starts_with('e') && IsDigits(std::string_view(suffix).substr(1))) return number + suffix;
    const bool negative = suffix == "e" && *at + 1 < last && Adjacent(*at) && tokens_[*at].IsSymbol('-') &&
                          Adjacent(*at + 1) && IsDigits(tokens_[*at + 1].text);
    if (!negative) return Refuse(number + suffix);
    *at += 2;
    return number + "e-" + tokens_[*at - 1].text;
  }

  // Decimals are divided as fractions in DuckDB, and by zero gives infinity there.
  Status CheckDivision(size_t at, size_t last) const {
    if (at == 0 || at + 1 >= last) return Refuse("/");
    const SparkKind dividend = Kind({at - 1, at});
    const std::string& divisor = tokens_[at + 1].text;
    const bool sure = (dividend == SparkKind::kInteger || dividend == SparkKind::kFloating) &&
                      IsDigits(divisor) && divisor.find_first_not_of('0') != std::string::npos;
    return sure ? Status::OK() : Refuse("/");
  }

  Result<std::string> Operator(size_t* at, size_t last) const {
    for (const auto& [spark, duckdb] : kOperators) {
      size_t matched = 0;
      while (matched < spark.size() && *at + matched < last &&
             tokens_[*at + matched].IsSymbol(spark[matched]) && (matched == 0 || Adjacent(*at + matched))) {
        ++matched;
      }
      if (matched < spark.size()) continue;
      if (spark == "/") PL_RETURN_NOT_OK(CheckDivision(*at, last));
      *at += matched;
      // "->" is no minus.
      if (spark == "-" && *at < last && Adjacent(*at) && tokens_[*at].IsSymbol('>')) break;
      return std::string(duckdb);
    }
    return Refuse(tokens_[*at < last ? *at : last - 1].text);
  }

  Result<std::string> Word(size_t* at, size_t last, int depth) {
    const std::string word = LowerCase(tokens_[*at].text);
    const bool called = *at + 1 < last && tokens_[*at + 1].IsSymbol('(');
    const bool keyword = std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
    const bool literal = *at + 1 < last && tokens_[*at + 1].kind == TokenKind::kText;
    if ((word == "date" || word == "timestamp") && !literal) {
      if (called) return Refuse(word);
      return Column(at, last);
    }
    if (keyword) {
      ++*at;
      return word;
    }
    if (called && word == "cast") return Cast(at, last, depth);
    if (called) return Call(word, at, last, depth);
    if (word == "current_timestamp" || word == "current_date") {
      ++*at;
      out_.repeats = false;
      return std::string(word == "current_date" ? "current_date" : "now()");
    }
    return Column(at, last);
  }

  // `a`, a, a.b: the column and fields in it.
  Result<std::string> Column(size_t* at, size_t last) {
    const std::string& name = tokens_[*at].text;
    const Result<int> column = FindColumn(schema_, name);
    if (!column.ok()) {
      return schema_.num_fields() == 0 ? Refuse(name) : WithContext(column.status(), expression_);
    }
    out_.columns.insert(*column);
    std::string out = SqlName(schema_.field(*column)->name());
    for (++*at; *at + 1 < last && tokens_[*at].IsSymbol('.'); *at += 2) {
      out += "." + SqlName(tokens_[*at + 1].text);
    }
    return out;
  }

  Result<std::string> Call(const std::string& word, size_t* at, size_t last, int depth) {
    const SparkFunction* const function = FindSparkFunction(word);
    if (function == nullptr) return Refuse(word);
    PL_ASSIGN_OR_RETURN(const size_t behind, Behind(*at + 1, last));
    const std::vector<Range> arguments = Arguments(*at + 2, behind - 1);
    if (arguments.size() < function->least || arguments.size() > function->most) return Refuse(word);
    PL_RETURN_NOT_OK(CheckArguments(word, arguments));
    out_.repeats = out_.repeats && function->repeats;
    std::string out(function->open);
    const bool bytes =
        (word == "length" || word == "octet_length") && Kind(arguments[0]) == SparkKind::kBytes;
    if (bytes) out = "octet_length(";
    for (size_t i = 0; i < arguments.size(); ++i) {
      PL_ASSIGN_OR_RETURN(std::string sql, Sql(arguments[i].first, arguments[i].second, depth + 1));
      if (word == "date_format" && i == 1) {
        PL_ASSIGN_OR_RETURN(sql, TimeFormat(tokens_[arguments[i].first]));
      }
      out += fmt::format("{}({})", function->CommaBefore(i), sql);
    }
    *at = behind;
    return out + std::string(function->close);
  }

  const SqlToken* Only(Range range) const {
    return range.second - range.first == 1 ? &tokens_[range.first] : nullptr;
  }

  Status CheckArguments(const std::string& word, const std::vector<Range>& arguments) const {
    if (word == "substr" || word == "substring") {
      const SqlToken* start = Only(arguments[1]);
      if (start == nullptr || !IsDigits(start->text) || start->text[0] == '0') return Refuse(word);
      // A negative length goes backwards in DuckDB.
      const SqlToken* length = arguments.size() == 3 ? Only(arguments[2]) : start;
      if (length == nullptr || !IsDigits(length->text)) return Refuse(word);
    }
    // Spark rounds the decimal digits of a fraction, DuckDB its binary value.
    if (word == "round" && arguments.size() == 2 && Kind(arguments[0]) != SparkKind::kInteger &&
        Kind(arguments[0]) != SparkKind::kDecimal) {
      return Refuse(word);
    }
    if (word == "concat") {
      for (const Range& argument : arguments) PL_RETURN_NOT_OK(CheckText(argument, word));
    }
    if (word == "date_format" &&
        (Only(arguments[1]) == nullptr || Only(arguments[1])->kind != TokenKind::kText)) {
      return Refuse(word);
    }
    if (word == "date_trunc") {
      constexpr std::array<std::string_view, 8> kUnits = {"year", "quarter", "month",  "week",
                                                          "day",  "hour",    "minute", "second"};
      const SqlToken* unit = Only(arguments[0]);
      const std::string text = unit == nullptr ? "" : LowerCase(unit->text);
      if (std::find(kUnits.begin(), kUnits.end(), text) == kUnits.end()) return Refuse(word);
    }
    return Status::OK();
  }

  // Of what becomes text by itself; what is not plain to see passes.
  Status CheckText(Range range, std::string_view word) const {
    const SparkKind kind = Kind(range);
    const bool alike =
        kind == SparkKind::kOther || kind == SparkKind::kText || CastsAlike(kind, SparkKind::kText);
    return alike ? Status::OK() : Refuse(word);
  }

  // yyyy-MM-dd HH:mm:ss, or some of it, as strftime has it.
  Result<std::string> TimeFormat(const SqlToken& token) const {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kParts = {
        {{"yyyy", "%Y"}, {"MM", "%m"}, {"dd", "%d"}, {"HH", "%H"}, {"mm", "%M"}, {"ss", "%S"}}};
    std::string out;
    for (size_t i = 0; i < token.text.size();) {
      const char c = token.text[i];
      if (std::string_view("-/ :._").find(c) != std::string_view::npos || (c >= '0' && c <= '9')) {
        out += c;
        ++i;
        continue;
      }
      const size_t end = std::min(token.text.find_first_not_of(c, i), token.text.size());
      const auto found = std::find_if(kParts.begin(), kParts.end(), [&](const auto& part) {
        return part.first == std::string_view(token.text).substr(i, end - i);
      });
      if (found == kParts.end()) return Refuse(token.text);
      out += found->second;
      i = end;
    }
    return SqlLiteral(out);
  }

  // What the tokens are of, as far as that is plain to see.
  SparkKind Kind(Range range) const {
    if (range.first >= range.second) return SparkKind::kOther;
    const SqlToken& first = tokens_[range.first];
    if (Only(range) != nullptr) {
      const bool text =
          first.kind == TokenKind::kText || (first.kind == TokenKind::kQuoted && text_[first.begin] == '"');
      if (text) return SparkKind::kText;
      const Result<int> column = FindColumn(schema_, first.text);
      if (column.ok() && first.kind != TokenKind::kNumber) return KindOf(*schema_.field(*column)->type());
    }
    const bool call = range.first + 1 < range.second && first.kind == TokenKind::kWord &&
                      tokens_[range.first + 1].IsSymbol('(');
    if (call && Behind(range.first + 1, range.second).ValueOr(0) == range.second) {
      const SparkFunction* const found = FindSparkFunction(LowerCase(first.text));
      return found == nullptr ? SparkKind::kOther : found->gives;
    }
    return IsWholeNumbers(range) ? SparkKind::kInteger : SparkKind::kOther;
  }

  // Only whole numbers, added, subtracted, multiplied, divided with remainder.
  bool IsWholeNumbers(Range range) const {
    for (size_t i = range.first; i < range.second; ++i) {
      const SqlToken& token = tokens_[i];
      if (token.kind == TokenKind::kSymbol) {
        if (std::string_view("+-*%()").find(token.text) == std::string_view::npos) return false;
      } else if (token.kind == TokenKind::kNumber) {
        if (!IsDigits(token.text)) return false;
      } else {
        const Result<int> column = FindColumn(schema_, token.text);
        if (!column.ok() || KindOf(*schema_.field(*column)->type()) != SparkKind::kInteger) return false;
      }
    }
    return true;
  }

  // cast(… as type)
  Result<std::string> Cast(size_t* at, size_t last, int depth) {
    PL_ASSIGN_OR_RETURN(const size_t behind, Behind(*at + 1, last));
    const Range all{*at, behind};
    size_t as = *at + 2;
    int brackets = 0;
    for (; as < behind - 1 && (brackets > 0 || !tokens_[as].IsWord("AS")); ++as) {
      brackets += tokens_[as].IsSymbol('(') ? 1 : tokens_[as].IsSymbol(')') ? -1 : 0;
    }
    if (as + 1 >= behind - 1 || as == *at + 2) return RefuseRange(all);
    const auto type = FindSparkType(LowerCase(tokens_[as + 1].text));
    if (!type || !CastsAlike(Kind({*at + 2, as}), type->kind)) return RefuseRange(all);
    std::string digits = type->kind == SparkKind::kDecimal && as + 2 == behind - 1 ? "(10,0)" : "";
    for (size_t i = as + 2; i < behind - 1; ++i) {
      const bool fits = type->kind == SparkKind::kDecimal &&
                        (tokens_[i].kind == TokenKind::kSymbol || IsDigits(tokens_[i].text));
      if (!fits) return RefuseRange(all);
      digits += tokens_[i].text;
    }
    PL_ASSIGN_OR_RETURN(const std::string operand, Sql(*at + 2, as, depth + 1));
    *at = behind;
    return fmt::format("CAST(({}) AS {}{})", operand, type->duckdb, digits);
  }

  const std::string_view expression_;
  const std::string& text_;
  const std::vector<SqlToken>& tokens_;
  const arrow::Schema& schema_;
  TranslatedExpression out_;
};

}  // namespace

Result<TranslatedExpression> FromSparkSql(std::string_view expression, const arrow::Schema& schema) {
  PL_ASSIGN_OR_RETURN(const auto statements, SplitStatements(expression));
  if (statements.size() != 1) {
    return Error(ErrorCode::kUnsupported, fmt::format("`{}` is not one expression", expression));
  }
  return Translator(expression, statements[0], schema).Run();
}

bool MayName(std::string_view expression, std::string_view column) {
  const auto statements = SplitStatements(expression);
  if (!statements.ok()) return true;
  for (const SqlStatement& statement : *statements) {
    for (const SqlToken& token : statement.tokens) {
      const bool name = token.kind == TokenKind::kWord || token.kind == TokenKind::kQuoted;
      if (name && LowerCase(token.text) == LowerCase(std::string(column))) return true;
    }
  }
  return false;
}

}  // namespace pixlake::query
