#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/work/for_each.h"
#include "delta/action/shallow_json_internal.h"
#include "delta/care/analyze_internal.h"
#include "delta/commit/transaction_internal.h"
#include "delta/log/commit_reader_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/stats/file_stats_internal.h"
#include "delta/stats/footer_internal.h"
#include "delta/table/delta_table_internal.h"

namespace pixlake::delta {

namespace {

using nlohmann::ordered_json;

constexpr char kColumnsProperty[] = "delta.dataSkippingStatsColumns";
constexpr size_t kFilesATime = 1024;

// Takes over from `old` the leaves below `group` that `fresh` has not.
void KeepMissing(const ordered_json& old, const StatsSelection& selection, std::vector<std::string>* path,
                 ordered_json* fresh) {
  for (const auto& [name, value] : old.items()) {
    path->push_back(name);
    if (value.is_object()) {
      ordered_json below = fresh->contains(name) ? (*fresh)[name] : ordered_json::object();
      if (below.is_object()) {
        KeepMissing(value, selection, path, &below);
      }
      if (!below.empty()) {
        (*fresh)[name] = std::move(below);
      }
    } else if (!fresh->contains(name) && (!selection.chosen || selection.Has(*path, 0))) {
      (*fresh)[name] = value;
    }
    path->pop_back();
  }
}

// As delta.dataSkippingStatsColumns has it. A column that is called "a.b" is none in a struct.
std::string Quoted(const std::string& column, const arrow::Schema& schema) {
  const bool whole = schema.GetFieldIndex(column) >= 0;
  const bool plain = column.find_first_of(whole ? "`, ." : "`, ") == std::string::npos;
  if (plain) {
    return column;
  }
  std::string out = "`";
  for (const char c : column) {
    out.append(c == '`' ? 2 : 1, c);
  }
  return out + "`";
}

}  // namespace

Result<std::string> StatsByFooter(const DeltaSnapshot& snapshot, const AddFile& file,
                                  const StatsSelection& selection) {
  PL_ASSIGN_OR_RETURN(const std::string path, ResolvePath(snapshot.location(), file.path));
  PL_ASSIGN_OR_RETURN(const Footer footer, ReadFooter(snapshot.location(), path, snapshot.mapping()));
  const std::string written = WriteStats(footer.statistics, selection);
  auto fresh = ordered_json::parse(written);
  const auto old = ParseShallow<ordered_json>(file.stats);
  for (const char* group : {"minValues", "maxValues", "nullCount"}) {
    if (old.is_object() && old.contains(group) && old[group].is_object()) {
      std::vector<std::string> at;
      KeepMissing(old[group], selection, &at, &fresh[group]);
    }
  }
  const std::string text = fresh.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return file.deletion_vector ? WithWideBounds(text) : text;
}

Result<std::vector<AddFile>> Restated(const DeltaSnapshot& snapshot, const std::vector<const AddFile*>& files,
                                      const StatsSelection& selection) {
  std::vector<AddFile> out;
  for (size_t begin = 0; begin < files.size(); begin += kFilesATime) {
    const size_t count = std::min(kFilesATime, files.size() - begin);
    std::vector<std::string> found(count);
    const ReadersFor readers = ReadersOf(snapshot.location(), count, 4);
    PL_RETURN_NOT_OK(ForEach(readers.kind, count, readers.at_once, [&](size_t i) -> Status {
      PL_ASSIGN_OR_RETURN(found[i], StatsByFooter(snapshot, *files[begin + i], selection));
      return Status::OK();
    }));
    for (size_t i = 0; i < count; ++i) {
      const AddFile& file = *files[begin + i];
      const auto old = ParseShallow<nlohmann::json>(file.stats);
      // What is no JSON compares as neither equal nor unequal.
      if (old.is_discarded() || old != nlohmann::json::parse(found[i])) {
        out.push_back(file);
        out.back().stats = std::move(found[i]);
      }
    }
  }
  return out;
}

Result<table::AnalyzeReport> DeltaTable::Analyze(const std::vector<std::string>& columns) {
  PL_ASSIGN_OR_RETURN(const auto snapshot, LoadVersion(std::nullopt));
  const TableState& state = snapshot->state();
  PL_ASSIGN_OR_RETURN(auto transaction, DeltaTransaction::Begin(snapshot));
  Metadata metadata = state.metadata;
  if (!columns.empty()) {
    std::vector<std::string> quoted;
    for (const std::string& column : columns) {
      if (std::count(state.metadata.partition_columns.begin(), state.metadata.partition_columns.end(),
                     column) > 0) {
        return Error(ErrorCode::kUsage, fmt::format("`{}` is a partition column: every file has one value of "
                                                    "it, which needs no statistics",
                                                    column));
      }
      quoted.push_back(Quoted(column, *state.schema));
    }
    metadata.configuration[kColumnsProperty] = fmt::format("{}", fmt::join(quoted, ","));
  }
  PL_ASSIGN_OR_RETURN(const StatsSelection selection,
                      StatsSelectionFor(state.protocol, metadata, !columns.empty()));
  std::vector<const AddFile*> files;
  for (const AddFile& file : state.files) {
    files.push_back(&file);
  }
  PL_ASSIGN_OR_RETURN(std::vector<AddFile> restated, Restated(*snapshot, files, selection));
  table::AnalyzeReport report;
  report.version = snapshot->version();
  report.files_seen = static_cast<int64_t>(files.size());
  report.files = static_cast<int64_t>(restated.size());
  report.columns = columns;
  const bool new_property = metadata.configuration != state.metadata.configuration;
  if (restated.empty() && !new_property) {
    return report;
  }
  for (AddFile& file : restated) {
    PL_RETURN_NOT_OK(transaction->Restate(std::move(file)));
  }
  if (new_property) {
    transaction->SetMetadata(metadata);
  }
  transaction->SetDataChange(false);
  transaction->SetOperation({"COMPUTE STATS",
                             {{"columns", nlohmann::json(columns).dump()}},
                             {{"numFilesRestated", std::to_string(report.files)}}});
  PL_ASSIGN_OR_RETURN(const table::CommitOutcome outcome, transaction->Commit());
  report.version = outcome.version;
  report.committed = true;
  return report;
}

}  // namespace pixlake::delta
