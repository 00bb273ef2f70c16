#include "catalog/lake.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "io/settle.h"

namespace pixlake::catalog {
namespace {

constexpr char kMarker[] = "_pixlake/lake.json";
constexpr int kLakeVersion = 1;

// A lake that a later version made must not be touched by this one.
Status CheckMarker(const io::Location& place) {
  PL_ASSIGN_OR_RETURN(const std::string text, place.store->ReadAll(place.Child(kMarker), 1 << 16));
  const nlohmann::json marker = nlohmann::json::parse(text, nullptr, false);
  if (!marker.is_object() || !marker.contains("pixlake_lake") || !marker["pixlake_lake"].is_number_integer())
    return Error(ErrorCode::kCorrupt, fmt::format("{} is not what marks a lake", place.Child(kMarker)));
  if (marker["pixlake_lake"] != kLakeVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} is a lake of version {}; this pixlake knows version {}", place.path,
                             marker["pixlake_lake"].dump(), kLakeVersion));
  }
  return Status::OK();
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

const std::vector<std::string>& Zones() {
  static const std::vector<std::string> zones = {"raw", "processed", "curated", "catalog"};
  return zones;
}

std::optional<TableName> ParseTableName(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  TableName name{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
  const bool zone = std::find(Zones().begin(), Zones().end(), name.zone) != Zones().end();
  if (!zone || !IsWord(name.name)) return std::nullopt;
  return name;
}

Result<bool> Lake::Detect(const io::Location& place) {
  return place.store->Exists(place.Child(kMarker));
}

Result<Lake> Lake::Init(io::Location place) {
  PL_ASSIGN_OR_RETURN(const bool there, Detect(place));
  if (there) {
    PL_RETURN_NOT_OK(io::Settle(place.store.get(), place.Child(kMarker)));
    return Open(std::move(place));
  }
  const auto listed = place.store->List(place.path);
  if (!listed.ok()) return WithContext(listed.status(), "making a lake, which is a folder");
  const auto& objects = *listed;
  PL_ASSIGN_OR_RETURN(const auto folders, place.store->ListFolders(place.path));
  // An own folder alone is what an interrupted Init leaves.
  const bool others =
      std::any_of(folders.begin(), folders.end(), [](const auto& name) { return name != "_pixlake"; });
  if (!objects.empty() || others) {
    return Error(ErrorCode::kUsage,
                 fmt::format("{} is no lake and not empty; name a new folder", place.path));
  }
  const std::string marker = fmt::format("{{\"pixlake_lake\": {}, \"created_at\": \"{}\"}}\n", kLakeVersion,
                                         FormatTimestamp(NowMillis()));
  const Status put = place.store->PutIfAbsent(place.Child(kMarker), marker);
  // Made by somebody else at the same moment: as good.
  if (!put.ok() && CodeOf(put) != ErrorCode::kAlreadyExists) return WithContext(put, "making a lake");
  if (!put.ok()) PL_RETURN_NOT_OK(io::Settle(place.store.get(), place.Child(kMarker)));
  return Lake(std::move(place));
}

Result<Lake> Lake::Open(io::Location place) {
  PL_ASSIGN_OR_RETURN(const bool there, Detect(place));
  if (!there) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is no lake; make one with `pixlake init {}`", place.path, place.path));
  }
  PL_RETURN_NOT_OK(CheckMarker(place));
  return Lake(std::move(place));
}

io::Location Lake::TablePlace(const TableName& name) const {
  return {place_.store, place_.Child(name.zone + "/" + name.name)};
}

Result<std::vector<TableName>> Lake::TableNames() const {
  std::vector<TableName> names;
  for (const std::string& zone : Zones()) {
    PL_ASSIGN_OR_RETURN(const std::vector<std::string> folders,
                        place_.store->ListFolders(place_.Child(zone)));
    for (const std::string& folder : folders) {
      const auto name = ParseTableName(zone + "." + folder);
      if (!name) continue;
      PL_ASSIGN_OR_RETURN(const bool table, place_.store->Exists(TablePlace(*name).Child("_delta_log")));
      if (table) names.push_back(*name);
    }
  }
  return names;
}

std::string Lake::Internal(std::string_view name) const {
  return place_.Child("_pixlake/" + std::string(name));
}

}  // namespace pixlake::catalog
