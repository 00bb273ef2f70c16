#include <charconv>
#include <sstream>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "delta/checkpoint/checkpoint_reader_internal.h"
#include "delta/commit/checkpoint_writer_internal.h"
#include "delta/commit/log_cleanup_internal.h"
#include "delta/feature/features_internal.h"

namespace pixlake::delta {

namespace {

constexpr int64_t kDefaultInterval = 10;
constexpr int64_t kDefaultRetentionMs = int64_t{7} * 86'400'000;  // delta.deletedFileRetentionDuration
constexpr int64_t kRowGroupRows = 65536;

std::string_view Property(const Metadata& metadata, const std::string& key, std::string_view otherwise) {
  const auto found = metadata.configuration.find(key);
  return found == metadata.configuration.end() ? otherwise : std::string_view(found->second);
}

Result<std::shared_ptr<arrow::Buffer>> ToParquet(const arrow::Table& table) {
  PL_ASSIGN_OR_RETURN(auto output, arrow::io::BufferOutputStream::Create());
  const auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build();
  try {
    PL_RETURN_NOT_OK(
        parquet::arrow::WriteTable(table, arrow::default_memory_pool(), output, kRowGroupRows, properties));
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInternal, fmt::format("writing a checkpoint as Parquet: {}", error.what()));
  }
  return output->Finish();
}

// Large enough that a table needs few, small enough to be read side by side.
constexpr int64_t kSidecarRows = 100'000;

struct Written {
  int64_t actions = 0;
  int64_t bytes = 0;
};

Status WriteLastCheckpoint(const io::Location& table, int64_t version, const Written& written, size_t files) {
  const std::optional<int64_t> newest = LastCheckpointHint(table);
  if (newest && *newest > version) {
    return Status::OK();
  }
  const nlohmann::ordered_json hint = {{"version", version},
                                       {"size", written.actions},
                                       {"sizeInBytes", written.bytes},
                                       {"numOfAddFiles", files}};
  return table.store->Put(io::JoinPath(LogFolder(table), "_last_checkpoint"), hint.dump());
}

Result<Written> WriteClassic(const io::Location& table, const TableState& state, int64_t expired_before_ms) {
  PL_ASSIGN_OR_RETURN(const auto rows, CheckpointTable(state, expired_before_ms));
  PL_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Buffer> bytes, ToParquet(*rows));
  const std::string name = fmt::format("{:020}.checkpoint.parquet", state.version);
  PL_RETURN_NOT_OK(table.store->Put(io::JoinPath(LogFolder(table), name), std::string_view(*bytes)));
  return Written{rows->num_rows(), bytes->size()};
}

// PROTOCOL.md, "UUID-named checkpoint": the sidecars are there before anything names them.
Result<Written> WriteV2(const io::Location& table, const TableState& state, int64_t expired_before_ms) {
  std::vector<Sidecar> sidecars;
  Written written;
  PL_RETURN_NOT_OK(
      ForEachSidecarTable(state, expired_before_ms, kSidecarRows, [&](const arrow::Table& rows) -> Status {
        PL_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Buffer> bytes, ToParquet(rows));
        const std::string name = NewUuid() + ".parquet";
        const std::string folder = io::JoinPath(LogFolder(table), "_sidecars");
        PL_RETURN_NOT_OK(table.store->Put(io::JoinPath(folder, name), std::string_view(*bytes)));
        sidecars.push_back({name, bytes->size(), NowMillis()});
        written.actions += rows.num_rows();
        written.bytes += bytes->size();
        return Status::OK();
      }));
  PL_ASSIGN_OR_RETURN(const auto rows, TopTable(state, sidecars));
  PL_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Buffer> bytes, ToParquet(*rows));
  const std::string name = fmt::format("{:020}.checkpoint.{}.parquet", state.version, NewUuid());
  PL_RETURN_NOT_OK(table.store->Put(io::JoinPath(LogFolder(table), name), std::string_view(*bytes)));
  return Written{written.actions + rows->num_rows(), written.bytes + bytes->size()};
}

}  // namespace

int64_t CheckpointInterval(const Metadata& metadata) {
  const std::string_view text = Property(metadata, "delta.checkpointInterval", "");
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : kDefaultInterval;
}

std::optional<int64_t> ParseInterval(std::string_view text) {
  static const std::map<std::string, int64_t> kUnits = {
      {"millisecond", 1},  {"second", 1000},    {"minute", 60'000},
      {"hour", 3'600'000}, {"day", 86'400'000}, {"week", int64_t{7} * 86'400'000},
  };
  std::istringstream words{std::string(text)};
  std::string word;
  int64_t total = 0;
  bool any = false;
  while (words >> word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    if (word == "interval") {
      continue;
    }
    int64_t count = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    std::string unit;
    if (error != std::errc() || end != word.data() + word.size() || count < 0 || !(words >> unit)) {
      return std::nullopt;
    }
    std::transform(unit.begin(), unit.end(), unit.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto found = kUnits.find(unit.ends_with('s') ? unit.substr(0, unit.size() - 1) : unit);
    int64_t part = 0;
    if (found == kUnits.end() || __builtin_mul_overflow(count, found->second, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

std::optional<int64_t> DeletedFileRetention(const Metadata& metadata) {
  const std::string_view text = Property(metadata, "delta.deletedFileRetentionDuration", "");
  return text.empty() ? kDefaultRetentionMs : ParseInterval(text);
}

Status WriteCheckpoint(const io::Location& table, int64_t version) {
  PL_ASSIGN_OR_RETURN(const TableState state, LoadState(table, version, true));
  if (Property(state.metadata, "delta.checkpoint.writeStatsAsStruct", "false") == "true" ||
      Property(state.metadata, "delta.checkpoint.writeStatsAsJson", "true") == "false") {
    return Error(ErrorCode::kUnsupported, "checkpoints with statistics as structs are not written yet");
  }
  const std::optional<int64_t> retention = DeletedFileRetention(state.metadata);
  const int64_t expired_before_ms = retention ? NowMillis() - *retention : 0;
  const bool v2 = HasWriterFeature(state.protocol, "v2Checkpoint") &&
                  Property(state.metadata, "delta.checkpointPolicy", "classic") == "v2";
  PL_ASSIGN_OR_RETURN(const Written written, v2 ? WriteV2(table, state, expired_before_ms)
                                                : WriteClassic(table, state, expired_before_ms));
  PL_RETURN_NOT_OK(WriteLastCheckpoint(table, version, written, state.files.size()));
  (void)CleanUpLog(table, state.protocol, state.metadata, NowMillis());
  return Status::OK();
}

Status RewriteLastCheckpoint(const io::Location& table) {
  const std::string path = io::JoinPath(LogFolder(table), "_last_checkpoint");
  PL_ASSIGN_OR_RETURN(const LogListing listing, ListWholeLog(table));
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend(); ++it) {
    int64_t actions = 0;
    const Status sound = ReadCheckpoint(table, it->second, {true}, [&](const Action&) {
      ++actions;
      return Status::OK();
    });
    if (CodeOf(sound) == ErrorCode::kCancelled || RetryHelps(sound)) {
      return sound;
    }
    if (sound.ok()) {
      return table.store->Put(path, nlohmann::ordered_json{{"version", it->first}, {"size", actions}}.dump());
    }
  }
  return table.store->Delete(path);
}

}  // namespace pixlake::delta
