// Which types Spark's CAST names, and which casts give the same value in DuckDB.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

namespace pixlake::query {

enum class SparkKind { kInteger, kDecimal, kFloating, kText, kBytes, kBoolean, kDate, kTimestamp, kOther };

SparkKind KindOf(const arrow::DataType& type);

struct SparkTypeName {
  std::string_view duckdb;  // "BIGINT"; a decimal's digits follow
  SparkKind kind;
};

// By its name in lower case; nullopt for those that are not cast to.
std::optional<SparkTypeName> FindSparkType(std::string_view name);

// True when every value becomes the same, or fails, in both. Spark cuts a fraction off
// where DuckDB rounds, and each has its own texts for fractions, times and bytes.
bool CastsAlike(SparkKind from, SparkKind to);

}  // namespace pixlake::query
