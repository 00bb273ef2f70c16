#include <algorithm>
#include <array>
#include <string_view>

#include "query/mention/file_mentions_internal.h"
#include "query/mention/scan_literals_internal.h"
#include "query/mention/table_places_internal.h"

namespace pixlake::query {
namespace {

using namespace std::string_view_literals;

// DuckDB 1.5's functions of files; the first two read rows of Parquet.
constexpr auto kFunctions = std::to_array<std::string_view>({"read_parquet"sv,
                                                             "parquet_scan"sv,
                                                             "parquet_metadata"sv,
                                                             "parquet_schema"sv,
                                                             "parquet_file_metadata"sv,
                                                             "parquet_kv_metadata"sv,
                                                             "parquet_bloom_probe"sv,
                                                             "read_blob"sv,
                                                             "read_text"sv,
                                                             "read_csv"sv,
                                                             "read_csv_auto"sv,
                                                             "sniff_csv"sv,
                                                             "read_json"sv,
                                                             "read_json_auto"sv,
                                                             "read_json_objects"sv,
                                                             "read_json_objects_auto"sv,
                                                             "read_ndjson"sv,
                                                             "read_ndjson_auto"sv,
                                                             "read_ndjson_objects"sv,
                                                             "glob"sv});
constexpr size_t kOfRows = 2;

bool IsName(const SqlToken& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuoted;
}

}  // namespace

std::vector<FileMention> FileMentions(const std::vector<SqlToken>& tokens) {
  std::vector<FileMention> out;
  const std::vector<bool> places = TablePlaces(tokens);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const SqlToken& token = tokens[i];
    // FROM 'a.parquet', or "a.parquet": what is no table is a file to DuckDB.
    if (places[i] && (token.kind == TokenKind::kText || token.kind == TokenKind::kQuoted)) {
      const bool called = i + 1 < tokens.size() && tokens[i + 1].IsSymbol('(');
      const bool qualified = i + 1 < tokens.size() && tokens[i + 1].IsSymbol('.');
      if (!called && !qualified) out.push_back({"from", {token.text}, false, true});
    }
    if (!IsName(token) || i + 1 >= tokens.size() || !tokens[i + 1].IsSymbol('(')) continue;
    const std::string name = LowerCase(token.text);
    const auto* const found = std::find(kFunctions.begin(), kFunctions.end(), name);
    if (found == kFunctions.end()) continue;
    FileMention mention;
    mention.function = name;
    mention.of_rows = static_cast<size_t>(found - kFunctions.begin()) < kOfRows;
    // The first argument: a text, or a list of them.
    int depth = 0;
    for (size_t at = i + 1; at < tokens.size(); ++at) {
      const SqlToken& argument = tokens[at];
      const bool opens = argument.IsSymbol('(') || argument.IsSymbol('[');
      const bool closes = argument.IsSymbol(')') || argument.IsSymbol(']');
      depth += opens ? 1 : closes ? -1 : 0;
      if (depth == 0 || (depth == 1 && argument.IsSymbol(','))) break;
      if (argument.kind == TokenKind::kText) {
        mention.places.push_back(argument.text);
      } else if (!opens && !closes && !argument.IsSymbol(',')) {
        mention.computed = true;
      }
    }
    mention.computed = mention.computed || mention.places.empty();
    out.push_back(std::move(mention));
  }
  return out;
}

}  // namespace pixlake::query
