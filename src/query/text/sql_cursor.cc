#include "query/text/sql_cursor.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/clock.h"
#include "query/text/edited_text.h"
#include "query/text/token_roles.h"

namespace pixlake::query {
namespace {

bool IsToken(const SqlToken& token, std::string_view word) {
  return token.kind == TokenKind::kSymbol ? token.text == word : token.IsWord(word);
}

int DepthChange(const SqlToken& token) {
  if (token.IsSymbol('(') || token.IsSymbol('[') || token.IsSymbol('{')) return 1;
  return token.IsSymbol(')') || token.IsSymbol(']') || token.IsSymbol('}') ? -1 : 0;
}

template <typename Number>
bool ReadNumber(const SqlToken* token, Number* value) {
  if (token == nullptr || token->kind != TokenKind::kNumber) return false;
  const char* end = token->text.data() + token->text.size();
  const auto [stop, error] = std::from_chars(token->text.data(), end, *value);
  return error == std::errc() && stop == end;
}

}  // namespace

SqlCursor::SqlCursor(const SqlStatement& statement)
    : statement_(statement), end_names_(NamesCalledEnd(statement.tokens)) {}

const SqlToken* SqlCursor::Peek(size_t ahead) const {
  return next_ + ahead < statement_.tokens.size() ? &statement_.tokens[next_ + ahead] : nullptr;
}

bool SqlCursor::Is(std::string_view word, size_t ahead) const {
  return Peek(ahead) != nullptr && IsToken(*Peek(ahead), word);
}

bool SqlCursor::IsOneOf(const std::vector<std::string_view>& words, size_t ahead) const {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return Is(word, ahead); });
}

bool SqlCursor::TakeWords(std::string_view words) {
  size_t taken = 0;
  for (size_t begin = 0; begin < words.size();) {
    const size_t end = std::min(words.find(' ', begin), words.size());
    const SqlToken* token = Peek(taken);
    if (token == nullptr || !token->IsWord(words.substr(begin, end - begin))) return false;
    ++taken;
    begin = end + 1;
  }
  next_ += taken;
  return true;
}

bool SqlCursor::TakeSymbol(char symbol) {
  const SqlToken* token = Peek();
  if (token == nullptr || !token->IsSymbol(symbol)) return false;
  ++next_;
  return true;
}

Status SqlCursor::Refuse(std::string_view message, ErrorCode code) const {
  const size_t at = AtEnd() ? statement_.text.size() : Peek()->begin;
  return Error(code, fmt::format("{}\n\n{}", message, EditedText(statement_.text).Quote(at)));
}

Status SqlCursor::Unexpected(std::string_view expected) const {
  const SqlToken* token = Peek();
  const std::string found =
      token == nullptr
          ? "the statement ends"
          : fmt::format("there is `{}`", statement_.text.substr(token->begin, token->end - token->begin));
  return Refuse(fmt::format("expected {}, but {}", expected, found));
}

Status SqlCursor::Expect(std::string_view words) {
  return TakeWords(words) ? Status::OK() : Unexpected(words);
}

Status SqlCursor::ExpectSymbol(char symbol) {
  return TakeSymbol(symbol) ? Status::OK() : Unexpected(std::string("`") + symbol + "`");
}

Status SqlCursor::ExpectEnd() const {
  return AtEnd() ? Status::OK() : Unexpected("the statement to end");
}

Result<int64_t> SqlCursor::TakeInteger(std::string_view what) {
  int64_t value = 0;
  if (!ReadNumber(Peek(), &value)) return Unexpected(what);
  ++next_;
  return value;
}

Result<double> SqlCursor::TakeNumber(std::string_view what) {
  double value = 0;
  if (!ReadNumber(Peek(), &value)) return Unexpected(what);
  ++next_;
  return value;
}

Result<std::string> SqlCursor::TakeText(std::string_view what) {
  const SqlToken* token = Peek();
  if (token == nullptr || token->kind != TokenKind::kText) return Unexpected(what);
  ++next_;
  return token->text;
}

Result<std::string> SqlCursor::TakeName(std::string_view what) {
  if (!IsName()) return Unexpected(what);
  return statement_.tokens[next_++].text;
}

Result<std::vector<std::string>> SqlCursor::TakeNames() {
  std::vector<std::string> names;
  PL_RETURN_NOT_OK(ExpectSymbol('('));
  do {
    PL_ASSIGN_OR_RETURN(std::string name, TakeName("a column"));
    names.push_back(std::move(name));
  } while (TakeSymbol(','));
  if (!TakeSymbol(')')) return Unexpected("`,` or `)`");
  return names;
}

const std::vector<std::string>& SqlCursor::formats() const {
  static const std::vector<std::string> none;
  return statement_.names == nullptr ? none : statement_.names->formats;
}

bool SqlCursor::IsPlace() const {
  const auto mention = ReadTableMention(statement_, next_, formats());
  return mention && mention->name.empty();
}

