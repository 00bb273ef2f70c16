#include "pipeline/metrics/query_log.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log/rotating_file.h"

namespace pixlake::pipeline {
namespace {

constexpr char kQueriesFolder[] = "queries";
constexpr char kQueriesFile[] = "queries/queries.log";
constexpr int64_t kQueriesFileBytes = int64_t{1} << 20;
constexpr int64_t kMostQueriesBytes = int64_t{8} << 20;

}  // namespace

std::string StatementKind(std::string_view sql) {
  size_t at = 0;
  while (at < sql.size()) {
    if (std::isspace(static_cast<unsigned char>(sql[at])) != 0 || sql[at] == '(' || sql[at] == ';') {
      ++at;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      const size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else {
      break;
    }
  }
  std::string word;
  while (at < sql.size() && word.size() < 16 && std::isalpha(static_cast<unsigned char>(sql[at])) != 0)
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[at++])));
  return word;
}

void RecordQuery(const session::Session& session, const QueryRecord& record) {
  if (!session.has_lake()) return;
  const auto lake = session.OpenLake();
  if (!lake.ok() || lake->place().store->scheme() != "file") return;
  const std::string line = fmt::format(
      "{{\"at\":{},\"kind\":{},\"seconds\":{:.6f},\"rows\":{},\"files\":{},\"files_skipped\":{},\"failed\":{}"
      "}}\n",
      record.at_ms, nlohmann::json(record.kind).dump(), record.seconds, record.rows, record.files,
      record.files_skipped, record.failed);
  RotatingFile file(lake->Internal(kQueriesFile),
                    {.size_bytes = kQueriesFileBytes, .every_ms = 0, .keep = 4, .keep_ms = 0});
  (void)file.Append(line, record.at_ms);
}

Result<std::vector<QueryRecord>> ReadQueries(const catalog::Lake& lake, size_t most) {
  std::vector<QueryRecord> records;
  if (lake.place().store->scheme() != "file") return records;
  PL_ASSIGN_OR_RETURN(auto files, lake.place().store->List(lake.Internal(kQueriesFolder)));
  // The one that is written is the newest; the others' names have the time of their end.
  std::sort(files.begin(), files.end(),
            [](const auto& left, const auto& right) { return left.path < right.path; });
  if (!files.empty()) std::rotate(files.begin(), files.begin() + 1, files.end());
  for (const io::ObjectInfo& info : files) {
    const auto text = lake.place().store->ReadAll(info.path, kMostQueriesBytes);
    if (!text.ok()) continue;  // it was ended, or removed, meanwhile
    for (size_t at = 0; at < text->size();) {
      const size_t end = std::min(text->find('\n', at), text->size());
      const nlohmann::json line =
          nlohmann::json::parse(text->begin() + static_cast<ptrdiff_t>(at),
                                text->begin() + static_cast<ptrdiff_t>(end), nullptr, false);
      at = end + 1;
      if (!line.is_object()) continue;
      try {
        records.push_back({line.value("at", int64_t{0}), line.value("kind", std::string()),
                           line.value("seconds", 0.0), line.value("rows", int64_t{0}),
                           line.value("files", int64_t{0}), line.value("files_skipped", int64_t{0}),
                           line.value("failed", false)});
      } catch (const nlohmann::json::exception&) {
        continue;  // a value of another kind
      }
    }
  }
  if (records.size() > most) records.erase(records.begin(), records.end() - static_cast<ptrdiff_t>(most));
  return records;
}

}  // namespace pixlake::pipeline
