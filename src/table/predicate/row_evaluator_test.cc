// Random predicates over random columns: Arrow's compute kernels are the judge of the rows,
// and no range that holds a row which satisfies a predicate may be left out.
#include "table/predicate/row_evaluator.h"

#include <random>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <gtest/gtest.h>

#include "table/predicate/value_range.h"

namespace pixlake::table {
namespace {

using arrow::MakeScalar;
using ScalarPtr = std::shared_ptr<arrow::Scalar>;

ScalarPtr Cents(int64_t unscaled) {
  return std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(unscaled), arrow::decimal128(12, 2));
}

ScalarPtr At(int64_t micros) {
  return std::make_shared<arrow::TimestampScalar>(micros, arrow::timestamp(arrow::TimeUnit::MICRO));
}

const std::shared_ptr<arrow::Schema> kTypes = arrow::schema(
    {arrow::field("small", arrow::int8()), arrow::field("big", arrow::int64()),
     arrow::field("half", arrow::float64()), arrow::field("single", arrow::float32()),
     arrow::field("text", arrow::utf8()), arrow::field("day", arrow::date32()),
     arrow::field("time", arrow::timestamp(arrow::TimeUnit::MICRO)), arrow::field("flag", arrow::boolean()),
     arrow::field("price", arrow::decimal128(12, 2)), arrow::field("bytes", arrow::binary())});

class RandomRows {
 public:
  explicit RandomRows(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) { return random_() % bound; }

  // A value of few, so that rows and literals meet.
  ScalarPtr Value(const arrow::DataType& type) {
    const auto n = static_cast<int64_t>(Below(7)) - 3;
    static const char* kTexts[] = {"", "a", "ab", "abc", "abd", "b", "\xC3\xBC"};
    switch (type.id()) {
      case arrow::Type::INT8:
        return MakeScalar(static_cast<int8_t>(n));
      case arrow::Type::INT64:
        return MakeScalar(n);
      case arrow::Type::DOUBLE:
        return MakeScalar(static_cast<double>(n) / 2);
      case arrow::Type::FLOAT:
        return MakeScalar(static_cast<float>(n) / 2);
      case arrow::Type::STRING:
        return MakeScalar(kTexts[n + 3]);
      case arrow::Type::BINARY:
        return std::make_shared<arrow::BinaryScalar>(std::string(kTexts[n + 3]));
      case arrow::Type::DATE32:
        return std::make_shared<arrow::Date32Scalar>(static_cast<int32_t>(n));
      case arrow::Type::TIMESTAMP:
        return At(n * 1000);
      case arrow::Type::BOOL:
        return MakeScalar(n > 0);
      default:
        return Cents(n * 50);
    }
  }

  std::shared_ptr<arrow::RecordBatch> Batch(int64_t rows) {
    arrow::ArrayVector columns;
    for (const auto& field : kTypes->fields()) {
      std::unique_ptr<arrow::ArrayBuilder> builder;
      EXPECT_TRUE(arrow::MakeBuilder(arrow::default_memory_pool(), field->type(), &builder).ok());
      // Now and then a batch without nulls, and one of nothing else.
      const uint32_t nulls = Below(6);
      for (int64_t row = 0; row < rows; ++row) {
        const bool null = nulls == 5 || (nulls > 1 && Below(4) == 0);
        EXPECT_TRUE((null ? builder->AppendNull() : builder->AppendScalar(*Value(*field->type()))).ok());
      }
      columns.push_back(builder->Finish().ValueOrDie());
    }
    return arrow::RecordBatch::Make(kTypes, rows, std::move(columns));
  }

