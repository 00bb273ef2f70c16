#include "sink/registry.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "io/uri_scheme.h"
#include "sink/sinks_internal.h"

namespace pixlake::sink {
namespace {

// Takes "table=name" out of a URI's query. RFC 3986, 3.4.
Result<std::string> TakeTable(std::string* uri, const std::string& otherwise) {
  const size_t question = uri->find('?');
  if (question == std::string::npos) return otherwise;
  std::string table = otherwise, rest;
  std::string_view query = std::string_view(*uri).substr(question + 1);
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    if (part.starts_with("table=")) {
      PL_ASSIGN_OR_RETURN(table, io::PercentDecode(part.substr(6)));
    } else if (!part.empty()) {
      rest.append(rest.empty() ? "?" : "&").append(part);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  if (table.empty()) return Error(ErrorCode::kUsage, "table= names no table");
  *uri = uri->substr(0, question) + rest;
  return table;
}

Result<std::unique_ptr<Sink>> OpenPostgres(const std::string& uri, const SinkOptions& options) {
  SinkOptions chosen = options;
  std::string place = uri;
  PL_ASSIGN_OR_RETURN(chosen.table, TakeTable(&place, options.table));
  return OpenPostgresSink(place, chosen);
}

Result<std::unique_ptr<Sink>> OpenSqlite(const std::string& uri, const SinkOptions& options) {
  SinkOptions chosen = options;
  std::string place = uri;
  PL_ASSIGN_OR_RETURN(chosen.table, TakeTable(&place, options.table));
  place.erase(0, std::string_view("sqlite:").size());
  // "sqlite:///abs" as well as "sqlite:rel" and "sqlite:/abs".
  if (place.starts_with("///")) place.erase(0, 2);
  if (place.empty()) return Error(ErrorCode::kUsage, fmt::format("'{}' names no file", uri));
  return OpenSqliteSink(place, chosen);
}

// "sqlite" of "SQLite:a.db": unlike SchemeOf's, it need not have slashes behind it.
std::string SchemeBefore(const std::string& uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string::npos) return "";
  std::string scheme = uri.substr(0, colon);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return scheme;
}

}  // namespace

SinkRegistry::SinkRegistry() {
  Register("postgresql", OpenPostgres);
  Register("postgres", OpenPostgres);
  Register("sqlite", OpenSqlite);
}

Result<std::unique_ptr<Sink>> SinkRegistry::Open(const std::string& uri, const SinkOptions& options) const {
  const std::string scheme = SchemeBefore(uri);
  const auto opener = openers_.find(scheme);
  if (opener != openers_.end()) return opener->second(scheme + uri.substr(scheme.size()), options);
  PL_ASSIGN_OR_RETURN(io::Location folder, io::Locate(uri, options.local));
  return MakeJsonLinesSink(std::move(folder), options);
}

const SinkRegistry& BuiltInSinks() {
  static const SinkRegistry registry;
  return registry;
}

}  // namespace pixlake::sink
