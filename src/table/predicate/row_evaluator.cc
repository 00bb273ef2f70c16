#include "table/predicate/row_evaluator.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pixlake::table {
namespace {

// Three-valued logic as numbers, so that AND is the lesser and OR the greater of two.
enum Truth : uint8_t { kNo = 0, kNull = 1, kYes = 2 };
using Truths = std::vector<uint8_t>;

Truth TruthOf(bool value) {
  return value ? kYes : kNo;
}

// A value that is equal to none of a list.
Truth TruthOfMiss(const BoundTest& test) {
  return test.null_in_list ? kNull : kNo;
}

// What an order of the row's value and the literal means to an operator.
struct Meaning {
  Truth less;
  Truth equal;
  Truth greater;

  Truth Of(int order) const { return order < 0 ? less : (order > 0 ? greater : equal); }
};

Meaning MeaningOf(CompareOp op) {
  switch (op) {
    case CompareOp::kNe:
      return {kYes, kNo, kYes};
    case CompareOp::kLt:
      return {kYes, kNo, kNo};
    case CompareOp::kLe:
      return {kYes, kYes, kNo};
    case CompareOp::kGt:
      return {kNo, kNo, kYes};
    case CompareOp::kGe:
      return {kNo, kYes, kYes};
    default:
      return {kNo, kYes, kNo};
  }
}

// Calls set(row, value) for the rows that are not null.
template <typename ArrayType, typename Set>
void VisitValues(const arrow::Array& array, Set set) {
  const auto& typed = static_cast<const ArrayType&>(array);
  if (typed.null_count() == 0) {
    for (int64_t row = 0; row < typed.length(); ++row) set(row, typed.GetView(row));
    return;
  }
  for (int64_t row = 0; row < typed.length(); ++row) {
    if (typed.IsValid(row)) set(row, typed.GetView(row));
  }
}

// Whole numbers of a type, against a literal that may lie outside of it.
template <typename ArrayType>
void CompareSteps(const arrow::Array& array, const OrderedValue& literal, const Meaning& meaning,
                  Truths* out) {
  using Value = decltype(static_cast<const ArrayType&>(array).GetView(0));
  // Between two steps: above the lower one.
  const Meaning at = literal.exact ? meaning : Meaning{meaning.less, meaning.less, meaning.greater};
  const auto fixed = [&](Truth truth) {
    VisitValues<ArrayType>(array, [&](int64_t row, Value) { (*out)[static_cast<size_t>(row)] = truth; });
  };
  if (literal.steps < static_cast<Int128>(std::numeric_limits<Value>::min())) return fixed(at.greater);
  if (literal.steps > static_cast<Int128>(std::numeric_limits<Value>::max())) return fixed(at.less);
  const auto step = static_cast<Value>(literal.steps);
  VisitValues<ArrayType>(array, [&](int64_t row, Value value) {
    (*out)[static_cast<size_t>(row)] = value < step ? at.less : (step < value ? at.greater : at.equal);
  });
}

void CompareTruthValues(const arrow::Array& array, const OrderedValue& literal, const Meaning& meaning,
                        Truths* out) {
  VisitValues<arrow::BooleanArray>(array, [&](int64_t row, bool value) {
    const Int128 steps = value ? 1 : 0;
    (*out)[static_cast<size_t>(row)] =
        meaning.Of(steps < literal.steps ? -1 : (steps > literal.steps ? 1 : 0));
  });
}

void CompareDecimals(const arrow::Array& array, const OrderedValue& literal, const Meaning& meaning,
                     Truths* out) {
  const Meaning at = literal.exact ? meaning : Meaning{meaning.less, meaning.less, meaning.greater};
  VisitValues<arrow::Decimal128Array>(array, [&](int64_t row, std::string_view bytes) {
    const arrow::Decimal128 decimal(reinterpret_cast<const uint8_t*>(bytes.data()));
    const Int128 steps =
        (static_cast<Int128>(decimal.high_bits()) << 64) | static_cast<Int128>(decimal.low_bits());
    (*out)[static_cast<size_t>(row)] = at.Of(steps < literal.steps ? -1 : (steps > literal.steps ? 1 : 0));
  });
}

template <typename ArrayType>
void CompareFloats(const arrow::Array& array, const OrderedValue& literal, const Meaning& meaning,
                   Truths* out) {
  VisitValues<ArrayType>(array, [&](int64_t row, double value) {
    (*out)[static_cast<size_t>(row)] = meaning.Of(OrderFloats(value, literal.number));
  });
}

template <typename ArrayType>
void CompareBytes(const arrow::Array& array, const OrderedValue& literal, CompareOp op, Truths* out) {
  if (op == CompareOp::kStartsWith || op == CompareOp::kNotStartsWith) {
    const bool wanted = op == CompareOp::kStartsWith;
    return VisitValues<ArrayType>(array, [&](int64_t row, std::string_view value) {
      (*out)[static_cast<size_t>(row)] = TruthOf(value.starts_with(literal.bytes) == wanted);
    });
  }
  const Meaning meaning = MeaningOf(op);
  VisitValues<ArrayType>(array, [&](int64_t row, std::string_view value) {
    (*out)[static_cast<size_t>(row)] = meaning.Of(value.compare(literal.bytes));
  });
}

// Compares each value with the literal; false for arrays of a type that this cannot. Nulls stay
// what they are in `out`.
bool CompareValues(const arrow::Array& array, const OrderedValue& literal, CompareOp op, Truths* out) {
  const Meaning meaning = MeaningOf(op);
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      CompareTruthValues(array, literal, meaning, out);
      return true;
    case arrow::Type::INT8:
      CompareSteps<arrow::Int8Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::INT16:
      CompareSteps<arrow::Int16Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::INT32:
      CompareSteps<arrow::Int32Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::INT64:
      CompareSteps<arrow::Int64Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::UINT8:
      CompareSteps<arrow::UInt8Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::UINT16:
      CompareSteps<arrow::UInt16Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::UINT32:
      CompareSteps<arrow::UInt32Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::UINT64:
      CompareSteps<arrow::UInt64Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::DATE32:
      CompareSteps<arrow::Date32Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::DATE64:
      CompareSteps<arrow::Date64Array>(array, literal, meaning, out);
      return true;
    case arrow::Type::TIMESTAMP:
      CompareSteps<arrow::TimestampArray>(array, literal, meaning, out);
      return true;
    case arrow::Type::DECIMAL128:
      CompareDecimals(array, literal, meaning, out);
      return true;
    case arrow::Type::FLOAT:
      CompareFloats<arrow::FloatArray>(array, literal, meaning, out);
      return true;
    case arrow::Type::DOUBLE:
      CompareFloats<arrow::DoubleArray>(array, literal, meaning, out);
      return true;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      CompareBytes<arrow::BinaryArray>(array, literal, op, out);
      return true;
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      CompareBytes<arrow::LargeBinaryArray>(array, literal, op, out);
      return true;
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      CompareBytes<arrow::BinaryViewArray>(array, literal, op, out);
      return true;
    case arrow::Type::FIXED_SIZE_BINARY:
      CompareBytes<arrow::FixedSizeBinaryArray>(array, literal, op, out);
      return true;
    default:
      return false;
  }
}

