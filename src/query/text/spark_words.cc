#include "query/text/spark_words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/sql_text.h"
#include "query/text/date_pattern.h"
#include "query/text/token_roles.h"

namespace pixlake::query {
namespace {

std::string Quoted(char quote, std::string_view text) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

std::string BlobLiteral(const SqlToken& token) {
  const std::string digits = (token.text.size() % 2 == 1 ? "0" : "") + token.text;
  std::string out = "'";
  for (size_t i = 0; i < digits.size(); i += 2) out += "\\x" + digits.substr(i, 2);
  return out + "'::BLOB";
}

class Words {
 public:
  Words(const SqlStatement& statement, bool null_safe)
      : statement_(statement),
        tokens_(statement.tokens),
        end_names_(NamesCalledEnd(tokens_)),
        null_safe_(null_safe) {}

  std::vector<TextEdit> Run() {
    for (size_t i = 0; i < tokens_.size(); ++i) At(i);
    std::stable_sort(edits_.begin(), edits_.end(),
                     [](const TextEdit& a, const TextEdit& b) { return a.begin < b.begin; });
    return std::move(edits_);
  }

 private:
  bool IsWord(size_t i, std::string_view word) const { return i < tokens_.size() && tokens_[i].IsWord(word); }
  bool IsSymbol(size_t i, char symbol) const { return i < tokens_.size() && tokens_[i].IsSymbol(symbol); }
  bool IsText(size_t i) const { return i < tokens_.size() && tokens_[i].kind == TokenKind::kText; }
  bool FollowsDot(size_t i) const { return i > 0 && tokens_[i - 1].IsSymbol('.'); }

  void Replace(size_t first, size_t last, std::string text) {
    edits_.push_back({tokens_[first].begin, tokens_[last].end, std::move(text)});
  }

  void At(size_t i) {
    const SqlToken& token = tokens_[i];
    if (token.kind == TokenKind::kQuoted && statement_.text[token.begin] == '`') {
      Replace(i, i, Quoted('"', token.text));
    } else if (token.kind == TokenKind::kBytes) {
      Replace(i, i, BlobLiteral(token));
    } else if (end_names_[i]) {
      Replace(i, i, Quoted('"', token.text));
    } else if (FollowsDot(i)) {
      return;
    } else if (token.IsWord("ARRAY") && IsSymbol(i + 1, '(') && !BeginsQuery(i + 2)) {
      Replace(i, i, "list_value");
    } else if (token.IsWord("ISNULL") && IsSymbol(i + 1, '(')) {
      Replace(i, i, "\"isnull\"");  // a keyword of DuckDB's, behind its operand
    } else if (token.IsWord("NAMED_STRUCT") && IsSymbol(i + 1, '(')) {
      NamedStruct(i);
    } else if (token.IsWord("EXCEPT") && i > 0 && IsSymbol(i - 1, '*') && IsSymbol(i + 1, '(') &&
               i + 2 < tokens_.size() && IsNameToken(tokens_[i + 2]) && !BeginsQuery(i + 2)) {
      Replace(i, i, "EXCLUDE");
    } else if (token.IsWord("MINUS") && i > 0 && BeginsSelect(i + 1)) {
      Replace(i, i, "EXCEPT");
    } else if ((token.IsWord("RLIKE") || token.IsWord("REGEXP")) && i > 0) {
      RLike(i);
    } else if (token.IsWord("DATE_FORMAT") && IsSymbol(i + 1, '(')) {
      DateFormat(i);
    } else if (null_safe_ && IsNullSafeEqual(i) && !ComparesAgain(i + 3)) {
      Replace(i, i + 2, " IS NOT DISTINCT FROM ");
    }
  }

  bool BeginsQuery(size_t i) const {
    while (IsSymbol(i, '(')) ++i;
    return IsWord(i, "SELECT") || IsWord(i, "WITH") || IsWord(i, "VALUES") || IsWord(i, "FROM") ||
           IsWord(i, "TABLE");
  }

  // An alias may be called MINUS, and a FROM may follow that.
  bool BeginsSelect(size_t i) const {
    if (IsWord(i, "ALL") || IsWord(i, "DISTINCT")) ++i;
    while (IsSymbol(i, '(')) ++i;
    return IsWord(i, "SELECT");
  }

