#include <arrow/api.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "delta/action/shallow_json_internal.h"
#include "delta/schema/schema_fields_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/schema/type_widening_internal.h"

namespace pixlake::delta {
namespace {

constexpr char kTypeChanges[] = "delta.typeChanges";

// Digits in front of the decimal point that hold every value of an integer type.
int IntegerDigits(arrow::Type::type id) {
  return id == arrow::Type::INT64 ? 20 : 10;
}

}  // namespace

// PROTOCOL.md, "Supported Type Changes".
bool Widens(const arrow::DataType& from, const arrow::DataType& to) {
  const bool integer = arrow::is_signed_integer(from.id());
  if (integer && arrow::is_signed_integer(to.id())) return from.bit_width() < to.bit_width();
  if (to.id() == arrow::Type::DOUBLE) {
    return from.id() == arrow::Type::FLOAT || (integer && from.id() != arrow::Type::INT64);
  }
  if (to.id() == arrow::Type::DECIMAL128) {
    const auto& wide = static_cast<const arrow::Decimal128Type&>(to);
    if (integer) return wide.precision() - wide.scale() >= IntegerDigits(from.id());
    if (from.id() != arrow::Type::DECIMAL128) return false;
    const auto& narrow = static_cast<const arrow::Decimal128Type&>(from);
    const int more_scale = wide.scale() - narrow.scale();
    return !from.Equals(to) && more_scale >= 0 && wide.precision() - narrow.precision() >= more_scale;
  }
  return from.id() == arrow::Type::DATE32 && to.id() == arrow::Type::TIMESTAMP &&
         static_cast<const arrow::TimestampType&>(to).timezone().empty();
}

Result<std::shared_ptr<arrow::Field>> WidenField(const std::shared_ptr<arrow::Field>& field,
                                                 const std::shared_ptr<arrow::DataType>& type) {
  if (!Widens(*field->type(), *type)) {
    return Error(ErrorCode::kUsage, fmt::format("column `{}` cannot become {}: {} does not widen to it",
                                                field->name(), type->ToString(), field->type()->ToString()));
  }
  PL_ASSIGN_OR_RETURN(const std::string from, NameOfPrimitive(*field->type()));
  PL_ASSIGN_OR_RETURN(const std::string to, NameOfPrimitive(*type));
  auto changes = ParseShallow<nlohmann::json>(FieldText(*field, kTypeChanges));
  if (!changes.is_array()) changes = nlohmann::json::array();
  changes.push_back({{"fromType", from}, {"toType", to}});
  return WithFieldText(field->WithType(type), kTypeChanges, changes.dump());
}

}  // namespace pixlake::delta
