#include <algorithm>

#include <fmt/format.h>

#include "base/sql_text.h"
#include "query/duckdb/duckdb_handles_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/mention/scan_numbering_internal.h"
#include "query/text/sql_tokens.h"

namespace pixlake::query {
namespace {

bool SaysSomething(const ScanMention& mention) {
  return !mention.condition.is_every_row() && mention.condition.kind != table::Predicate::Kind::kUnknown;
}

class Numbering {
 public:
  Numbering(const std::vector<SqlToken>& tokens, const ScanOfName& scan_of_name)
      : tokens_(tokens), scan_of_name_(scan_of_name) {}

  // The edit that gives the mention a number; nullopt when it is not where it should be.
  std::optional<TextEdit> EditOf(const ScanMention& mention, size_t number) const {
    const auto token =
        std::lower_bound(tokens_.begin(), tokens_.end(), mention.position,
                         [](const SqlToken& one, size_t position) { return one.begin < position; });
    if (token == tokens_.end() || token->begin != mention.position) return std::nullopt;
    const auto i = static_cast<size_t>(token - tokens_.begin());
    return mention.kind == ScanMention::Kind::kCall ? Call(mention, i, number) : Name(mention, i, number);
  }

 private:
  bool IsName(size_t i, const std::string& name) const {
    return i < tokens_.size() &&
           (tokens_[i].kind == TokenKind::kWord || tokens_[i].kind == TokenKind::kQuoted) &&
           LowerCase(tokens_[i].text) == LowerCase(name);
  }
  bool IsSymbol(size_t i, char symbol) const { return i < tokens_.size() && tokens_[i].IsSymbol(symbol); }

  std::optional<TextEdit> Call(const ScanMention& mention, size_t i, size_t number) const {
    if (!IsName(i, mention.name) || !IsSymbol(i + 1, '(') || IsSymbol(i + 2, ')')) return std::nullopt;
    return TextEdit{tokens_[i].begin, tokens_[i + 1].end,
                    fmt::format("{}{}({}, ", kNumberedPrefix, LowerCase(mention.name), number)};
  }

  std::optional<TextEdit> Name(const ScanMention& mention, size_t i, size_t number) const {
    size_t last = i;
    if (!mention.schema.empty()) {
      if (!IsName(i, mention.schema) || !IsSymbol(i + 1, '.')) return std::nullopt;
      last = i + 2;
    }
    const bool text = last == i && tokens_[i].kind == TokenKind::kText && tokens_[i].text == mention.name;
    if ((!text && !IsName(last, mention.name)) || IsSymbol(last + 1, '.')) return std::nullopt;
    const std::string function = scan_of_name_(mention);
    if (function.empty()) return std::nullopt;
    std::string call =
        fmt::format("{}{}({}, {})", kNumberedPrefix, function, number, SqlLiteral(mention.uri));
    if (!mention.has_alias) call += " AS " + SqlName(mention.name);
    return TextEdit{tokens_[i].begin, tokens_[last].end, std::move(call)};
  }

  const std::vector<SqlToken>& tokens_;
  const ScanOfName& scan_of_name_;
};

}  // namespace

std::optional<NumberedScans> NumberScans(const EditedText& statement,
                                         const std::vector<ScanMention>& mentions,
                                         const ScanOfName& scan_of_name) {
  if (std::none_of(mentions.begin(), mentions.end(), SaysSomething)) return std::nullopt;
  const auto statements = SplitStatements(statement.text());
  if (!statements.ok() || statements->size() != 1) return std::nullopt;
  // Tokens count from the statement's first byte.
  const size_t start = statement.text().find((*statements)[0].text);
  if (start != 0) return std::nullopt;
  const Numbering numbering((*statements)[0].tokens, scan_of_name);
  NumberedScans out{statement, {}};
  std::vector<TextEdit> edits;
  for (const ScanMention& mention : mentions) {
    if (!SaysSomething(mention)) continue;
    std::optional<TextEdit> edit = numbering.EditOf(mention, out.conditions.size() + 1);
    if (!edit) continue;
    edits.push_back(*std::move(edit));
    out.conditions.push_back(mention.condition);
  }
  if (edits.empty()) return std::nullopt;
  std::sort(edits.begin(), edits.end(),
            [](const TextEdit& a, const TextEdit& b) { return a.begin < b.begin; });
  const auto overlap = std::adjacent_find(
      edits.begin(), edits.end(), [](const TextEdit& a, const TextEdit& b) { return b.begin < a.end; });
  if (overlap != edits.end()) return std::nullopt;
  out.text.Apply(edits);
  return out;
}

}  // namespace pixlake::query