  Predicate Any(int depth) {
    if (depth > 0 && Below(3) > 0) {
      const uint32_t kind = Below(3);
      if (kind == 0) return Not(Any(depth - 1));
      std::vector<Predicate> parts;
      for (uint32_t i = 0; i < 2 + Below(2); ++i) parts.push_back(Any(depth - 1));
      return kind == 1 ? And(std::move(parts)) : Or(std::move(parts));
    }
    const auto& field = kTypes->field(static_cast<int>(Below(static_cast<uint32_t>(kTypes->num_fields()))));
    const auto op = static_cast<CompareOp>(Below(12));
    std::vector<ScalarPtr> values;
    if (op == CompareOp::kIn || op == CompareOp::kNotIn) {
      for (uint32_t i = 0; i < 1 + Below(3); ++i) values.push_back(Value(*field->type()));
      if (Below(4) == 0) values.push_back(arrow::MakeNullScalar(field->type()));
    } else if (op == CompareOp::kStartsWith || op == CompareOp::kNotStartsWith) {
      return Compare({"text"}, op, {Value(*arrow::utf8())});
    } else if (op != CompareOp::kIsNull && op != CompareOp::kIsNotNull) {
      const bool null = Below(12) == 0;
      values.push_back(null ? arrow::MakeNullScalar(field->type()) : Value(*field->type()));
    }
    return Compare({field->name()}, op, std::move(values));
  }