Result<std::string> SqlCursor::TakeTable() {
  const auto mention = ReadTableMention(statement_, next_, formats());
  if (!mention) return Unexpected("a table: its name in the lake, delta.`path` or 'path'");
  next_ = mention->name_end;
  return mention->name.empty() ? PlaceText(mention->reference.place) : mention->reference.place;
}

Result<TargetTable> SqlCursor::TakeTarget() {
  const auto mention = ReadTableMention(statement_, next_, formats());
  PL_ASSIGN_OR_RETURN(std::string uri, TakeTable());
  return TargetTable{std::move(uri), mention->name.empty() ? "target" : mention->name};
}

Result<int64_t> SqlCursor::TimeOf(const std::string& expression) const {
  const SqlNames* names = statement_.names.get();
  PL_ASSIGN_OR_RETURN(const auto alone, SplitStatements(expression));
  const auto& tokens = alone.at(0).tokens;
  if (tokens.size() == 1 && tokens[0].kind == TokenKind::kText) return ParseTimestamp(tokens[0].text);
  if (names == nullptr || names->evaluate == nullptr) return Refuse("expected a time in quotes here");
  PL_ASSIGN_OR_RETURN(const std::string text, names->evaluate(expression));
  return ParseTimestamp(text);
}

Result<table::VersionSpec> SqlCursor::TakeVersion() {
  // The words as they stand behind a table: a name is put in front of them.
  if (next_ == 0) return table::VersionSpec{};
  SqlStatement rest;
  rest.text = statement_.text;
  rest.tokens.push_back({TokenKind::kWord, "t", 0, 0});
  rest.tokens.insert(rest.tokens.end(), statement_.tokens.begin() + static_cast<std::ptrdiff_t>(next_),
                     statement_.tokens.end());
  const auto mention = ReadTableMention(rest, 0, formats());
  if (!mention || !mention->travels()) {
    if (TakeWords("VERSION AS OF")) return Unexpected("a version");
    if (TakeWords("TIMESTAMP AS OF")) return Unexpected("a time, such as '2026-11-21 12:00:00'");
    return table::VersionSpec{};
  }
  table::VersionSpec version = mention->reference.version;
  if (!mention->time.empty()) {
    PL_ASSIGN_OR_RETURN(version.as_of_ms, TimeOf(mention->time));
  }
  next_ += mention->end - 1;
  return version;
}

Result<table::TableReference> SqlCursor::TakeReference() {
  table::TableReference reference;
  PL_ASSIGN_OR_RETURN(reference.place, TakeTable());
  PL_ASSIGN_OR_RETURN(reference.version, TakeVersion());
  return reference;
}

void SqlCursor::SkipBracket() {
  int depth = 0;
  do {
    depth += DepthChange(*Peek());
    ++next_;
  } while (depth > 0 && !AtEnd());
}

Result<std::string> SqlCursor::TakeSource(std::string* alias) {
  *alias = "source";
  const size_t first = next_;
  if (Is("(")) {
    SkipBracket();
    return TextBetween(first, next_);
  }
  const auto mention = ReadTableMention(statement_, next_, formats());
  if (!mention) return Unexpected("a table or a query in brackets");
  next_ = mention->end;
  if (Is("(") && !mention->name.empty()) {
    SkipBracket();
  } else if (!mention->name.empty()) {
    *alias = mention->name;
  }
  return TextBetween(first, next_);
}

std::string SqlCursor::TextBetween(size_t first, size_t end) const {
  if (first >= end) return {};
  const size_t begin = statement_.tokens[first].begin;
  return statement_.text.substr(begin, statement_.tokens[end - 1].end - begin);
}

std::string SqlCursor::TakeUntil(const std::vector<std::string_view>& words) {
  const size_t first = next_;
  int depth = 0;
  int cases = 0;
  for (; !AtEnd(); ++next_) {
    const SqlToken& token = *Peek();
    const SqlToken* before = next_ > first ? &statement_.tokens[next_ - 1] : nullptr;
    const int change = DepthChange(token);
    if (depth + change < 0) break;
    depth += change;
    if (depth > 0 || change != 0) {
      if (change > 0 && depth == 1 && cases == 0 && IsOneOf(words)) break;
      continue;
    }
    // A column may be named like a keyword: t.end, and IS DISTINCT FROM begins no query.
    if (before != nullptr && before->IsSymbol('.')) continue;
    if (before != nullptr && token.IsWord("FROM") && before->IsWord("DISTINCT")) continue;
    if (cases == 0 && IsOneOf(words)) break;
    if (token.IsWord("CASE")) ++cases;
    if (token.IsWord("END") && !end_names_[next_] && cases > 0) --cases;
  }
  return TextBetween(first, next_);
}

Result<std::string> SqlCursor::TakeExpression(const std::vector<std::string_view>& stops) {
  std::string text = TakeUntil(stops);
  if (text.empty()) return Unexpected("an expression");
  return text;
}

Result<std::string> SqlCursor::TakeBracketed(std::string_view what) {
  if (!TakeSymbol('(')) return Unexpected(what);
  std::string text = TakeUntil({});
  if (text.empty() || !TakeSymbol(')')) return Unexpected(what);
  return text;
}

}  // namespace pixlake::query
