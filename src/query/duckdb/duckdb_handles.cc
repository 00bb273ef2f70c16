#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "query/duckdb/duckdb_handles_internal.h"
#include "query/text/edited_text.h"

namespace pixlake::query {
namespace {

using KindAndCode = std::pair<std::string_view, ErrorCode>;

// What DuckDB's messages begin with.
constexpr std::array<KindAndCode, 24> kKinds = {{
    {"Parser Error", ErrorCode::kUsage},
    {"Syntax Error", ErrorCode::kUsage},
    {"Binder Error", ErrorCode::kUsage},
    {"Catalog Error", ErrorCode::kNotFound},
    {"Conversion Error", ErrorCode::kUsage},
    {"Invalid Input Error", ErrorCode::kUsage},
    {"Invalid Configuration Error", ErrorCode::kUsage},
    {"Invalid type Error", ErrorCode::kUsage},
    {"Mismatch Type Error", ErrorCode::kUsage},
    {"Out of Range Error", ErrorCode::kUsage},
    {"Decimal Error", ErrorCode::kUsage},
    {"Divide by Zero Error", ErrorCode::kUsage},
    {"Parameter Not Resolved Error", ErrorCode::kUsage},
    {"Constraint Error", ErrorCode::kUsage},
    {"Settings Error", ErrorCode::kUsage},
    {"Not implemented Error", ErrorCode::kUnsupported},
    {"Missing Extension Error", ErrorCode::kUnsupported},
    {"Extension Autoloading Error", ErrorCode::kUnsupported},
    {"Permission Error", ErrorCode::kPermission},
    {"IO Error", ErrorCode::kIo},
    {"HTTP Error", ErrorCode::kIo},
    {"Out of Memory Error", ErrorCode::kOverBudget},
    {"INTERRUPT Error", ErrorCode::kCancelled},
    {"Expression Error", ErrorCode::kUsage},
}};

// The message without names of our own among those that it proposes.
std::string WithoutOwnNames(std::string text) {
  constexpr std::string_view kOwn = "\"__pixlake_";
  const size_t proposed = text.find("\nCandidate bindings: ");
  if (proposed == std::string::npos) return text;
  for (size_t at; (at = text.find(kOwn, proposed)) != std::string::npos;) {
    size_t end = std::min(text.find('"', at + 1), text.size() - 1) + 1;
    if (text.compare(end, 2, ", ") == 0) {
      end += 2;
    } else if (at >= 2 && text.compare(at - 2, 2, ", ") == 0) {
      at -= 2;
    }
    text.erase(at, end - at);
  }
  constexpr std::string_view kNone = "\nCandidate bindings: ";
  const size_t none = text.find(kNone);
  const bool empty =
      none != std::string::npos && (none + kNone.size() == text.size() || text[none + kNone.size()] == '\n');
  if (empty) text.erase(none, kNone.size());
  return text;
}

// {"exception_type":"Binder","exception_message":"…","position":"7",…} as DuckDB says it elsewhere.
std::string PlainError(std::string text, const EditedText* sql) {
  const size_t brace = text.find("{\"exception_type\"");
  if (brace == std::string::npos) return text;
  const auto json = nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(brace), text.end(),
                                          nullptr, /*allow_exceptions=*/false);
  const auto get = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (!json.is_object() || get("exception_type").empty()) return text;
  std::string plain = get("exception_type") + " Error: " + WithoutOwnNames(get("exception_message"));
  const std::string digits = get("position");
  size_t position = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (sql != nullptr && error == std::errc() && !digits.empty() && position <= sql->text().size()) {
    // What stands behind what was typed is ours, and no news to who typed.
    if (!sql->IsTyped(position) && plain.find("syntax error at") != std::string::npos)
      plain = get("exception_type") + " Error: syntax error: something is missing, or too much";
    if (const std::string quote = sql->Quote(position); !quote.empty()) plain += "\n\n" + quote;
  }
  return plain;
}

}  // namespace

Status DuckDbError(const char* message, const EditedText* sql) {
  const std::string text =
      PlainError(message == nullptr || *message == '\0' ? "DuckDB gave no reason" : message, sql);
  for (const auto& [kind, code] : kKinds) {
    if (text.compare(0, kind.size(), kind) == 0) return Error(code, text);
  }
  return Error(ErrorCode::kInternal, text);
}

Status TakeError(duckdb_error_data error) {
  if (error == nullptr) return Status::OK();
  Status status;
  if (duckdb_error_data_has_error(error)) status = DuckDbError(duckdb_error_data_message(error));
  duckdb_destroy_error_data(&error);
  return status;
}

std::string TextOf(duckdb_value value) {
  char* text = duckdb_get_varchar(value);
  if (text == nullptr) return {};
  std::string copy(text);
  duckdb_free(text);
  return copy;
}

Status Execute(duckdb_connection connection, const std::string& sql) {
  OwnedResult result;
  if (duckdb_query(connection, sql.c_str(), result.get()) == DuckDBSuccess) return Status::OK();
  return DuckDbError(duckdb_result_error(result.get()));
}

}  // namespace pixlake::query
