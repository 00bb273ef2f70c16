// Where a partition's files lie in a table's folder.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace pixlake::table {

// "date=2026-11-21/label=a%3Ab/": Hive's folders, ordered by column name, escaped as
// Spark does (ExternalCatalogUtils.escapePathName). Null and "" are
// __HIVE_DEFAULT_PARTITION__. "" for no columns. The folders only serve people:
// readers take the values from the log.
std::string PartitionFolder(const std::map<std::string, std::optional<std::string>>& values);

}  // namespace pixlake::table