template <typename Choose>
Truths Merged(Truths a, const Truths& b, Choose choose) {
  for (size_t i = 0; i < a.size(); ++i) a[i] = choose(a[i], b[i]);
  return a;
}

class Evaluation {
 public:
  Evaluation(const BoundPredicate& predicate, const arrow::RecordBatch& batch)
      : predicate_(predicate), batch_(batch), rows_(static_cast<size_t>(batch.num_rows())) {}

  Truths Run() {
    const BoundPredicate::Constants<Truths> constants{Truths(rows_, kYes), Truths(rows_, kNo),
                                                      Truths(rows_, kNull)};
    const auto lesser = [](uint8_t a, uint8_t b) { return std::min(a, b); };
    const auto greater = [](uint8_t a, uint8_t b) { return std::max(a, b); };
    return predicate_.Fold<Truths>(
        constants, [&](size_t i) { return Test(predicate_.tests()[i]); },
        [&](Truths a, const Truths& b) { return Merged(std::move(a), b, lesser); },
        [&](Truths a, const Truths& b) { return Merged(std::move(a), b, greater); });
  }

  // The column of a test that could not be evaluated; null: all were.
  const BoundTest* missed() const { return missed_; }

 private:
  Truths Test(const BoundTest& test) {
    const std::shared_ptr<arrow::Array> column = Column(test);
    Truths out(rows_, kNull);
    if (column == nullptr || !Evaluate(test, *column, &out)) {
      missed_ = &test;
      out.assign(rows_, kYes);
    }
    return out;
  }

