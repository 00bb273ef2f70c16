#include "query/text/token_roles.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "query/text/edited_text.h"

namespace pixlake::query {
namespace {

// Within a CASE an operand follows these.
constexpr std::array<std::string_view, 12> kBeforeOperand = {
    "CASE", "WHEN", "THEN", "ELSE", "AND", "OR", "NOT", "LIKE", "ILIKE", "IN", "BETWEEN", "FROM"};

bool ExpectsOperand(const SqlToken& token) {
  if (token.kind == TokenKind::kSymbol)
    return !token.IsSymbol(')') && !token.IsSymbol(']') && !token.IsSymbol('}');
  return std::any_of(kBeforeOperand.begin(), kBeforeOperand.end(),
                     [&](std::string_view word) { return token.IsWord(word); });
}

bool Opens(const SqlToken& token) {
  return token.IsSymbol('(') || token.IsSymbol('[') || token.IsSymbol('{');
}

bool Closes(const SqlToken& token) {
  return token.IsSymbol(')') || token.IsSymbol(']') || token.IsSymbol('}');
}

Status WrongBracket(const SqlStatement& statement, const SqlToken& token, std::string_view what) {
  return Error(ErrorCode::kUsage,
               "the bracket " + std::string(what) + "\n\n" + EditedText(statement.text).Quote(token.begin));
}

}  // namespace

Result<std::vector<int>> BracketDepths(const SqlStatement& statement) {
  std::vector<int> depths;
  std::vector<const SqlToken*> open;
  for (const SqlToken& token : statement.tokens) {
    if (Closes(token)) {
      if (open.empty()) return WrongBracket(statement, token, "closes nothing");
      open.pop_back();
    }
    depths.push_back(static_cast<int>(open.size()));
    if (Opens(token)) open.push_back(&token);
  }
  if (!open.empty()) return WrongBracket(statement, *open.back(), "is not closed");
  return depths;
}

std::vector<bool> NamesCalledEnd(const std::vector<SqlToken>& tokens) {
  std::vector<bool> out(tokens.size(), false);
  std::vector<int> cases(1, 0);  // open ones, by bracket
  bool operand = false;          // the token before wants one
  for (size_t i = 0; i < tokens.size(); ++i) {
    const SqlToken& token = tokens[i];
    if (Opens(token)) cases.push_back(0);
    if (Closes(token) && cases.size() > 1) cases.pop_back();
    const bool named = i > 0 && tokens[i - 1].IsSymbol('.');
    if (token.IsWord("END")) {
      const bool closes = !named && !operand && cases.back() > 0;
      if (closes) --cases.back();
      out[i] = !closes && i > 0;
      operand = false;
      continue;
    }
    if (token.IsWord("CASE") && !named) ++cases.back();
    operand = !named && ExpectsOperand(token);
  }
  return out;
}

}  // namespace pixlake::query
