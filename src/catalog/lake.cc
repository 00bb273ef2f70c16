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
// 2: some zones are not in the lake's own folder.
constexpr int kNewestLakeVersion = 2;
constexpr size_t kLongestRoot = 4096;

Status Damaged(const io::Location& place) {
  return Error(ErrorCode::kCorrupt, fmt::format("{} is not what marks a lake", place.Child(kMarker)));
}

bool IsZone(const std::string& name) {
  return std::find(Zones().begin(), Zones().end(), name) != Zones().end();
}

// A place by itself, whatever the working folder is.
bool IsRoot(const std::string& root) {
  const bool absolute = root.starts_with('/') || root.find("://") != std::string::npos;
  const bool plain = std::none_of(root.begin(), root.end(), [](unsigned char c) { return c < 0x20; });
  return absolute && plain && root.size() <= kLongestRoot;
}

// Zones that are not in the lake's own folder. A lake that a later version made must not be touched by
// this one.
Result<ZoneRoots> RootsOfMarker(const io::Location& place, const std::string& text) {
  const nlohmann::json marker = nlohmann::json::parse(text, nullptr, false);
  if (!marker.is_object() || !marker.contains("pixlake_lake") || !marker["pixlake_lake"].is_number_integer())
    return Damaged(place);
  const nlohmann::json& version = marker["pixlake_lake"];
  if (version < 1 || version > kNewestLakeVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} is a lake of version {}; this pixlake knows versions up to {}", place.path,
                             version.dump(), kNewestLakeVersion));
  }
  ZoneRoots roots;
  if (version == 1) return roots;
  if (!marker.contains("roots") || !marker["roots"].is_object()) return Damaged(place);
  for (const auto& [zone, root] : marker["roots"].items()) {
    if (!IsZone(zone) || !root.is_string() || !IsRoot(root.get_ref<const std::string&>()))
      return Damaged(place);
    roots[zone] = root.get<std::string>();
  }
  return roots;
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

std::string HomeOf(std::string_view raw_root) {
  while (raw_root.size() > 1 && raw_root.ends_with('/')) raw_root.remove_suffix(1);
  constexpr std::string_view kRaw = "/raw";
  if (raw_root.size() <= kRaw.size() || !raw_root.ends_with(kRaw)) return std::string(raw_root);
  const std::string_view home = raw_root.substr(0, raw_root.size() - kRaw.size());
  // "s3://raw" is a bucket.
  return std::string(home.ends_with(":/") || home.ends_with('/') ? raw_root : home);
}

Result<bool> Lake::Detect(const io::Location& place) {
  return place.store->Exists(place.Child(kMarker));
}

Status Lake::SetRoots(const ZoneRoots& roots, const io::LocalOptions& local) {
  for (const auto& [zone, root] : roots) {
    PL_ASSIGN_OR_RETURN(io::Location there, io::Locate(root, local));
    if (there.path == place_.Child(zone)) continue;
    // One store for what is in one: whoever compares stores sees that they are.
    if (!is_remote() && there.store->scheme() == "file") there.store = place_.store;
    elsewhere_[zone] = std::move(there);
  }
  if (elsewhere_.contains("raw") && elsewhere_["raw"].path != place_.path) {
    return Error(ErrorCode::kUsage, fmt::format("the zone raw is at {}; it is the lake's home, {}, or the "
                                                "folder raw in it",
                                                elsewhere_["raw"].path, place_.path));
  }
  for (const std::string& zone : Zones()) {
    for (const std::string& other : Zones()) {
      if (zone < other && ZonePlace(zone).path == ZonePlace(other).path) {
        return Error(ErrorCode::kUsage,
                     fmt::format("the zones {} and {} are both at {}; each needs a place of "
                                 "its own",
                                 zone, other, ZonePlace(zone).path));
      }
    }
  }
  return Status::OK();
}

