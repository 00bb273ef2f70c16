#include "table/compatibility.h"

#include <algorithm>
#include <cctype>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pixlake::table {
namespace {

using arrow::Type;

bool SameName(const std::string& left, const std::string& right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
         });
}

int DigitsOf(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::INT8:
      return 3;
    case Type::INT16:
      return 5;
    case Type::INT32:
      return 10;
    case Type::INT64:
      return 20;
    default:
      return 0;
  }
}

// Every value of `narrow` is one of `wide`: Delta's type widening.
bool Widens(const arrow::DataType& narrow, const arrow::DataType& wide) {
  const int from = DigitsOf(narrow), to = DigitsOf(wide);
  if (from > 0 && to > 0) return from < to;
  if (wide.id() == Type::DOUBLE) return narrow.id() == Type::FLOAT || (from > 0 && from <= 10);
  if (arrow::is_decimal(wide.id())) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(wide);
    if (from > 0) return decimal.precision() - decimal.scale() >= from;
    if (!arrow::is_decimal(narrow.id())) return false;
    const auto& less = static_cast<const arrow::DecimalType&>(narrow);
    return decimal.scale() >= less.scale() &&
           decimal.precision() - decimal.scale() >= less.precision() - less.scale();
  }
  if (narrow.id() == Type::DATE32 && wide.id() == Type::TIMESTAMP)
    return static_cast<const arrow::TimestampType&>(wide).timezone().empty();
  return false;
}

class ColumnChanges {
 public:
  SchemaCompatibility Take() { return std::move(out_); }

  void Fields(const std::string& path, const arrow::FieldVector& before, const arrow::FieldVector& after) {
    const auto find = [](const arrow::FieldVector& fields, const std::string& name) -> const arrow::Field* {
      const auto found = std::find_if(fields.begin(), fields.end(),
                                      [&](const auto& field) { return SameName(field->name(), name); });
      return found == fields.end() ? nullptr : found->get();
    };
    for (const auto& field : before) {
      const arrow::Field* const now = find(after, field->name());
      if (now != nullptr) {
        Field(path + field->name(), *field, *now);
      } else if (!field->nullable()) {
        Forward(fmt::format("`{}` is gone, and was never null", path + field->name()));
      }
    }
    for (const auto& field : after) {
      if (find(before, field->name()) == nullptr && !field->nullable())
        Backward(fmt::format("`{}` is new, and may not be null", path + field->name()));
    }
  }

 private:
  void Backward(std::string what) { out_.breaks_backward.push_back(std::move(what)); }
  void Forward(std::string what) { out_.breaks_forward.push_back(std::move(what)); }

  void Field(const std::string& path, const arrow::Field& before, const arrow::Field& after) {
    if (before.nullable() && !after.nullable()) Backward(fmt::format("`{}` may no longer be null", path));
    if (!before.nullable() && after.nullable()) Forward(fmt::format("`{}` may be null now", path));
    Types(path, *before.type(), *after.type());
  }

  void Types(const std::string& path, const arrow::DataType& before, const arrow::DataType& after) {
    if (before.id() == after.id() && before.id() == Type::STRUCT)
      return Fields(path + ".", before.fields(), after.fields());
    if (before.id() == after.id() && (before.id() == Type::LIST || before.id() == Type::MAP)) {
      for (int i = 0; i < before.num_fields(); ++i)
        Types(path + (before.id() == Type::LIST ? ".element"
                      : i == 0                  ? ".key"
                                                : ".value"),
              *before.field(i)->type(), *after.field(i)->type());
      return;
    }
    if (before.Equals(after)) return;
    const std::string what = fmt::format("`{}` is {} and was {}", path, after.ToString(), before.ToString());
    if (!Widens(before, after)) Backward(what);
    if (!Widens(after, before)) Forward(what);
  }

  SchemaCompatibility out_;
};

}  // namespace

std::string_view SchemaCompatibility::rule() const {
  if (breaks_backward.empty() && breaks_forward.empty()) return "full";
  if (breaks_backward.empty()) return "backward";
  return breaks_forward.empty() ? "forward" : "none";
}

SchemaCompatibility CompareSchemas(const arrow::Schema& before, const arrow::Schema& after) {
  ColumnChanges comparison;
  comparison.Fields("", before.fields(), after.fields());
  return comparison.Take();
}

Status CheckCompatibilityRule(std::string_view rule) {
  if (rule == "backward" || rule == "forward" || rule == "full" || rule == "none") return Status::OK();
  return Error(ErrorCode::kUsage,
               fmt::format("{} is '{}'; expected backward, forward, full or none", kCompatibilityKey, rule));
}

Status CheckCompatible(std::string_view rule, const SchemaCompatibility& compatibility) {
  std::vector<std::string> breaks;
  if (rule == "backward" || rule == "full") breaks = compatibility.breaks_backward;
  if (rule == "forward" || rule == "full") {
    for (const std::string& what : compatibility.breaks_forward) {
      if (std::find(breaks.begin(), breaks.end(), what) == breaks.end()) breaks.push_back(what);
    }
  }
  if (breaks.empty()) return Status::OK();
  return Error(
      ErrorCode::kSchemaMismatch,
      fmt::format("the table's columns change by the rule `{}` alone ({}): {}. Change the rule first, if it "
                  "is to be so",
                  rule, kCompatibilityKey, fmt::join(breaks, "; ")));
}

}  // namespace pixlake::table
