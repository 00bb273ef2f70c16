#include "query/mention/time_travel_rewrite.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/sql_text.h"
#include "query/mention/scan_literals_internal.h"
#include "query/mention/table_places_internal.h"
#include "query/text/spark_words.h"
#include "query/text/table_mention.h"

namespace pixlake::query {
namespace {

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
      : statement_(statement),
        tokens_(statement.tokens),
        naming_(naming),
        places_(TablePlaces(statement.tokens)) {
    for (const auto& [format, scan] : naming.scans) formats_.push_back(format);
  }

  std::vector<TextEdit> Run() const {
    std::vector<TextEdit> tables;
    for (size_t i = 0; i < tokens_.size();) {
      size_t end = i + 1;
      if (std::optional<TextEdit> found = At(i, &end)) tables.push_back(*std::move(found));
      i = end;
    }
    // Words within what is a table's mention went with it.
    std::vector<TextEdit> out;
    auto table = tables.begin();
    for (TextEdit& word : SparkWords(statement_, naming_.null_safe)) {
      while (table != tables.end() && table->begin <= word.begin) out.push_back(std::move(*table++));
      if (out.empty() || out.back().end <= word.begin) out.push_back(std::move(word));
    }
    while (table != tables.end()) out.push_back(std::move(*table++));
    return out;
  }

 private:
  bool FollowsDot(size_t i) const { return i > 0 && tokens_[i - 1].IsSymbol('.'); }

  // A mention of a table that starts at token `i`, or nothing; `end`: the token to go on with.
  std::optional<TextEdit> At(size_t i, size_t* end) const {
    if (FollowsDot(i)) return std::nullopt;
    std::optional<TableMention> mention = ReadTableMention(statement_, i, formats_, !places_[i]);
    if (!mention) return std::nullopt;
    table::TableReference& table = mention->reference;
    if (!places_[i] && !table.format.empty()) {
      // A column of something that is called like a format.
      table.place = table.format + "." + table.place;
      table.format.clear();
    }
    const std::string scan = table.format.empty() ? "table_scan" : naming_.scans.at(table.format);
    if (!table.format.empty() && !mention->travels()) TakeVersionOfPlace(&table);
    std::string travel;
    if (table.version.version) travel = ", version := " + std::to_string(*table.version.version);
    if (!mention->time.empty()) travel = ", as_of := " + TimeText(mention->time);
    const bool folder = places_[i] && mention->name_end == i + 1 && tokens_[i].kind != TokenKind::kWord &&
                        naming_.is_table != nullptr && LooksLikeAFile(table.place) &&
                        naming_.is_table(table.place);
    if (travel.empty() && table.format.empty() && !folder) return std::nullopt;
    *end = mention->end;
    // DuckDB describes and summarises names and queries, no calls.
    const bool described =
        i == 1 && places_[i] &&
        (tokens_[0].IsWord("DESCRIBE") || tokens_[0].IsWord("DESC") || tokens_[0].IsWord("SUMMARIZE"));
    return TextEdit{
        tokens_[i].begin, tokens_[mention->end - 1].end,
        (described ? "SELECT * FROM " : "") + scan + "(" + SqlLiteral(table.place) + travel + ")"};
  }

  // A literal as it is; the value of anything else.
  static std::string TimeText(const std::string& time) {
    const auto statements = SplitStatements(time);
    const bool literal = statements.ok() && statements->size() == 1 && (*statements)[0].tokens.size() == 1 &&
                         (*statements)[0].tokens[0].kind == TokenKind::kText;
    return literal ? SqlLiteral((*statements)[0].tokens[0].text) : "CAST((" + time + ") AS VARCHAR)";
  }

  // delta.`place@v3`, as Spark has it, unless there is a table of that name.
  void TakeVersionOfPlace(table::TableReference* table) const {
    const size_t at = table->place.rfind("@v");
    if (at == std::string::npos || at == 0 || at + 2 >= table->place.size()) return;
    int64_t version = 0;
    const char* end = table->place.data() + table->place.size();
    const auto [stop, error] = std::from_chars(table->place.data() + at + 2, end, version);
    if (error != std::errc() || stop != end) return;
    if (naming_.is_table != nullptr && naming_.is_table(table->place)) return;
    table->version.version = version;
    table->place.resize(at);
  }

  const SqlStatement& statement_;
  const std::vector<SqlToken>& tokens_;
  const TableNaming& naming_;
  const std::vector<bool> places_;
  std::vector<std::string> formats_;
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
    EditedText text(sql);
    text.Cut(only.begin, only.begin + only.text.size());
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
