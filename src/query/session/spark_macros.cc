#include <algorithm>
#include <array>
#include <string_view>

#include <arrow/util/string.h>

#include "query/session/spark_macros_internal.h"

namespace pixlake::query {
namespace {

struct Macro {
  std::string_view name;
  std::string_view definition;
};

constexpr std::array kMacros = {
    Macro{"nvl", "(a, b) AS coalesce(a, b)"},
    Macro{"nvl2", "(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END"},
    Macro{"isnull", "(a) AS (a IS NULL)"},
    Macro{"isnotnull", "(a) AS (a IS NOT NULL)"},
    Macro{"equal_null", "(a, b) AS (a IS NOT DISTINCT FROM b)"},
    Macro{"zeroifnull", "(a) AS coalesce(a, 0)"},
    Macro{"nullifzero", "(a) AS nullif(a, 0)"},
    Macro{"size", "(l) AS CAST(len(l) AS INTEGER)"},
    Macro{"array_size", "(l) AS CAST(len(l) AS INTEGER)"},
    Macro{"sort_array", "(l) AS list_sort(l, 'ASC', 'NULLS FIRST')"},
    Macro{"array_max", "(l) AS list_max(l)"},
    Macro{"array_min", "(l) AS list_min(l)"},
    Macro{"array_join", "(l, separator) AS array_to_string(l, separator)"},
    Macro{"arrays_overlap", "(a, b) AS list_has_any(a, b)"},
    Macro{"slice", "(l, first, number) AS list_slice(l, first, first + number - 1)"},
    Macro{"sequence", "(first, last) AS generate_series(first, last)"},
    Macro{"explode", "(l) AS unnest(l)"},
    Macro{"collect_list", "(a) AS coalesce(list(a) FILTER (WHERE a IS NOT NULL), [])"},
    Macro{"collect_set", "(a) AS coalesce(list(DISTINCT a) FILTER (WHERE a IS NOT NULL), [])"},
    Macro{"percentile_approx", "(a, p) AS quantile_disc(a, p)"},
    Macro{"to_date", "(a) AS CAST(CAST(a AS TIMESTAMP) AS DATE)"},
    Macro{"add_months", "(d, n) AS CAST(CAST(d AS DATE) + to_months(n) AS DATE)"},
    Macro{"unix_timestamp", "(t) AS CAST(floor(epoch(CAST(t AS TIMESTAMP))) AS BIGINT)"},
    Macro{"from_unixtime",
          "(s) AS strftime(make_timestamp(CAST(s AS BIGINT) * 1000000), '%Y-%m-%d %H:%M:%S')"},
    Macro{"current_timestamp", "() AS now()"},
    Macro{"rand", "() AS random()"},
    Macro{"pmod", "(a, b) AS (((a % b) + b) % b)"},
    Macro{"signum", "(a) AS CAST(sign(a) AS DOUBLE)"},
    Macro{"log1p", "(a) AS ln(1 + a)"},
    Macro{"expm1", "(a) AS (exp(a) - 1)"},
    Macro{"hypot", "(a, b) AS sqrt(a * a + b * b)"},
    Macro{"shiftleft", "(a, n) AS (a << n)"},
    Macro{"shiftright", "(a, n) AS (a >> n)"},
    Macro{"try_divide", "(a, b) AS CASE WHEN b = 0 THEN NULL ELSE a / b END"},
    Macro{"locate", "(part, whole) AS CAST(instr(whole, part) AS INTEGER)"},
    Macro{"charindex", "(part, whole) AS CAST(instr(whole, part) AS INTEGER)"},
    Macro{"startswith", "(s, start) AS starts_with(s, start)"},
    Macro{"endswith", "(s, ending) AS ends_with(s, ending)"},
    Macro{"regexp_like", "(s, pattern) AS regexp_matches(s, pattern)"},
    Macro{"space", "(n) AS repeat(' ', n)"},
    Macro{"unbase64", "(s) AS from_base64(s)"},
    Macro{"get_json_object", "(json, path) AS json_extract_string(json, path)"},
};

bool IsMacro(std::string_view name) {
  return std::any_of(kMacros.begin(), kMacros.end(), [&](const Macro& macro) { return macro.name == name; });
}

bool IsCall(const std::vector<SqlToken>& tokens, size_t i) {
  return IsNameToken(tokens[i]) && i + 1 < tokens.size() && tokens[i + 1].IsSymbol('(') &&
         (i == 0 || !tokens[i - 1].IsSymbol('.')) && IsMacro(arrow::internal::AsciiToLower(tokens[i].text));
}

}  // namespace

std::string SparkMacros::Before(const std::vector<SqlToken>& tokens) {
  std::string out;
  const bool creates = !tokens.empty() && tokens[0].IsWord("CREATE");
  for (size_t i = 1; creates && i + 1 < tokens.size() && !tokens[i].IsSymbol('('); ++i) {
    if (!tokens[i].IsWord("MACRO") && !tokens[i].IsWord("FUNCTION")) continue;
    size_t name = i + 1;
    while (name + 1 < tokens.size() && !tokens[name + 1].IsSymbol('(')) ++name;
    const std::string taken = arrow::internal::AsciiToLower(tokens[name].text);
    if (IsMacro(taken) && users_.insert(taken).second && made_)
      out += "DROP MACRO IF EXISTS \"" + taken + "\";";
    break;
  }
  if (made_) return out;
  for (size_t i = 0; i < tokens.size() && !made_; ++i) {
    made_ = IsCall(tokens, i) && !users_.contains(arrow::internal::AsciiToLower(tokens[i].text));
  }
  if (!made_) return out;
  for (const Macro& macro : kMacros) {
    const std::string name(macro.name);
    if (!users_.contains(name))
      out += "CREATE MACRO IF NOT EXISTS \"" + name + "\"" + std::string(macro.definition) + ";";
  }
  return out;
}

}  // namespace pixlake::query