  // What the path leads to, null where a struct above it is null.
  std::shared_ptr<arrow::Array> Column(const BoundTest& test) const {
    std::shared_ptr<arrow::Array> column = batch_.GetColumnByName(test.column[0]);
    for (size_t depth = 1; column != nullptr && depth < test.column.size(); ++depth) {
      if (column->type_id() != arrow::Type::STRUCT) return nullptr;
      const int child =
          static_cast<const arrow::StructType&>(*column->type()).GetFieldIndex(test.column[depth]);
      if (child < 0) return nullptr;
      column = static_cast<const arrow::StructArray&>(*column).GetFlattenedField(child).ValueOr(nullptr);
    }
    return column;
  }

  bool Evaluate(const BoundTest& test, const arrow::Array& column, Truths* out) const {
    const bool is_null = test.op == CompareOp::kIsNull;
    if (is_null || test.op == CompareOp::kIsNotNull) {
      for (size_t row = 0; row < rows_; ++row)
        (*out)[row] = TruthOf(column.IsNull(static_cast<int64_t>(row)) == is_null);
      return true;
    }
    if (!column.type()->Equals(*test.type)) return false;
    const bool in = test.op == CompareOp::kIn;
    if (!in && test.op != CompareOp::kNotIn) return CompareValues(column, test.values[0], test.op, out);
    return EvaluateList(test, column, in, out);
  }

  // Unequal to all values is null where one of them is.
  bool EvaluateList(const BoundTest& test, const arrow::Array& column, bool in, Truths* out) const {
    Truths any(rows_, kNull);
    for (size_t row = 0; row < rows_; ++row) {
      if (column.IsValid(static_cast<int64_t>(row))) any[row] = TruthOfMiss(test);
    }
    for (const OrderedValue& value : test.values) {
      Truths one(rows_, kNull);
      if (!CompareValues(column, value, CompareOp::kEq, &one)) return false;
      for (size_t row = 0; row < rows_; ++row)
        any[row] = std::max(any[row], one[row] == kYes ? one[row] : any[row]);
    }
    // Mirrored, NOT IN is IN.
    for (size_t row = 0; row < rows_; ++row)
      (*out)[row] = in ? any[row] : static_cast<uint8_t>(uint8_t{kYes} - any[row]);
    return true;
  }

  const BoundPredicate& predicate_;
  const arrow::RecordBatch& batch_;
  const size_t rows_;
  const BoundTest* missed_ = nullptr;
};

}  // namespace

Result<std::shared_ptr<arrow::BooleanArray>> EvaluateRows(const BoundPredicate& predicate,
                                                          const arrow::RecordBatch& batch) {
  if (!predicate.is_exact())
    return Error(ErrorCode::kUnsupported,
                 "rows cannot be filtered by a condition that is only known in part");
  Evaluation evaluation(predicate, batch);
  const Truths truths = evaluation.Run();
  if (evaluation.missed() != nullptr) {
    const BoundTest& test = *evaluation.missed();
    return Error(ErrorCode::kInternal, fmt::format("there is no column {} of type {} to filter by",
                                                   fmt::join(test.column, "."), test.type->ToString()));
  }
  arrow::BooleanBuilder builder;
  PL_RETURN_NOT_OK(builder.Reserve(batch.num_rows()));
  for (const uint8_t truth : truths) {
    if (truth == kNull) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(truth == kYes);
    }
  }
  std::shared_ptr<arrow::BooleanArray> out;
  PL_RETURN_NOT_OK(builder.Finish(&out));
  return out;
}

std::vector<bool> MayMatchRows(const BoundPredicate& predicate, const arrow::RecordBatch& batch) {
  const Truths truths = Evaluation(predicate, batch).Run();
  std::vector<bool> keep(truths.size());
  for (size_t row = 0; row < truths.size(); ++row) keep[row] = truths[row] == kYes;
  return keep;
}

}  // namespace pixlake::table