  // The arguments of the call whose bracket is at `open`: token ranges [first, end). nullopt: it
  // does not close.
  std::optional<std::vector<std::pair<size_t, size_t>>> Arguments(size_t open) const {
    std::vector<std::pair<size_t, size_t>> out;
    size_t first = open + 1;
    int depth = 0;
    for (size_t i = open + 1; i < tokens_.size(); ++i) {
      const SqlToken& token = tokens_[i];
      const bool opens = token.IsSymbol('(') || token.IsSymbol('[') || token.IsSymbol('{');
      const bool closes = token.IsSymbol(')') || token.IsSymbol(']') || token.IsSymbol('}');
      if (depth == 0 && (closes || token.IsSymbol(','))) {
        if (i == first) return std::nullopt;
        out.emplace_back(first, i);
        first = i + 1;
        if (closes) return out;
      }
      depth += opens ? 1 : closes ? -1 : 0;
    }
    return std::nullopt;
  }

  void NamedStruct(size_t i) {
    const auto arguments = Arguments(i + 1);
    if (!arguments || arguments->size() % 2 != 0) return;
    for (size_t a = 0; a < arguments->size(); a += 2) {
      const auto [first, end] = (*arguments)[a];
      if (end != first + 1 || !IsText(first)) return;
    }
    Replace(i, i, "struct_pack");
    for (size_t a = 0; a < arguments->size(); a += 2) {
      const size_t name = (*arguments)[a].first;
      Replace(name, name + 1, Quoted('"', tokens_[name].text) + " :=");
    }
  }

  // A part is enough for RLIKE, and `~` wants the whole text.
  void RLike(size_t i) {
    const bool negated = IsWord(i - 1, "NOT");
    const size_t value = i + 1;
    if (!IsText(value) || IsSymbol(value + 1, '|')) return;
    Replace(
        negated ? i - 1 : i, value,
        std::string(negated ? "!~ " : "~ ") + SqlLiteral("(?s:.*)(?:" + tokens_[value].text + ")(?s:.*)"));
  }

  void DateFormat(size_t i) {
    const auto arguments = Arguments(i + 1);
    if (!arguments || arguments->size() != 2) return;
    const auto [first, end] = (*arguments)[1];
    if (end != first + 1 || !IsText(first)) return;
    const std::optional<std::string> format = StrftimeFormat(tokens_[first].text);
    if (!format) return;
    Replace(i, i + 1, "strftime(CAST((");
    Replace(first - 1, first, ") AS TIMESTAMP), " + SqlLiteral(*format));
  }

  bool Adjacent(size_t i) const { return tokens_[i].end == tokens_[i + 1].begin; }
  bool IsNullSafeEqual(size_t i) const {
    return IsSymbol(i, '<') && IsSymbol(i + 1, '=') && IsSymbol(i + 2, '>') && Adjacent(i) && Adjacent(i + 1);
  }

  // `a <=> b = c` is (a <=> b) = c in Spark, and would be a <=> (b = c).
  bool ComparesAgain(size_t i) const {
    static constexpr std::array<std::string_view, 12> kEnds = {
        "AND", "OR", "THEN", "WHEN", "ELSE", "END", "WHERE", "GROUP", "ORDER", "HAVING", "AS", "FROM"};
    int depth = 0;
    for (; i < tokens_.size(); ++i) {
      const SqlToken& token = tokens_[i];
      const bool opens = token.IsSymbol('(') || token.IsSymbol('[') || token.IsSymbol('{');
      const bool closes = token.IsSymbol(')') || token.IsSymbol(']') || token.IsSymbol('}');
      if (depth == 0 && (closes || token.IsSymbol(','))) return false;
      depth += opens ? 1 : closes ? -1 : 0;
      if (depth > 0) continue;
      if (std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view word) { return token.IsWord(word); }))
        return false;
      if (token.IsSymbol('=') || token.IsSymbol('<') || token.IsSymbol('>') || token.IsSymbol('!'))
        return true;
    }
    return false;
  }

  const SqlStatement& statement_;
  const std::vector<SqlToken>& tokens_;
  const std::vector<bool> end_names_;
  const bool null_safe_;
  std::vector<TextEdit> edits_;
};

}  // namespace

std::vector<TextEdit> SparkWords(const SqlStatement& statement, bool null_safe) {
  return Words(statement, null_safe).Run();
}

bool HasNullSafeEqual(const std::vector<SqlToken>& tokens) {
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].IsSymbol('<') && tokens[i + 1].IsSymbol('=') && tokens[i + 2].IsSymbol('>') &&
        tokens[i].end == tokens[i + 1].begin && tokens[i + 1].end == tokens[i + 2].begin)
      return true;
  }
  return false;
}

}  // namespace pixlake::query