Status Lake::CheckRoots(const LakeOptions& options) const {
  if (options.roots.empty()) return Status::OK();
  Lake asked(place_);
  PL_RETURN_NOT_OK(asked.SetRoots(options.roots, options.local));
  for (const std::string& zone : Zones()) {
    if (asked.ZonePlace(zone).path == ZonePlace(zone).path) continue;
    return Error(
        ErrorCode::kUsage,
        fmt::format("the lake {} has its zone {} at {}, the settings say {}; a lake's zones stay where "
                    "they were when it was made",
                    place_.path, zone, ZonePlace(zone).path, asked.ZonePlace(zone).path));
  }
  return Status::OK();
}

std::string Lake::Marker() const {
  nlohmann::json marker = {{"pixlake_lake", elsewhere_.empty() ? 1 : kNewestLakeVersion},
                           {"created_at", FormatTimestamp(NowMillis())}};
  for (const auto& [zone, there] : elsewhere_) marker["roots"][zone] = there.path;
  return marker.dump() + "\n";
}

Result<Lake> Lake::Init(io::Location place, const LakeOptions& options) {
  auto opened = Open(place, options);
  if (opened.ok()) {
    PL_RETURN_NOT_OK(io::Settle(place.store.get(), place.Child(kMarker)));
    return opened;
  }
  if (CodeOf(opened.status()) != ErrorCode::kNotFound) return opened;
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
  Lake lake(place);
  PL_RETURN_NOT_OK(lake.SetRoots(options.roots, options.local));
  const Status put = place.store->PutIfAbsent(place.Child(kMarker), lake.Marker());
  if (put.ok()) return lake;
  if (CodeOf(put) != ErrorCode::kAlreadyExists) return WithContext(put, "making a lake");
  // Made by somebody else at the same moment: as good, if it is the same.
  PL_RETURN_NOT_OK(io::Settle(place.store.get(), place.Child(kMarker)));
  return Open(std::move(place), options);
}

Result<Lake> Lake::Open(io::Location place, const LakeOptions& options) {
  const auto text = place.store->ReadAll(place.Child(kMarker), 1 << 16);
  if (!text.ok() && CodeOf(text.status()) == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} is no lake; make one with `pixlake init {}`", place.path, place.path));
  }
  PL_RETURN_NOT_OK(text.status());
  PL_ASSIGN_OR_RETURN(const ZoneRoots roots, RootsOfMarker(place, *text));
  Lake lake(std::move(place));
  PL_RETURN_NOT_OK(lake.SetRoots(roots, options.local));
  PL_RETURN_NOT_OK(lake.CheckRoots(options));
  return lake;
}

io::Location Lake::ZonePlace(const std::string& zone) const {
  const auto found = elsewhere_.find(zone);
  return found == elsewhere_.end() ? io::Location{place_.store, place_.Child(zone)} : found->second;
}

io::Location Lake::TablePlace(const TableName& name) const {
  const io::Location zone = ZonePlace(name.zone);
  return {zone.store, zone.Child(name.name)};
}

Result<std::vector<TableName>> Lake::TableNames() const {
  std::vector<TableName> names;
  for (const std::string& zone : Zones()) {
    const io::Location place = ZonePlace(zone);
    PL_ASSIGN_OR_RETURN(const std::vector<std::string> folders, place.store->ListFolders(place.path));
    for (const std::string& folder : folders) {
      const auto name = ParseTableName(zone + "." + folder);
      // A zone may be the lake's home.
      if (!name || folder == "_pixlake") continue;
      PL_ASSIGN_OR_RETURN(const auto inside, place.store->ListFolders(place.Child(folder)));
      if (std::find(inside.begin(), inside.end(), "_delta_log") != inside.end()) names.push_back(*name);
    }
  }
  return names;
}

std::string Lake::Internal(std::string_view name) const {
  return place_.Child("_pixlake/" + std::string(name));
}

}  // namespace pixlake::catalog
