// One change of a table's columns, rules or properties.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/type_fwd.h>

namespace pixlake::table {

// What a field carries besides name, type and nullability, as Arrow field metadata.
inline constexpr char kCommentKey[] = "comment";
inline constexpr char kGeneratedKey[] = "generation_expression";
inline constexpr char kDefaultKey[] = "CURRENT_DEFAULT";

// Leads through structs, and through `element`, `key` and `value` of arrays and maps.
// Names match in any case.
using FieldPath = std::vector<std::string>;

// Where a field comes to stand among its siblings.
struct FieldPosition {
  enum class Place { kLast, kFirst, kAfter };
  Place place = Place::kLast;
  std::string after;
};

struct AddColumn {
  FieldPath parent;  // empty: the table itself
  std::shared_ptr<arrow::Field> field;
  FieldPosition position;
};

struct DropColumn {
  FieldPath path;
  bool if_exists = false;
};

struct RenameColumn {
  FieldPath path;
  std::string name;
};

// What is not set stays.
struct ChangeColumn {
  FieldPath path;
  std::shared_ptr<arrow::DataType> type;
  std::optional<bool> nullable;  // false: the caller has seen that no row is null
  std::optional<std::string> comment;
  std::optional<std::string> default_value;  // "": none any more
  std::optional<FieldPosition> position;
};

struct SetProperties {
  std::map<std::string, std::string> set;
  std::vector<std::string> unset;
};

// The caller has seen that every row fulfils it.
struct AddConstraint {
  std::string name;
  std::string expression;
};

struct DropConstraint {
  std::string name;
  bool if_exists = false;
};

// From now on changes are told to who reads them (table.h, ChangeFeed).
struct KeepChanges {};

using SchemaChange = std::variant<AddColumn, DropColumn, RenameColumn, ChangeColumn, SetProperties,
                                  AddConstraint, DropConstraint, KeepChanges>;

}  // namespace pixlake::table
