#include "query/mention/time_travel_rewrite.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/sql_text.h"
#include "query/mention/scan_literals_internal.h"
#include "query/mention/table_places_internal.h"

namespace pixlake::query {
namespace {

struct Replacement {
  size_t first = 0;  // token
  size_t last = 0;   // token
  std::string text;
};

// What DuckDB takes for a file, if only by its name.
bool LooksLikeAFile(const std::string& name) {
  constexpr std::array<std::string_view, 6> kSuffixes = {".json", ".ndjson",  ".csv",
                                                         ".tsv",  ".parquet", ".txt"};
  const std::string lower = LowerCase(name);
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return lower.find(suffix) != std::string::npos; });
}

class Rewriter {
 public:
  Rewriter(const SqlStatement& statement, const TableNaming& naming)
      : tokens_(statement.tokens), naming_(naming), places_(TablePlaces(statement.tokens)) {}

  std::vector<TextEdit> Run() const {
    std::vector<TextEdit> out;
    for (size_t i = 0; i < tokens_.size();) {
      const std::optional<Replacement> found = At(i);
      if (!found) {
        ++i;
        continue;
      }
      out.push_back({tokens_[found->first].begin, tokens_[found->last].end, found->text});
      i = found->last + 1;
    }
    return out;
  }

 private:
  bool IsName(size_t i) const {
    return i < tokens_.size() &&
           (tokens_[i].kind == TokenKind::kWord || tokens_[i].kind == TokenKind::kQuoted);
  }
  bool IsDot(size_t i) const { return i < tokens_.size() && tokens_[i].IsSymbol('.'); }
  bool IsWord(size_t i, std::string_view word) const { return i < tokens_.size() && tokens_[i].IsWord(word); }
  bool FollowsDot(size_t i) const { return i > 0 && IsDot(i - 1); }

  // A reference to a table that starts at token `i`, or nothing.
  std::optional<Replacement> At(size_t i) const {
    if (FollowsDot(i)) return std::nullopt;
    size_t last = i;
    std::string uri;
    std::string scan = "table_scan";
    bool format = false;
    if (tokens_[i].kind == TokenKind::kText) {
      uri = tokens_[i].text;
    } else if (IsName(i) && IsDot(i + 1) && IsName(i + 2) && !IsDot(i + 3)) {
      const auto of_format = naming_.scans.find(LowerCase(tokens_[i].text));
      format = tokens_[i].kind == TokenKind::kWord && of_format != naming_.scans.end() &&
               tokens_[i + 2].kind == TokenKind::kQuoted && places_[i];
      if (format) scan = of_format->second;
      uri = format ? tokens_[i + 2].text : tokens_[i].text + "." + tokens_[i + 2].text;
      last = i + 2;
    } else if (IsName(i) && !IsDot(i + 1)) {
      uri = tokens_[i].text;
    } else {
      return std::nullopt;
    }
    const std::string start = scan + "(" + SqlLiteral(uri);
    const size_t travel = last + (IsWord(last + 1, "FOR") ? 2 : 1);
    if (IsWord(travel + 1, "AS") && IsWord(travel + 2, "OF") && travel + 3 < tokens_.size()) {
      const SqlToken& value = tokens_[travel + 3];
      if (IsWord(travel, "VERSION") && value.kind == TokenKind::kNumber) {
        return Replacement{i, travel + 3, start + ", version := " + value.text + ")"};
      }
      if (IsWord(travel, "TIMESTAMP") && value.kind == TokenKind::kText) {
        return Replacement{i, travel + 3, start + ", as_of := " + SqlLiteral(value.text) + ")"};
      }
    }
    const bool folder = places_[i] && last == i && tokens_[i].kind != TokenKind::kWord &&
                        naming_.is_table != nullptr && LooksLikeAFile(uri) && naming_.is_table(uri);
    return format || folder ? std::optional(Replacement{i, last, start + ")"}) : std::nullopt;
  }

  const std::vector<SqlToken>& tokens_;
  const TableNaming& naming_;
  const std::vector<bool> places_;
};

}  // namespace

std::string RewriteTimeTravel(const SqlStatement& statement, const TableNaming& naming) {
  EditedText text(statement.text);
  text.Apply(Rewriter(statement, naming).Run());
  return text.text();
}

EditedText RewriteTables(const std::string& sql, const TableNaming& naming) {
  const auto statements = SplitStatements(sql);
  if (!statements.ok()) return EditedText(sql);
  if (statements->size() == 1) {
    const SqlStatement& only = statements->front();
    const size_t begin = sql.find(only.text);
    EditedText text(begin == std::string::npos ? only.text : sql);
    if (begin != std::string::npos) text.Cut(begin, begin + only.text.size());
    text.Apply(Rewriter(only, naming).Run());
    return text;
  }
  std::string out;
  for (const SqlStatement& statement : *statements) {
    out += (out.empty() ? "" : ";\n") + RewriteTimeTravel(statement, naming);
  }
  return EditedText(out);
}

}  // namespace pixlake::query
