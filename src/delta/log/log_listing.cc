#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "delta/action/json_fields_internal.h"
#include "delta/log/log_listing_internal.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kMaxHintBytes = int64_t{1} << 20;
constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;

std::optional<int64_t> ParseDigits(std::string_view text, size_t digits) {
  int64_t value = 0;
  if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The largest value has no successor to commit.
  return error == std::errc() && value < std::numeric_limits<int64_t>::max() ? std::optional(value)
                                                                             : std::nullopt;
}

std::vector<std::string_view> SplitAtDots(std::string_view name) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t dot = std::min(name.find('.', begin), name.size());
    out.push_back(name.substr(begin, dot - begin));
    begin = dot + 1;
  }
  return out;
}

using PartKey = std::pair<int64_t, int64_t>;  // version, number of parts

// PROTOCOL.md, "Checkpoint Naming Scheme".
void SortCheckpoint(const std::vector<std::string_view>& words, int64_t version, const io::ObjectInfo& object,
                    LogListing* listing, std::map<PartKey, std::map<int64_t, io::ObjectInfo>>* parts) {
  const std::string_view extension = words.back();
  if (words.size() == 3 && extension == "parquet") {
    listing->checkpoints.emplace(version, LogCheckpoint{version, {object}});
  } else if (words.size() == 4 && (extension == "parquet" || extension == "json")) {
    listing->checkpoints.emplace(version, LogCheckpoint{version, {object}});
  } else if (words.size() == 5 && extension == "parquet") {
    const std::optional<int64_t> part = ParseDigits(words[2], kPartDigits);
    const std::optional<int64_t> count = ParseDigits(words[3], kPartDigits);
    if (part && count && *part >= 1 && *part <= *count) {
      (*parts)[{version, *count}][*part] = object;
    }
  }
}

}  // namespace

std::string LogFolder(const io::Location& table) {
  return table.Child("_delta_log");
}

std::string CommitPath(const io::Location& table, int64_t version) {
  return io::JoinPath(LogFolder(table), fmt::format("{:020}.json", version));
}

std::string ChecksumPath(const io::Location& table, int64_t version) {
  return io::JoinPath(LogFolder(table), fmt::format("{:020}.crc", version));
}

std::string CompactionPath(const io::Location& table, int64_t first, int64_t last) {
  return io::JoinPath(LogFolder(table), fmt::format("{:020}.{:020}.compacted.json", first, last));
}

std::optional<int64_t> LogListing::latest() const {
  std::optional<int64_t> out;
  if (!commits.empty()) {
    out = commits.rbegin()->first;
  }
  if (!checkpoints.empty()) {
    out = std::max(out.value_or(-1), checkpoints.rbegin()->first);
  }
  return out;
}

LogListing SortLog(const std::vector<io::ObjectInfo>& objects) {
  LogListing listing;
  std::map<PartKey, std::map<int64_t, io::ObjectInfo>> parts;
  for (const io::ObjectInfo& object : objects) {
    const std::string_view name = std::string_view(object.path).substr(object.path.rfind('/') + 1);
    const std::vector<std::string_view> words = SplitAtDots(name);
    const std::optional<int64_t> version = ParseDigits(words[0], kVersionDigits);
    if (!version || words.size() < 2) {
      continue;
    }
    if (words.size() == 2 && words[1] == "json") {
      listing.commits[*version] = object;
    } else if (words.size() == 2 && words[1] == "crc") {
      listing.checksums[*version] = object;
    } else if (words.size() == 4 && words[2] == "compacted" && words[3] == "json" && object.size > 0) {
      // PROTOCOL.md, "Log Compaction Files".
      const std::optional<int64_t> last = ParseDigits(words[1], kVersionDigits);
      if (last && *last > *version) {
        listing.compactions.emplace(*version, LogCompaction{*version, *last, object});
      }
    } else if (words[1] == "checkpoint" && words.size() > 2 && object.size > 0) {
      SortCheckpoint(words, *version, object, &listing, &parts);
    }
  }
  for (auto& [key, files] : parts) {
    if (static_cast<int64_t>(files.size()) != key.second) {
      continue;
    }
    LogCheckpoint checkpoint{key.first, {}};
    for (auto& [part, object] : files) {
      checkpoint.files.push_back(object);
    }
    listing.checkpoints.emplace(key.first, std::move(checkpoint));
  }
  return listing;
}

