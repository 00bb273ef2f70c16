#include "pipeline/run/step_query.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/sql_text.h"

namespace pixlake::pipeline {
namespace {

std::string ConditionOn(const KeySet* keys, const std::string& column, bool is_text, const Slice& slice) {
  std::string out = keys == nullptr ? "" : keys->Condition(column, is_text);
  if (slice.count == 1) return out;
  out += fmt::format("{}coalesce(hash(CAST({} AS VARCHAR)) % {}, 0) = {}", out.empty() ? "" : " AND ",
                     SqlName(column), slice.count, slice.index);
  return out;
}

}  // namespace

int64_t SlicesFor(int64_t rows, int64_t memory) {
  constexpr int64_t kBytesOfARow = 1500;
  const int64_t share = std::max<int64_t>(memory / 2, 1);
  return std::clamp<int64_t>((rows * kBytesOfARow + share - 1) / share, 1, 1024);
}

std::string StepQuery::Rows(const KeySet* keys, const KernelRows* computed, const Slice& slice) const {
  std::vector<std::string> with;
  for (const OpenInput& open : inputs_) {
    const std::string condition =
        open.key.empty() ? "" : ConditionOn(keys, open.key, open.key_is_text, slice);
    with.push_back(
        fmt::format("{} AS NOT MATERIALIZED ({})", SqlName(open.input->table.name), RowsOf(open, condition)));
  }
  if (computed != nullptr)
    with.push_back(fmt::format("computed AS NOT MATERIALIZED ({})", computed->Select()));
  std::string sql = step_.sql;
  constexpr std::string_view kNow = "{now}";
  const std::string now = fmt::format("CAST({} AS TIMESTAMPTZ)", SqlLiteral(FormatTimestamp(now_us_ / 1000)));
  for (size_t at = 0; !step_.is_own && (at = sql.find(kNow, at)) != std::string::npos; at += now.size())
    sql.replace(at, kNow.size(), now);
  std::string out = fmt::format("WITH {} SELECT * FROM ({}\n) AS made", fmt::join(with, ", "), sql);
  // Of SQL of somebody else nothing is left out: a row of another key is REPLACE WHERE's to refuse.
  if (step_.is_own && computed == nullptr) return out;
  const std::string condition = ConditionOn(keys, step_.key, key_is_text_, slice);
  if (!condition.empty()) out += " WHERE " + condition;
  return out;
}

}  // namespace pixlake::pipeline
