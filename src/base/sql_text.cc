#include "base/sql_text.h"

namespace pixlake {
namespace {

std::string Between(char quote, std::string_view text) {
  std::string out(1, quote);
  for (const char c : text) out.append(c == quote ? 2 : 1, c);
  return out + quote;
}

}  // namespace

std::string SqlLiteral(std::string_view text) {
  return Between('\'', text);
}

std::string SqlName(std::string_view name) {
  return Between('"', name);
}

}  // namespace pixlake
