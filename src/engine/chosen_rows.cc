#include "engine/chosen_rows.h"

#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/sql_text.h"
#include "lake/content/image_finder.h"
#include "query/session/open_sql_session.h"
#include "query/session/sql_reference.h"

namespace pixlake::engine {
namespace {

constexpr size_t kIdsShown = 4;

bool HasTextIds(const arrow::Schema& schema) {
  const auto field = schema.GetFieldByName("id");
  return field != nullptr && field->type()->id() == arrow::Type::STRING;
}

}  // namespace

Result<std::string> ReferenceAt(const Session& session, const std::string& table,
                                const table::VersionSpec& version) {
  if (!version.version && !version.as_of_ms) return query::SqlReference(session, table);
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenTable(table));
  PL_ASSIGN_OR_RETURN(const auto snapshot, opened->Load(version));
  return fmt::format("{}_scan({}, version := {})", opened->format(), SqlLiteral(opened->location().path),
                     snapshot->version());
}

Result<std::string> WhereOf(const RowChoice& choice) {
  std::vector<std::string> conditions;
  // On a line of its own: it may end in a comment.
  if (!choice.where.empty()) conditions.push_back("(" + choice.where + "\n)");
  std::vector<std::string> ids;
  for (const std::string& id : choice.ids) {
    if (id.empty()) return Error(ErrorCode::kUsage, "an id is empty");
    ids.push_back(fmt::format("starts_with(id, {})", SqlLiteral(id)));
  }
  if (!ids.empty()) conditions.push_back(fmt::format("({})", fmt::join(ids, " OR ")));
  return conditions.empty() ? std::string() : fmt::format(" WHERE {}", fmt::join(conditions, " AND "));
}

Result<std::string> WholeId(const Session& session, const std::string& table,
                            const table::VersionSpec& version, const std::string& id) {
  const StopScope scope = session.Enter();
  if (id.empty() || lake::IsContentId(id)) return id;
  PL_ASSIGN_OR_RETURN(const auto opened, session.OpenToRead(table, version));
  if (!HasTextIds(*opened.rows->definition().schema)) return id;
  PL_ASSIGN_OR_RETURN(const std::string from, ReferenceAt(session, table, version));
  PL_ASSIGN_OR_RETURN(const auto sql_session, query::OpenSqlSession(session, Work::kLookUp));
  // The very id comes first: others may begin with it.
  PL_ASSIGN_OR_RETURN(const auto rows,
                      sql_session->Query(fmt::format(
                          "SELECT DISTINCT id FROM {} WHERE starts_with(id, {}) ORDER BY length(id), "
                          "id LIMIT {}",
                          from, SqlLiteral(id), kIdsShown)));
  std::vector<std::string> found;
  while (true) {
    PL_ASSIGN_OR_RETURN(const auto batch, rows->Next());
    if (batch == nullptr) break;
    const auto& ids = static_cast<const arrow::StringArray&>(*batch->column(0));
    for (int64_t i = 0; i < ids.length(); ++i) found.push_back(ids.GetString(i));
  }
  if (found.empty()) return id;
  if (found.size() == 1 || found.front() == id) return found.front();
  return Error(ErrorCode::kUsage, fmt::format("'{}' is the beginning of several ids: {}{}", id,
                                              fmt::join(found, ", "), found.size() == kIdsShown ? " …" : ""));
}

}  // namespace pixlake::engine
