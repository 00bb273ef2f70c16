// DuckDB's types that Arrow has no name for, or one that loses their values.
#pragma once

#include <optional>
#include <string>

#include <duckdb.h>

namespace pixlake::query {

// What a column of a result is cast to before it leaves as Arrow data.
struct PlainType {
  std::string sql;   // "VARCHAR", "STRUCT(""a"" FLOAT[])"
  std::string kind;  // of what it was, where more must be known: kNumberKind or kVariantKind
};

// The key of a field's metadata with PlainType::kind, and its values.
inline constexpr char kKindKey[] = "pixlake:kind";
inline constexpr char kNumberKind[] = "number";    // digits that are a number, of any length
inline constexpr char kVariantKind[] = "variant";  // text of a VARIANT: no file has it

// nullopt where Arrow has the type. UHUGEINT, BIGNUM, BIT, TIMETZ, ENUM and VARIANT become
// text, arrays of a fixed size lists, within lists, maps and structs, too.
std::optional<PlainType> PlainTypeOf(duckdb_logical_type type);

}  // namespace pixlake::query
