#include "table/predicate/bound_predicate.h"

#include <optional>

#include <arrow/scalar.h>
#include <arrow/type.h>

namespace pixlake::table {
namespace {

bool IsKnown(const std::shared_ptr<arrow::Scalar>& value) {
  return value != nullptr && value->is_valid;
}

// Where a column is; false when the schema has none of that name.
bool FindPlace(const std::vector<std::string>& column, const arrow::Schema& schema, BoundTest* test) {
  const arrow::FieldVector* fields = &schema.fields();
  for (const std::string& name : column) {
    if (test->type != nullptr && test->type->id() != arrow::Type::STRUCT) return false;
    const auto found = std::find_if(fields->begin(), fields->end(),
                                    [&](const auto& field) { return field->name() == name; });
    if (found == fields->end()) return false;
    test->path.push_back(static_cast<int>(found - fields->begin()));
    test->type = (*found)->type();
    fields = &test->type->fields();
  }
  test->column = column;
  return !column.empty();
}

// The literal in the column's terms; nullopt when it is not that for sure.
std::optional<OrderedValue> LiteralOf(const arrow::DataType& type, const arrow::Scalar& literal) {
  std::optional<OrderedValue> value = InTermsOf(type, literal);
  // Some engines compare a FLOAT as such, others as a double.
  if (value && type.id() == arrow::Type::FLOAT && !IsFloat32(value->number)) return std::nullopt;
  return value;
}

}  // namespace

class BoundPredicate::Binder {
 public:
  Binder(const arrow::Schema& schema, State* state) : schema_(schema), state_(state) {}

  Node Bind(const Predicate& predicate, bool negated) {
    switch (predicate.kind) {
      case Predicate::Kind::kNot:
        if (predicate.parts.size() != 1) return UnknownNode();
        return Bind(predicate.parts[0], !negated);
      case Predicate::Kind::kComparison:
        return Leaf(predicate.comparison, negated);
      case Predicate::Kind::kUnknown:
        return UnknownNode();
      case Predicate::Kind::kAnd:
      case Predicate::Kind::kOr:
        break;
    }
    const bool all = (predicate.kind == Predicate::Kind::kAnd) != negated;
    Node group;
    group.kind = all ? Node::Kind::kAnd : Node::Kind::kOr;
    bool unknown = false;
    for (const Predicate& part : predicate.parts) {
      Node node = Bind(part, negated);
      if (node.kind == Node::Kind::kUnknown) {
        unknown = true;
      } else if (node.kind != (all ? Node::Kind::kTrue : Node::Kind::kFalse)) {
        group.parts.push_back(std::move(node));
      }
    }
    // Beside AND the unknown leaves more rows possible than the others do; beside OR all.
    if (unknown && (!all || group.parts.empty())) return Constant(Node::Kind::kUnknown);
    if (group.parts.empty()) return Constant(all ? Node::Kind::kTrue : Node::Kind::kFalse);
    if (group.parts.size() > 1) return group;
    Node only = std::move(group.parts[0]);
    return only;
  }

 private:
  static Node Constant(Node::Kind kind) {
    Node node;
    node.kind = kind;
    return node;
  }

  Node UnknownNode() {
    state_->exact = false;
    return Constant(Node::Kind::kUnknown);
  }

  Node Test(BoundTest test) {
    Node node;
    node.kind = Node::Kind::kTest;
    node.test = state_->tests.size();
    state_->tests.push_back(std::move(test));
    return node;
  }

  Node Leaf(const Comparison& comparison, bool negated) {
    BoundTest test;
    test.op = negated ? Negated(comparison.op) : comparison.op;
    if (!FindPlace(comparison.column, schema_, &test)) return UnknownNode();
    switch (test.op) {
      case CompareOp::kIsNull:
      case CompareOp::kIsNotNull:
        return Test(std::move(test));
      case CompareOp::kIn:
      case CompareOp::kNotIn:
        return List(comparison, std::move(test));
      default:
        break;
    }
    if (comparison.values.size() != 1) return UnknownNode();
    if (!IsKnown(comparison.values[0])) return Constant(Node::Kind::kNull);
    const std::optional<OrderedValue> value = LiteralOf(*test.type, *comparison.values[0]);
    const bool prefix = test.op == CompareOp::kStartsWith || test.op == CompareOp::kNotStartsWith;
    if (!value || (prefix && value->kind != OrderedValue::Kind::kBytes)) return UnknownNode();
    test.values.push_back(*value);
    test.literals = comparison.values;
    return Test(std::move(test));
  }

  Node List(const Comparison& comparison, BoundTest test) {
    for (const auto& literal : comparison.values) {
      if (!IsKnown(literal)) {
        test.null_in_list = true;
        continue;
      }
      const std::optional<OrderedValue> value = LiteralOf(*test.type, *literal);
      if (!value) return UnknownNode();
      test.values.push_back(*value);
      test.literals.push_back(literal);
    }
    return Test(std::move(test));
  }

  const arrow::Schema& schema_;
  State* state_;
};

BoundPredicate BoundPredicate::Bind(const Predicate& predicate, const arrow::Schema& schema) {
  BoundPredicate bound;
  if (predicate.is_every_row()) return bound;
  auto state = std::make_shared<State>();
  state->root = Binder(schema, state.get()).Bind(predicate, false);
  bound.state_ = std::move(state);
  return bound;
}

const std::vector<BoundTest>& BoundPredicate::tests() const {
  static const std::vector<BoundTest> kNone;
  return state_ == nullptr ? kNone : state_->tests;
}

}  // namespace pixlake::table
