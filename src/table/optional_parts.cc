// What a format need not have: who asks for it is told so.
#include <fmt/format.h>

#include "table/table.h"

namespace pixlake::table {
namespace {

Status Without(std::string_view what) {
  return Error(ErrorCode::kUnsupported, fmt::format("tables of this format have no {}", what));
}

}  // namespace

Status Transaction::SetDeletedRows(const DataFile& /*file*/, const std::vector<uint64_t>& /*positions*/) {
  return Without("rows that are deleted where they are");
}

Status Transaction::CommitUnder(const LeaseEpoch& /*lease*/) {
  return Error(ErrorCode::kUnsupported, "this format's commits carry no lease");
}

Status Transaction::NoteTxn(std::string /*app_id*/, int64_t /*version*/) {
  return Without("notes of how far an application has come");
}

Status Transaction::Change(const SchemaChange& /*change*/) {
  return Without("changes of columns, rules or properties one by one");
}

Status Transaction::SetProperties(const std::map<std::string, std::string>& /*set*/,
                                  const std::vector<std::string>& /*unset*/) {
  return Without("properties that can be set");
}

Status Transaction::EnableFeatures(const std::vector<std::string>& /*names*/) {
  return Without("features to be enabled");
}

Result<std::unique_ptr<Table>> TableFormat::CloneShallow(const io::Location& location,
                                                         const Snapshot& /*source*/) {
  return Error(
      ErrorCode::kUnsupported,
      fmt::format("cloning to {}: tables of format {} name no files of others", location.path, name()));
}

}  // namespace pixlake::table