 private:
  std::mt19937 random_;
};

arrow::Datum Call(const char* function, const std::vector<arrow::Datum>& arguments,
                  const arrow::compute::FunctionOptions* options = nullptr) {
  return arrow::compute::CallFunction(function, arguments, options).ValueOrDie();
}

// By Arrow, with NOT where it stands in the tree.
arrow::Datum Judge(const Predicate& predicate, const arrow::RecordBatch& batch);

arrow::Datum JudgeComparison(const Comparison& comparison, const arrow::RecordBatch& batch) {
  const arrow::Datum column = batch.GetColumnByName(comparison.column[0]);
  const auto compare = [&](const char* function) { return Call(function, {column, comparison.values[0]}); };
  switch (comparison.op) {
    case CompareOp::kEq:
      return compare("equal");
    case CompareOp::kNe:
      return compare("not_equal");
    case CompareOp::kLt:
      return compare("less");
    case CompareOp::kLe:
      return compare("less_equal");
    case CompareOp::kGt:
      return compare("greater");
    case CompareOp::kGe:
      return compare("greater_equal");
    case CompareOp::kIsNull:
      return Call("is_null", {column});
    case CompareOp::kIsNotNull:
      return Call("is_valid", {column});
    case CompareOp::kStartsWith:
    case CompareOp::kNotStartsWith: {
      const arrow::compute::MatchSubstringOptions options(comparison.values[0]->ToString());
      const auto found = Call("starts_with", {column}, &options);
      return comparison.op == CompareOp::kStartsWith ? found : Call("invert", {found});
    }
    default: {
      arrow::Datum any = Call("equal", {column, comparison.values[0]});
      for (size_t i = 1; i < comparison.values.size(); ++i)
        any = Call("or_kleene", {any, Call("equal", {column, comparison.values[i]})});
      return comparison.op == CompareOp::kIn ? any : Call("invert", {any});
    }
  }
}

arrow::Datum Judge(const Predicate& predicate, const arrow::RecordBatch& batch) {
  if (predicate.kind == Predicate::Kind::kComparison) return JudgeComparison(predicate.comparison, batch);
  if (predicate.kind == Predicate::Kind::kNot) return Call("invert", {Judge(predicate.parts[0], batch)});
  const char* function = predicate.kind == Predicate::Kind::kAnd ? "and_kleene" : "or_kleene";
  arrow::Datum all = Judge(predicate.parts[0], batch);
  for (size_t i = 1; i < predicate.parts.size(); ++i)
    all = Call(function, {all, Judge(predicate.parts[i], batch)});
  return all;
}

// The column's own bounds, of which some are kept back and texts cut.
ValueRange RangeOf(const arrow::Array& column, RandomRows* random) {
  ValueRange range;
  range.num_rows = column.length();
  if (random->Below(4) > 0) range.null_count = column.null_count();
  const auto options = arrow::compute::ScalarAggregateOptions::Defaults();
  if (column.null_count() == column.length()) return range;
  const auto bounds = Call("min_max", {arrow::Datum(column.Slice(0))}, &options).scalar();
  const auto& pair = static_cast<const arrow::StructScalar&>(*bounds);
  if (random->Below(4) > 0) range.min = pair.value[0];
  if (random->Below(4) > 0) range.max = pair.value[1];
  if (column.type_id() == arrow::Type::STRING && random->Below(2) == 0) {
    range.loose = true;
    if (range.min != nullptr) range.min = MakeScalar(range.min->ToString().substr(0, 1));
    if (range.max != nullptr) range.max = MakeScalar(range.max->ToString().substr(0, 1) + "\xff");
  }
  return range;
}

class RandomPredicates : public testing::TestWithParam<uint32_t> {};

TEST_P(RandomPredicates, RowsAreWhatArrowSaysAndNoneIsSkipped) {
  ASSERT_TRUE(arrow::compute::Initialize().ok());
  RandomRows random(GetParam());
  int skipped = 0, kept = 0;
  for (int round = 0; round < 400; ++round) {
    const auto batch = random.Batch(1 + random.Below(round % 2 == 0 ? 3 : 40));
    const Predicate predicate = random.Any(3);
    SCOPED_TRACE(ToString(predicate));
    const BoundPredicate bound = BoundPredicate::Bind(predicate, *kTypes);
    ASSERT_TRUE(bound.is_exact());
    const auto expected = Judge(predicate, *batch).make_array();
    const auto found = EvaluateRows(bound, *batch);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_TRUE((*found)->Equals(*expected))
        << (*found)->ToString() << expected->ToString() << batch->ToString();
    const auto& judged = static_cast<const arrow::BooleanArray&>(*expected);
    const std::vector<bool> keep = MayMatchRows(bound, *batch);
    for (int64_t row = 0; row < batch->num_rows(); ++row)
      ASSERT_EQ(keep[static_cast<size_t>(row)], judged.IsValid(row) && judged.Value(row));
    std::vector<ValueRange> ranges;
    for (const auto& column : batch->columns()) ranges.push_back(RangeOf(*column, &random));
    const bool may = bound.MayMatch([&](size_t i) {
      const BoundTest& test = bound.tests()[i];
      return MayMatch(test, ranges[static_cast<size_t>(test.path[0])]);
    });
    ASSERT_TRUE(may || judged.true_count() == 0) << batch->ToString();
    if (judged.true_count() == 0) ++(may ? kept : skipped);
  }
  // Skipping is worth something: of what holds no row much is found out.
  EXPECT_GT(skipped, kept / 3) << skipped << " " << kept;
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPredicates, testing::Range(1u, 9u));

BoundPredicate Bind(const Predicate& predicate) {
  return BoundPredicate::Bind(predicate, *kTypes);
}

TEST(BoundPredicate, WhatCannotBeBoundMayBeAnything) {
  const Predicate known = Compare({"big"}, CompareOp::kEq, {MakeScalar(1)});
  for (const Predicate& unknown :
       {Unknown(), Compare({"nowhere"}, CompareOp::kIsNull),
        Compare({"big"}, CompareOp::kEq, {MakeScalar("1")}), Compare({"big"}, CompareOp::kEq),
        Compare({"single"}, CompareOp::kLt, {MakeScalar(0.1)}),
        Compare({"big"}, CompareOp::kStartsWith, {MakeScalar(int64_t{1})}),
        Compare({"big", "x"}, CompareOp::kIsNull), Compare({}, CompareOp::kIsNull)}) {
    EXPECT_TRUE(Bind(unknown).is_every_row()) << ToString(unknown);
    EXPECT_FALSE(Bind(unknown).is_exact());
    EXPECT_TRUE(Bind(Not(unknown)).is_every_row());
    EXPECT_TRUE(Bind(Or({known, unknown})).is_every_row());
    EXPECT_FALSE(Bind(And({known, unknown})).is_every_row());
    EXPECT_FALSE(Bind(And({known, unknown})).is_exact());
    EXPECT_TRUE(Bind(Not(And({known, unknown}))).is_every_row());
  }
  EXPECT_TRUE(Bind({}).is_every_row());
  EXPECT_TRUE(Bind({}).is_exact());
}

TEST(BoundPredicate, WhatIsNotExactFiltersNoRows) {
  RandomRows random(1);
  const auto batch = random.Batch(3);
  const auto refused = EvaluateRows(Bind(Unknown()), *batch);
  EXPECT_EQ(CodeOf(refused.status()), ErrorCode::kUnsupported);
  EXPECT_EQ(MayMatchRows(Bind(Unknown()), *batch), std::vector<bool>(3, true));
}

TEST(EvaluateRows, FloatsHaveOneOrderNanIncluded) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  arrow::DoubleBuilder values;
  ASSERT_TRUE(values.AppendValues({-0.0, 0.0, 1.5, nan}).ok());
  const auto schema = arrow::schema({arrow::field("x", arrow::float64())});
  const auto batch = arrow::RecordBatch::Make(schema, 4, {values.Finish().ValueOrDie()});
  const auto rows = [&](CompareOp op, double literal) {
    const auto bound = BoundPredicate::Bind(Compare({"x"}, op, {MakeScalar(literal)}), *schema);
    std::string text;
    for (const bool keep : MayMatchRows(bound, *batch)) text += keep ? '1' : '0';
    return text;
  };
  EXPECT_EQ(rows(CompareOp::kEq, 0.0), "1100");
  EXPECT_EQ(rows(CompareOp::kLt, 0.0), "0000");
  EXPECT_EQ(rows(CompareOp::kGt, 1.0), "0011");
  EXPECT_EQ(rows(CompareOp::kEq, nan), "0001");
  EXPECT_EQ(rows(CompareOp::kLt, nan), "1110");
  EXPECT_EQ(rows(CompareOp::kNe, nan), "1110");
}