Result<bool> HasCommit(const io::Location& table, int64_t version) {
  const std::string path = CommitPath(table, version);
  if (table.store->scheme() == "file") return table.store->Exists(path);
  const auto found = table.store->Stat(path);
  if (!found.ok() && CodeOf(found.status()) == ErrorCode::kNotFound) return false;
  PL_RETURN_NOT_OK(found.status());
  return true;
}

std::optional<int64_t> LastCheckpointHint(const io::Location& table) {
  Result<std::string> bytes =
      table.store->ReadAll(io::JoinPath(LogFolder(table), "_last_checkpoint"), kMaxHintBytes);
  if (!bytes.ok()) {
    return std::nullopt;
  }
  simdjson::dom::parser parser;
  int64_t version = -1;
  if (parser.parse(*bytes)["version"].get_int64().get(version) != simdjson::SUCCESS || version < 0) {
    return std::nullopt;
  }
  return version;
}

Result<LogListing> ListWholeLog(const io::Location& table) {
  PL_ASSIGN_OR_RETURN(const auto objects, table.store->List(LogFolder(table)));
  return SortLog(objects);
}

Result<LogListing> ListLog(const io::Location& table, std::optional<int64_t> version) {
  const std::optional<int64_t> hint = LastCheckpointHint(table);
  if (hint && *hint <= version.value_or(std::numeric_limits<int64_t>::max())) {
    PL_ASSIGN_OR_RETURN(const auto objects,
                        table.store->List(LogFolder(table), fmt::format("{:020}", *hint)));
    LogListing listing = SortLog(objects);
    if (listing.checkpoints.contains(*hint)) {
      return listing;
    }
  }
  return ListWholeLog(table);
}

namespace {

// The compaction of most commits that begins at `first` and does not go beyond `target`.
const LogCompaction* LongestFrom(const LogListing& listing, int64_t first, int64_t target) {
  const LogCompaction* longest = nullptr;
  const auto [begin, end] = listing.compactions.equal_range(first);
  for (auto it = begin; it != end; ++it) {
    if (it->second.last <= target && (longest == nullptr || it->second.last > longest->last)) {
      longest = &it->second;
    }
  }
  return longest;
}

Result<std::vector<io::ObjectInfo>> Between(const LogListing& listing, int64_t after, int64_t target,
                                            const std::string& table, bool compacted) {
  std::vector<io::ObjectInfo> out;
  for (int64_t version = after + 1; version <= target; ++version) {
    if (const LogCompaction* compaction = compacted ? LongestFrom(listing, version, target) : nullptr) {
      out.push_back(compaction->file);
      version = compaction->last;
      continue;
    }
    const auto commit = listing.commits.find(version);
    if (commit == listing.commits.end()) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("reading version {} of {}: commit {} is missing from _delta_log, so the table "
                               "cannot be reconstructed; versions up to {} may still be readable",
                               target, table, version, version - 1));
    }
    out.push_back(commit->second);
  }
  return out;
}

}  // namespace

Result<std::vector<io::ObjectInfo>> CommitsBetween(const LogListing& listing, int64_t after, int64_t target,
                                                   const std::string& table) {
  return Between(listing, after, target, table, false);
}

Result<std::vector<io::ObjectInfo>> CompactedCommitsBetween(const LogListing& listing, int64_t after,
                                                            int64_t target, const std::string& table) {
  return Between(listing, after, target, table, true);
}

std::map<int64_t, int64_t> CommitTimes(const LogListing& listing) {
  std::map<int64_t, int64_t> out;
  int64_t previous = INT64_MIN;
  for (const auto& [version, object] : listing.commits) {
    const int64_t time = out.empty() ? object.modified_ms : std::max(object.modified_ms, previous + 1);
    out.emplace(version, time);
    previous = time;
  }
  return out;
}

}  // namespace pixlake::delta
