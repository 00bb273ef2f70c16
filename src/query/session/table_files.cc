#include "query/session/table_files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "io/location.h"
#include "io/uri_scheme.h"

namespace pixlake::query {
namespace {

namespace fs = std::filesystem;

// As far as no wildcard stands in it.
std::string FixedPart(const std::string& place) {
  return place.substr(0, place.find_first_of("*?["));
}

bool IsHidden(const fs::path& below) {
  return std::any_of(below.begin(), below.end(), [](const fs::path& part) {
    const std::string name = part.string();
    return !name.empty() && name.front() == '_';
  });
}

}  // namespace

Status MayReadFile(const FileRead& file, const std::function<bool(const std::string&)>& is_table) {
  if (!file.of_rows || file.place.empty()) return Status::OK();
  std::string place = FixedPart(file.place);
  const std::string scheme = io::SchemeOf(place);
  if (!scheme.empty() && scheme != "file") return Status::OK();  // DuckDB has no such stores here
  if (scheme == "file") place.erase(0, std::string_view("file://").size());
  fs::path path = fs::absolute(place).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "t/" of "t/*.parquet"
  // A table itself, FROM '/t', is no file.
  if (file.function == "from" && place == file.place && is_table(path.string())) return Status::OK();
  for (fs::path folder = path; folder.has_relative_path(); folder = folder.parent_path()) {
    if (!is_table(folder.string())) continue;
    if (folder != path && IsHidden(path.lexically_relative(folder))) return Status::OK();
    return Error(
        ErrorCode::kUsage,
        fmt::format("'{}' is of the table {}, and only its log says which rows are there: ask FROM '{}'",
                    file.place, folder.string(), folder.string()));
  }
  return Status::OK();
}

}  // namespace pixlake::query
