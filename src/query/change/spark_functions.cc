#include <map>

#include "query/change/spark_functions_internal.h"

namespace pixlake::query {

const SparkFunction* FindSparkFunction(std::string_view name) {
  using enum SparkKind;
  constexpr size_t kAny = 100;
  static const std::map<std::string_view, SparkFunction> functions = {
      {"abs", {"abs("}},
      {"ceil", {"ceil("}},
      {"ceiling", {"ceil("}},
      {"char_length", {"length(", ", ", ")", kInteger}},
      {"character_length", {"length(", ", ", ")", kInteger}},
      {"coalesce", {"coalesce(", ", ", ")", kOther, 1, kAny}},
      // DuckDB's own concat() passes over nulls.
      {"concat", {"(", " || ", ")", kText, 1, kAny}},
      {"contains", {"contains(", ", ", ")", kBoolean, 2, 2}},
      {"current_timestamp", {"now(", "", ")", kTimestamp, 0, 0, false}},
      {"current_date", {"(current_date", "", ")", kDate, 0, 0, false}},
      {"date_format", {"strftime(", ", ", ")", kText, 2, 2}},
      {"date_trunc", {"date_trunc(", ", ", ")", kTimestamp, 2, 2}},
      {"day", {"day(", ", ", ")", kInteger}},
      {"dayofmonth", {"day(", ", ", ")", kInteger}},
      {"endswith", {"ends_with(", ", ", ")", kBoolean, 2, 2}},
      {"floor", {"floor("}},
      {"greatest", {"greatest(", ", ", ")", kOther, 2, kAny}},
      {"hour", {"hour(", ", ", ")", kInteger}},
      {"if", {"CASE WHEN ", "", " END", kOther, 3, 3, true, {" THEN ", " ELSE "}}},
      {"ifnull", {"coalesce(", ", ", ")", kOther, 2, 2}},
      {"isnotnull", {"(", "", " IS NOT NULL)", kBoolean}},
      {"isnull", {"(", "", " IS NULL)", kBoolean}},
      {"lcase", {"lower(", "", ")", kText}},
      {"least", {"least(", ", ", ")", kOther, 2, kAny}},
      {"length", {"length(", ", ", ")", kInteger}},
      {"lower", {"lower(", "", ")", kText}},
      {"minute", {"minute(", "", ")", kInteger}},
      {"mod", {"(", " % ", ")", kOther, 2, 2}},
      {"month", {"month(", "", ")", kInteger}},
      {"now", {"now(", "", ")", kTimestamp, 0, 0, false}},
      {"nullif", {"nullif(", ", ", ")", kOther, 2, 2}},
      {"nvl", {"coalesce(", ", ", ")", kOther, 2, 2}},
      {"octet_length", {"strlen(", "", ")", kInteger}},
      {"quarter", {"quarter(", "", ")", kInteger}},
      {"round", {"round(", ", ", ")", kOther, 1, 2}},
      {"second", {"second(", "", ")", kInteger}},
      {"sqrt", {"sqrt(", "", ")", kFloating}},
      {"startswith", {"starts_with(", ", ", ")", kBoolean, 2, 2}},
      {"substr", {"substring(", ", ", ")", kText, 2, 3}},
      {"substring", {"substring(", ", ", ")", kText, 2, 3}},
      {"to_date", {"CAST(", "", " AS DATE)", kDate}},
      // Spaces alone; without them named DuckDB's takes every white space.
      {"trim", {"trim(", "", ", ' ')", kText}},
      {"ucase", {"upper(", "", ")", kText}},
      {"upper", {"upper(", "", ")", kText}},
      {"uuid", {"CAST(uuid(", "", ") AS VARCHAR)", kText, 0, 0, false}},
      {"year", {"year(", "", ")", kInteger}},
  };
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : &found->second;
}

}  // namespace pixlake::query
