// Conditions on rows, as a tree over columns by name: what a scan asks for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

namespace pixlake::table {

enum class CompareOp {
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kIn,
  kNotIn,
  kStartsWith,  // LIKE 'abc%'
  kNotStartsWith,
  kIsNull,
  kIsNotNull
};

// The operator that is true where the other is false, and null where it is null.
CompareOp Negated(CompareOp op);

// A column against literals, with SQL's meaning: beside a null all but the null tests are
// null. Floats are ordered wholly, as DuckDB, Spark and PostgreSQL do: NaN equals itself and is
// above every number, and -0.0 equals 0.0. Texts are ordered by their bytes. A number beside
// a float is that float if it is exactly one.
struct Comparison {
  std::vector<std::string> column;  // leads through structs from the top-level name
  CompareOp op = CompareOp::kEq;
  // One for the binary operators, any number for kIn and kNotIn, none for the null tests.
  std::vector<std::shared_ptr<arrow::Scalar>> values;
};

// The default is every row.
struct Predicate {
  enum class Kind {
    kAnd,         // of `parts`; of none: every row
    kOr,          // of `parts`; of none: no row
    kNot,         // of the one part
    kComparison,  // `comparison`
    kUnknown,     // something we cannot say: true, false or null, and each time anew
  };

  Kind kind = Kind::kAnd;
  std::vector<Predicate> parts;
  Comparison comparison;

  bool is_every_row() const { return kind == Kind::kAnd && parts.empty(); }
};

// What they make is flat: an AND in an AND is one.
Predicate Compare(std::vector<std::string> column, CompareOp op,
                  std::vector<std::shared_ptr<arrow::Scalar>> values = {});
Predicate And(std::vector<Predicate> parts);
Predicate Or(std::vector<Predicate> parts);
Predicate Not(Predicate part);
Predicate Unknown();

// For messages and tests: "(a >= 5 AND NOT b IN (1, 2))".
std::string ToString(const Predicate& predicate);

}  // namespace pixlake::table
