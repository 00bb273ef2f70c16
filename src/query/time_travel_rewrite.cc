#include "query/time_travel_rewrite.h"

#include <algorithm>
#include <array>
#include <optional>

#include "query/scan_literals_internal.h"
#include "query/table_places_internal.h"

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
  Rewriter(const SqlStatement& statement, const IsTablePlace& is_table)
      : statement_(statement),
        tokens_(statement.tokens),
        is_table_(is_table),
        places_(TablePlaces(statement.tokens)) {}

  std::string Run() {
    std::string out;
    size_t copied = 0;
    for (size_t i = 0; i < tokens_.size();) {
      const std::optional<Replacement> found = At(i);
      if (!found) {
        ++i;
        continue;
      }
      out += statement_.text.substr(copied, tokens_[found->first].begin - copied) + found->text;
      copied = tokens_[found->last].end;
      i = found->last + 1;
    }
    return out + statement_.text.substr(copied);
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
    bool format = false;
    if (tokens_[i].kind == TokenKind::kText) {
      uri = tokens_[i].text;
    } else if (IsName(i) && IsDot(i + 1) && IsName(i + 2) && !IsDot(i + 3)) {
      format = IsWord(i, "DELTA") && tokens_[i + 2].kind == TokenKind::kQuoted && places_[i];
      uri = format ? tokens_[i + 2].text : tokens_[i].text + "." + tokens_[i + 2].text;
      last = i + 2;
    } else if (IsName(i) && !IsDot(i + 1)) {
      uri = tokens_[i].text;
    } else {
      return std::nullopt;
    }
    const std::string start = (format ? "delta_scan(" : "table_scan(") + SqlLiteral(uri);
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
                        is_table_ != nullptr && LooksLikeAFile(uri) && is_table_(uri);
    return format || folder ? std::optional(Replacement{i, last, start + ")"}) : std::nullopt;
  }

  const SqlStatement& statement_;
  const std::vector<SqlToken>& tokens_;
  const IsTablePlace& is_table_;
  const std::vector<bool> places_;
};

}  // namespace

std::string RewriteTimeTravel(const SqlStatement& statement, const IsTablePlace& is_table) {
  return Rewriter(statement, is_table).Run();
}

std::string RewriteTables(const std::string& sql, const IsTablePlace& is_table) {
  const auto statements = SplitStatements(sql);
  if (!statements.ok()) return sql;
  std::string out;
  for (const SqlStatement& statement : *statements) {
    out += (out.empty() ? "" : ";\n") + RewriteTimeTravel(statement, is_table);
  }
  return out;
}

}  // namespace pixlake::query
