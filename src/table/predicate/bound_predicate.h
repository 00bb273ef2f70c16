// A predicate tied to a schema: names are places, literals are of the columns' types.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "table/predicate/ordered_value.h"
#include "table/predicate/predicate.h"

namespace pixlake::table {

// A comparison that was understood. Negation is in its operator.
struct BoundTest {
  std::vector<int> path;            // positions: of the field, then of children of structs
  std::vector<std::string> column;  // the same by name
  std::shared_ptr<arrow::DataType> type;
  CompareOp op = CompareOp::kEq;
  std::vector<OrderedValue> values;  // none of them null
  bool null_in_list = false;         // of kIn and kNotIn: unequal to all values is null then
  std::vector<std::shared_ptr<arrow::Scalar>> literals;  // what `values` was made of
};

// Tests under AND and OR alone, NOT having been moved into them (SQL's three-valued logic
// allows that without loss). What could not be bound exactly is unknown, and so is what an
// evaluator knows nothing of: it may be true. Immutable, cheap to copy, thread-safe.
class BoundPredicate {
 public:
  // Every row.
  BoundPredicate() = default;

  // Names in their own case. Unknown become: columns that the schema does not have, literals
  // that are no value of the column's type nor comparable to them without loss.
  static BoundPredicate Bind(const Predicate& predicate, const arrow::Schema& schema);

  // No row can be told from another.
  bool is_every_row() const { return state_ == nullptr || state_->root.kind == Node::Kind::kUnknown; }
  // Nothing is unknown, so that rows can be filtered by it.
  bool is_exact() const { return state_ == nullptr || state_->exact; }
  const std::vector<BoundTest>& tests() const;

  // Whether it can be true where test `i` can be true iff `may(i)`, which is asked in order
  // and no longer than needed.
  template <typename May>
  bool MayMatch(May may) const {
    return state_ == nullptr || MayMatch(state_->root, may);
  }

  // What the tree is where its leaves are not tests.
  template <typename T>
  struct Constants {
    T yes;      // true for every row; what is unknown is taken for it
    T no;       // for none
    T neither;  // null for every row
  };

  // The value of the tree: `test(i)` for a test, put together by `both` and `either`.
  template <typename T, typename Test, typename Both, typename Either>
  T Fold(const Constants<T>& constants, Test test, Both both, Either either) const {
    if (state_ == nullptr) return constants.yes;
    return Fold<T>(state_->root, constants, test, both, either);
  }

 private:
  struct Node {
    enum class Kind { kTest, kUnknown, kTrue, kFalse, kNull, kAnd, kOr };
    Kind kind = Kind::kUnknown;
    size_t test = 0;
    std::vector<Node> parts;  // of kAnd and kOr: at least one
  };
  struct State {
    Node root;
    std::vector<BoundTest> tests;
    bool exact = true;
  };
  class Binder;

  template <typename May>
  static bool MayMatch(const Node& node, May& may) {
    const auto matches = [&](const Node& part) { return MayMatch(part, may); };
    switch (node.kind) {
      case Node::Kind::kTest:
        return may(node.test);
      case Node::Kind::kAnd:
        return std::all_of(node.parts.begin(), node.parts.end(), matches);
      case Node::Kind::kOr:
        return std::any_of(node.parts.begin(), node.parts.end(), matches);
      case Node::Kind::kFalse:
      case Node::Kind::kNull:
        return false;
      case Node::Kind::kTrue:
      case Node::Kind::kUnknown:
        break;
    }
    return true;
  }

  template <typename T, typename Test, typename Both, typename Either>
  static T Fold(const Node& node, const Constants<T>& constants, Test& test, Both& both, Either& either) {
    switch (node.kind) {
      case Node::Kind::kTest:
        return test(node.test);
      case Node::Kind::kUnknown:
      case Node::Kind::kTrue:
        return constants.yes;
      case Node::Kind::kFalse:
        return constants.no;
      case Node::Kind::kNull:
        return constants.neither;
      case Node::Kind::kAnd:
      case Node::Kind::kOr:
        break;
    }
    T value = Fold<T>(node.parts[0], constants, test, both, either);
    for (size_t i = 1; i < node.parts.size(); ++i) {
      T part = Fold<T>(node.parts[i], constants, test, both, either);
      value = node.kind == Node::Kind::kAnd ? both(std::move(value), std::move(part))
                                            : either(std::move(value), std::move(part));
    }
    return value;
  }

  std::shared_ptr<const State> state_;  // null: every row
};

}  // namespace pixlake::table
