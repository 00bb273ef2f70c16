#include "table/predicate/predicate.h"

#include <algorithm>
#include <array>
#include <utility>

#include <arrow/scalar.h>

namespace pixlake::table {
namespace {

struct Operator {
  CompareOp op;
  CompareOp negated;
  const char* text;
};

constexpr std::array kOperators = {
    Operator{CompareOp::kEq, CompareOp::kNe, "="},
    Operator{CompareOp::kNe, CompareOp::kEq, "<>"},
    Operator{CompareOp::kLt, CompareOp::kGe, "<"},
    Operator{CompareOp::kLe, CompareOp::kGt, "<="},
    Operator{CompareOp::kGt, CompareOp::kLe, ">"},
    Operator{CompareOp::kGe, CompareOp::kLt, ">="},
    Operator{CompareOp::kIn, CompareOp::kNotIn, "IN"},
    Operator{CompareOp::kNotIn, CompareOp::kIn, "NOT IN"},
    Operator{CompareOp::kStartsWith, CompareOp::kNotStartsWith, "STARTS WITH"},
    Operator{CompareOp::kNotStartsWith, CompareOp::kStartsWith, "NOT STARTS WITH"},
    Operator{CompareOp::kIsNull, CompareOp::kIsNotNull, "IS NULL"},
    Operator{CompareOp::kIsNotNull, CompareOp::kIsNull, "IS NOT NULL"},
};

const Operator& OperatorOf(CompareOp op) {
  return *std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& one) { return one.op == op; });
}

Predicate Group(Predicate::Kind kind, std::vector<Predicate> parts) {
  Predicate group;
  group.kind = kind;
  for (Predicate& part : parts) {
    if (part.kind == kind) {
      std::move(part.parts.begin(), part.parts.end(), std::back_inserter(group.parts));
    } else {
      group.parts.push_back(std::move(part));
    }
  }
  if (group.parts.size() == 1) {
    Predicate only = std::move(group.parts[0]);
    return only;
  }
  return group;
}

std::string TextOf(const Comparison& comparison) {
  std::string text;
  for (const std::string& name : comparison.column) text += (text.empty() ? "" : ".") + name;
  text += std::string(" ") + OperatorOf(comparison.op).text;
  const bool list = comparison.op == CompareOp::kIn || comparison.op == CompareOp::kNotIn;
  std::string values;
  for (const auto& value : comparison.values)
    values += (values.empty() ? "" : ", ") + (value == nullptr ? "NULL" : value->ToString());
  if (list) return text + " (" + values + ")";
  return values.empty() ? text : text + " " + values;
}

}  // namespace

CompareOp Negated(CompareOp op) {
  return OperatorOf(op).negated;
}

Predicate Compare(std::vector<std::string> column, CompareOp op,
                  std::vector<std::shared_ptr<arrow::Scalar>> values) {
  Predicate one;
  one.kind = Predicate::Kind::kComparison;
  one.comparison = {std::move(column), op, std::move(values)};
  return one;
}

Predicate And(std::vector<Predicate> parts) {
  return Group(Predicate::Kind::kAnd, std::move(parts));
}

Predicate Or(std::vector<Predicate> parts) {
  return Group(Predicate::Kind::kOr, std::move(parts));
}

Predicate Not(Predicate part) {
  if (part.kind == Predicate::Kind::kUnknown) return part;
  Predicate negated;
  negated.kind = Predicate::Kind::kNot;
  negated.parts.push_back(std::move(part));
  return negated;
}

Predicate Unknown() {
  Predicate unknown;
  unknown.kind = Predicate::Kind::kUnknown;
  return unknown;
}

std::string ToString(const Predicate& predicate) {
  switch (predicate.kind) {
    case Predicate::Kind::kComparison:
      return TextOf(predicate.comparison);
    case Predicate::Kind::kUnknown:
      return "?";
    case Predicate::Kind::kNot:
      return "NOT " + ToString(predicate.parts[0]);
    default:
      break;
  }
  const bool all = predicate.kind == Predicate::Kind::kAnd;
  if (predicate.parts.empty()) return all ? "TRUE" : "FALSE";
  std::string text;
  for (const Predicate& part : predicate.parts)
    text += (text.empty() ? "(" : all ? " AND " : " OR ") + ToString(part);
  return text + ")";
}

}  // namespace pixlake::table
