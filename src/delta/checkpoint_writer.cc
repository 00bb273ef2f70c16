#include <charconv>
#include <sstream>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include "base/clock.h"
#include "delta/checkpoint_writer_internal.h"

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

Status WriteLastCheckpoint(const io::Location& table, int64_t version, int64_t actions, int64_t bytes,
                           size_t files) {
  const std::optional<int64_t> newest = LastCheckpointHint(table);
  if (newest && *newest > version) {
    return Status::OK();
  }
  const nlohmann::ordered_json hint = {
      {"version", version}, {"size", actions}, {"sizeInBytes", bytes}, {"numOfAddFiles", files}};
  return table.store->Put(io::JoinPath(LogFolder(table), "_last_checkpoint"), hint.dump());
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

int64_t DeletedFileRetention(const Metadata& metadata) {
  return ParseInterval(Property(metadata, "delta.deletedFileRetentionDuration", "interval 1 week"))
      .value_or(kDefaultRetentionMs);
}

Status WriteCheckpoint(const io::Location& table, int64_t version) {
  PL_ASSIGN_OR_RETURN(const TableState state, LoadState(table, version, true));
  if (Property(state.metadata, "delta.checkpoint.writeStatsAsStruct", "false") == "true" ||
      Property(state.metadata, "delta.checkpoint.writeStatsAsJson", "true") == "false") {
    return Error(ErrorCode::kUnsupported, "checkpoints with statistics as structs are not written yet");
  }
  const int64_t retention = DeletedFileRetention(state.metadata);
  PL_ASSIGN_OR_RETURN(const auto rows, CheckpointTable(state, NowMillis() - retention));
  PL_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Buffer> bytes, ToParquet(*rows));
  const std::string path = io::JoinPath(LogFolder(table), fmt::format("{:020}.checkpoint.parquet", version));
  PL_RETURN_NOT_OK(table.store->Put(path, std::string_view(*bytes)));
  return WriteLastCheckpoint(table, version, rows->num_rows(), bytes->size(), state.files.size());
}

}  // namespace pixlake::delta
