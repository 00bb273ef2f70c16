// Values as the log writes them: partition values as text (PROTOCOL.md, "Partition
// Value Serialization") and statistics as JSON ("Per-file Statistics").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "base/result.h"

namespace pixlake::delta {

// "2020-02-29" as days since the epoch; years of more digits and a sign are taken.
std::optional<int32_t> ParseDays(std::string_view text);

// "2020-02-29 12:00:00.123456", T for the space, Z or an offset behind; a date alone
// is midnight. Microseconds since the epoch; without an offset the wall clock is UTC.
std::optional<int64_t> ParseMicros(std::string_view text);

// A partition value. nullopt and "" are null. kCorrupt when the text does not fit.
Result<std::shared_ptr<arrow::Scalar>> ParsePartitionValue(const std::optional<std::string>& text,
                                                           const std::shared_ptr<arrow::DataType>& type);

enum class Rounding { kNone, kDown, kUp };

// A minimum (kDown) or maximum (kUp) as statistics write it: strings cut at 32 code
// points, timestamps at milliseconds, always outward. nullopt when it is better left
// out (blobs, NaN, infinities, decimals a double cannot hold, years beyond 9999).
std::optional<nlohmann::json> ScalarToStatsJson(const arrow::Scalar& scalar, Rounding rounding);

// A bound out of statistics, widened by what writers may have cut off. Null when
// unknown or not of the type.
std::shared_ptr<arrow::Scalar> StatsJsonToScalar(const simdjson::dom::element& value,
                                                 const std::shared_ptr<arrow::DataType>& type, bool is_max);

// The smallest text of at most `max_code_points` above every text that starts with
// the first `max_code_points` of `text`; nullopt when there is none or it is no UTF-8.
std::optional<std::string> TextAbove(std::string_view text, int max_code_points);

constexpr int kStatsTextLength = 32;  // code points

}  // namespace pixlake::delta
