#include <charconv>

#include <arrow/api.h>
#include <nlohmann/json.hpp>

#include "delta/action/shallow_json_internal.h"
#include "delta/stats/file_stats_internal.h"
#include "delta/stats/value_text_internal.h"

namespace pixlake::delta {

namespace {

using nlohmann::json;
namespace dom = simdjson::dom;

// Sets `value` in nested objects along `path`. False when something else is there.
bool SetAt(json* root, const std::vector<std::string>& path, json value) {
  json* place = root;
  for (const std::string& name : path) {
    if (!place->is_object() && !place->is_null()) {
      return false;
    }
    place = &(*place)[name];
  }
  *place = std::move(value);
  return true;
}

// Minimum above maximum: the two do not belong to this column.
bool Contradict(const table::ValueRange& range) {
  if (range.min == nullptr || range.max == nullptr) {
    return false;
  }
  const std::optional<int> order = table::Order(*range.min, *range.max);
  return order && *order > 0;
}

}  // namespace

int64_t NumRecords(const std::string& stats) {
  constexpr std::string_view kStart = "{\"numRecords\":";
  if (stats.starts_with(kStart)) {
    int64_t value = -1;
    const char* end = stats.data() + stats.size();
    const auto [stop, error] = std::from_chars(stats.data() + kStart.size(), end, value);
    if (error == std::errc() && stop != end && (*stop == ',' || *stop == '}')) {
      return std::max<int64_t>(value, -1);
    }
  }
  return stats.empty() ? -1 : FileStats(stats, false).num_records();
}

FileStats::FileStats(const std::string& stats, bool wide, dom::parser* parser) : wide_(wide) {
  if (parser == nullptr) {
    own_parser_ = std::make_unique<dom::parser>();
    parser = own_parser_.get();
  }
  dom::object root;
  if (stats.empty() || parser->parse(stats).get_object().get(root) != simdjson::SUCCESS) {
    return;
  }
  root_ = root;
  int64_t count = -1;
  if (root["numRecords"].get_int64().get(count) == simdjson::SUCCESS && count >= 0) {
    num_records_ = count;
  }
  bool tight = true;
  if (root["tightBounds"].get_bool().get(tight) == simdjson::SUCCESS && !tight) {
    wide_ = true;
  }
}

std::optional<dom::element> FileStats::Find(std::string_view group,
                                            const std::vector<std::string>& path) const {
  dom::element value;
  if (!root_ || root_->at_key(group).get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  for (const std::string& name : path) {
    dom::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS ||
        object.at_key(name).get(value) != simdjson::SUCCESS) {
      return std::nullopt;
    }
  }
  return value;
}

table::ValueRange FileStats::RangeOf(const std::vector<std::string>& physical_path,
                                     const std::shared_ptr<arrow::DataType>& type) const {
  table::ValueRange range;
  range.num_rows = num_records_;
  if (const std::optional<dom::element> count = Find("nullCount", physical_path)) {
    int64_t nulls = -1;
    const bool sane = count->get_int64().get(nulls) == simdjson::SUCCESS && nulls >= 0 &&
                      (num_records_ < 0 || nulls <= num_records_);
    // Outdated counts say something only when none or all of the rows are null.
    if (sane && (!wide_ || nulls == 0 || nulls == num_records_)) {
      range.null_count = nulls;
    }
  }
  if (const std::optional<dom::element> min = Find("minValues", physical_path)) {
    range.min = StatsJsonToScalar(*min, type, false);
  }
  if (const std::optional<dom::element> max = Find("maxValues", physical_path)) {
    range.max = StatsJsonToScalar(*max, type, true);
  }
  if (Contradict(range)) {
    range.min = nullptr;
    range.max = nullptr;
  }
  return range;
}

std::string WriteStats(const file::DataStatistics& statistics, const StatsSelection& selection) {
  json min = json::object();
  json max = json::object();
  json nulls = json::object();
  int leaves = 0;
  for (const file::ColumnStatistics& column : statistics.columns) {
    if (!selection.Has(column.path, leaves++)) {
      continue;
    }
    if (column.null_count >= 0) {
      SetAt(&nulls, column.path, column.null_count);
    }
    if (column.min != nullptr) {
      if (std::optional<json> value = ScalarToStatsJson(*column.min, Rounding::kDown)) {
        SetAt(&min, column.path, *std::move(value));
      }
    }
    // Parquet's maximum passes over NaN, which engines sort after every number: a
    // float's maximum would let them skip files that match.
    if (column.max != nullptr && !arrow::is_floating(column.max->type->id())) {
      if (std::optional<json> value = ScalarToStatsJson(*column.max, Rounding::kUp)) {
        SetAt(&max, column.path, *std::move(value));
      }
    }
  }
  // Text with numRecords in front is what readers, we too, find it fastest in.
  nlohmann::ordered_json out = {{"numRecords", statistics.num_rows},
                                {"minValues", std::move(min)},
                                {"maxValues", std::move(max)},
                                {"nullCount", std::move(nulls)}};
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string WithWideBounds(const std::string& stats) {
  auto object = ParseShallow<nlohmann::ordered_json>(stats);
  if (!object.is_object()) {
    return stats;
  }
  object["tightBounds"] = false;
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace pixlake::delta