TEST(EvaluateRows, LiteralsBetweenTwoStepsAndBeyondTheType) {
  arrow::Int8Builder values;
  ASSERT_TRUE(values.AppendValues({-128, 2, 3, 127}).ok());
  const auto schema = arrow::schema({arrow::field("x", arrow::int8())});
  const auto batch = arrow::RecordBatch::Make(schema, 4, {values.Finish().ValueOrDie()});
  const auto rows = [&](CompareOp op, ScalarPtr literal) {
    const auto bound = BoundPredicate::Bind(Compare({"x"}, op, {std::move(literal)}), *schema);
    EXPECT_TRUE(bound.is_exact());
    std::string text;
    for (const bool keep : MayMatchRows(bound, *batch)) text += keep ? '1' : '0';
    return text;
  };
  EXPECT_EQ(rows(CompareOp::kLt, MakeScalar(2.5)), "1100");
  EXPECT_EQ(rows(CompareOp::kGe, Cents(250)), "0011");
  EXPECT_EQ(rows(CompareOp::kEq, MakeScalar(2.5)), "0000");
  EXPECT_EQ(rows(CompareOp::kNotIn, MakeScalar(2.5)), "1111");
  EXPECT_EQ(rows(CompareOp::kGt, MakeScalar(-0.5)), "0111");
  EXPECT_EQ(rows(CompareOp::kLt, MakeScalar(int64_t{1000})), "1111");
  EXPECT_EQ(rows(CompareOp::kEq, MakeScalar(int64_t{1000})), "0000");
  EXPECT_EQ(rows(CompareOp::kGt, MakeScalar(int64_t{-1000})), "1111");
}

TEST(EvaluateRows, FieldsOfStructsAreNullWhereTheStructIs) {
  const auto type = arrow::struct_({arrow::field("x", arrow::int64())});
  arrow::StructBuilder rows(type, arrow::default_memory_pool(), {std::make_shared<arrow::Int64Builder>()});
  auto* x = static_cast<arrow::Int64Builder*>(rows.field_builder(0));
  ASSERT_TRUE((rows.Append().ok() && x->Append(1).ok() && rows.AppendNull().ok() && rows.Append().ok() &&
               x->AppendNull().ok()));
  const auto schema = arrow::schema({arrow::field("s", type)});
  const auto batch = arrow::RecordBatch::Make(schema, 3, {rows.Finish().ValueOrDie()});
  const auto is_null = BoundPredicate::Bind(Compare({"s", "x"}, CompareOp::kIsNull), *schema);
  EXPECT_EQ(MayMatchRows(is_null, *batch), (std::vector<bool>{false, true, true}));
  const auto is_one = BoundPredicate::Bind(Compare({"s", "x"}, CompareOp::kNe, {MakeScalar(1)}), *schema);
  EXPECT_EQ(MayMatchRows(Bind({}), *batch), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(MayMatchRows(is_one, *batch), (std::vector<bool>{false, false, false}));
}

}  // namespace
}  // namespace pixlake::table
