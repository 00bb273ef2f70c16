#include "table/partition/transform.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

namespace pixlake::table {
namespace {

using arrow::Scalar;
using arrow::Type;
using Part = std::shared_ptr<Scalar>;

constexpr int64_t kMicrosOfHour = int64_t{3600} * 1000000;
constexpr int64_t kMicrosOfDay = 24 * kMicrosOfHour;

constexpr std::array<std::pair<Transform, std::string_view>, 8> kNames = {{{Transform::kIdentity, "identity"},
                                                                           {Transform::kBucket, "bucket"},
                                                                           {Transform::kTruncate, "truncate"},
                                                                           {Transform::kYear, "year"},
                                                                           {Transform::kMonth, "month"},
                                                                           {Transform::kDay, "day"},
                                                                           {Transform::kHour, "hour"},
                                                                           {Transform::kVoid, "void"}}};

bool HasWidth(Transform transform) {
  return transform == Transform::kBucket || transform == Transform::kTruncate;
}

int64_t FloorDiv(int64_t value, int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

// Months since 1970-01 of days since 1970-01-01 (the proleptic Gregorian calendar), and back; the year
// begins in March in between, so that the leap day is its last.
int64_t MonthOfDay(int64_t day) {
  const int64_t shifted = day + 719468;
  const int64_t era = FloorDiv(shifted, 146097);
  const int64_t of_era = shifted - era * 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;  // from March
  return (era * 400 + year - 1970) * 12 + month + 2;
}

int64_t FirstDayOfMonth(int64_t month) {
  const int64_t from_march = month - 2 + int64_t{1970} * 12;
  const int64_t year = FloorDiv(from_march, 12);
  const int64_t era = FloorDiv(year, 400);
  const int64_t of_era = year - era * 400;
  const int64_t of_year = (153 * (from_march - year * 12) + 2) / 5;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t UnitsOfSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1000;
    case arrow::TimeUnit::MICRO:
      return 1000000;
    default:
      return 1000000000;
  }
}

// Microseconds of a timestamp of any unit; nanoseconds go to the one they are in.
Result<int64_t> MicrosOf(const arrow::TimestampScalar& value) {
  const int64_t units = UnitsOfSecond(static_cast<const arrow::TimestampType&>(*value.type).unit());
  if (units > 1000000) return FloorDiv(value.value, units / 1000000);
  int64_t micros = 0;
  if (__builtin_mul_overflow(value.value, 1000000 / units, &micros))
    return Error(ErrorCode::kUnsupported, "a time that no microseconds count");
  return micros;
}

// Of a whole number of any width.
std::optional<int64_t> WholeNumber(const Scalar& value) {
  switch (value.type->id()) {
    case Type::INT8:
      return static_cast<const arrow::Int8Scalar&>(value).value;
    case Type::INT16:
      return static_cast<const arrow::Int16Scalar&>(value).value;
    case Type::INT32:
      return static_cast<const arrow::Int32Scalar&>(value).value;
    case Type::INT64:
      return static_cast<const arrow::Int64Scalar&>(value).value;
    default:
      return std::nullopt;
  }
}

// How many characters of a text there are up to `most`, in bytes.
size_t BytesOfCharacters(std::string_view text, int32_t most) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<uint8_t>(text[at]) & 0xC0) != 0x80 && most-- == 0) break;
  }
  return at;
}

Status NoMeaning(const PartitionField& field, const arrow::DataType& type) {
  return Error(ErrorCode::kUnsupported,
               fmt::format("{} of `{}`, which is {}", TransformText(field), field.column, type.ToString()));
}

// MurmurHash3, x86, 32 bits, seed 0.
uint32_t Murmur3(std::string_view bytes) {
  uint32_t hash = 0;
  const auto rotate = [](uint32_t value, int by) { return value << by | value >> (32 - by); };
  const auto mix = [&](uint32_t block) { return rotate(block * 0xcc9e2d51U, 15) * 0x1b873593U; };
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    uint32_t block = 0;
    std::memcpy(&block, bytes.data() + at, 4);
    hash = rotate(hash ^ mix(block), 13) * 5 + 0xe6546b64U;
  }
  uint32_t rest = 0;
  for (size_t i = bytes.size(); i > at; --i) rest = rest << 8 | static_cast<uint8_t>(bytes[i - 1]);
  if (at < bytes.size()) hash ^= mix(rest);
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bU;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35U;
  return hash ^ hash >> 16;
}

int32_t HashOfLong(int64_t value) {
  std::array<char, 8> bytes{};
  std::memcpy(bytes.data(), &value, 8);
  return static_cast<int32_t>(Murmur3({bytes.data(), 8}));
}

// The unscaled value, big-endian, in as few bytes as have its sign.
std::string DecimalBytes(const arrow::Decimal128& value) {
  std::array<uint8_t, 16> little = value.ToBytes();
  std::string bytes(little.rbegin(), little.rend());
  size_t skip = 0;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  while (skip + 1 < bytes.size() &&
         ((byte(skip) == 0 && byte(skip + 1) < 0x80) || (byte(skip) == 0xFF && byte(skip + 1) >= 0x80)))
    ++skip;
  return bytes.substr(skip);
}

Result<Part> Truncated(const PartitionField& field, const Scalar& value) {
  if (const auto number = WholeNumber(value)) {
    int64_t low = 0;
    if (__builtin_mul_overflow(FloorDiv(*number, field.width), int64_t{field.width}, &low))
      return NoMeaning(field, *value.type);
    return arrow::MakeScalar(value.type, low);
  }
  switch (value.type->id()) {
    case Type::STRING: {
      const std::string_view text = static_cast<const arrow::StringScalar&>(value).view();
      return arrow::MakeScalar(value.type, std::string(text.substr(0, BytesOfCharacters(text, field.width))));
    }
    case Type::BINARY: {
      const std::string_view bytes = static_cast<const arrow::BinaryScalar&>(value).view();
      return Part(std::make_shared<arrow::BinaryScalar>(
          arrow::Buffer::FromString(std::string(bytes.substr(0, static_cast<size_t>(field.width))))));
    }
    case Type::DECIMAL128: {
      const arrow::Decimal128 number = static_cast<const arrow::Decimal128Scalar&>(value).value;
      const arrow::Decimal128 width(field.width);
      PL_ASSIGN_OR_RETURN(const auto divided, number.Divide(width));
      arrow::Decimal128 rest = divided.second;
      if (rest.IsNegative()) rest += width;
      return Part(std::make_shared<arrow::Decimal128Scalar>(number - rest, value.type));
    }
    default:
      return NoMeaning(field, *value.type);
  }
}

// Years, months, days or hours since 1970 of a date or a time (UTC).
Result<Part> TimePart(const PartitionField& field, const Scalar& value) {
  int64_t day = 0;
  if (value.type->id() == Type::DATE32) {
    if (field.transform == Transform::kHour) return NoMeaning(field, *value.type);
    day = static_cast<const arrow::Date32Scalar&>(value).value;
  } else if (value.type->id() == Type::TIMESTAMP) {
    PL_ASSIGN_OR_RETURN(const int64_t micros, MicrosOf(static_cast<const arrow::TimestampScalar&>(value)));
    if (field.transform == Transform::kHour)
      return arrow::MakeScalar(static_cast<int32_t>(FloorDiv(micros, kMicrosOfHour)));
    day = FloorDiv(micros, kMicrosOfDay);
  } else {
    return NoMeaning(field, *value.type);
  }
  if (field.transform == Transform::kDay)
    return Part(std::make_shared<arrow::Date32Scalar>(static_cast<int32_t>(day)));
  const int64_t month = MonthOfDay(day);
  return arrow::MakeScalar(
      static_cast<int32_t>(field.transform == Transform::kMonth ? month : FloorDiv(month, 12)));
}

// The first of a time part in the column's own terms, days or microseconds; nullopt where none fits.
std::optional<int64_t> Begin(const PartitionField& field, const arrow::DataType& source, int64_t part) {
  if (part < -3000000 || part > 3000000) return std::nullopt;  // no calendar is asked for such times
  if (field.transform == Transform::kHour) return part * kMicrosOfHour;
  int64_t day = part;
  if (field.transform == Transform::kMonth) day = FirstDayOfMonth(part);
  if (field.transform == Transform::kYear) day = FirstDayOfMonth(part * 12);
  if (source.id() == Type::DATE32) return day;
  int64_t micros = 0;
  return __builtin_mul_overflow(day, kMicrosOfDay, &micros) ? std::nullopt : std::optional<int64_t>(micros);
}

ValueRange RangeOfTime(const PartitionField& field, const std::shared_ptr<arrow::DataType>& source,
                       const Scalar& part) {
  ValueRange range;
  const bool is_date = part.type->id() == Type::DATE32;
  const auto number = is_date ? std::optional<int64_t>(static_cast<const arrow::Date32Scalar&>(part).value)
                              : WholeNumber(part);
  const bool micros = source->id() == Type::TIMESTAMP &&
                      static_cast<const arrow::TimestampType&>(*source).unit() == arrow::TimeUnit::MICRO;
  if (!number || !(micros || source->id() == Type::DATE32)) return range;
  const auto first = Begin(field, *source, *number);
  const auto after = Begin(field, *source, *number + 1);
  if (!first || !after) return range;
  const auto scalar = [&](int64_t value) -> Part {
    if (micros) return std::make_shared<arrow::TimestampScalar>(value, source);
    return std::make_shared<arrow::Date32Scalar>(static_cast<int32_t>(value));
  };
  range.min = scalar(*first);
  range.max = scalar(*after - 1);
  return range;
}

}  // namespace

Result<PartitionField> ParseTransform(std::string_view text) {
  PartitionField field;
  const size_t bracket = text.find('[');
  const std::string_view name = text.substr(0, bracket);
  const auto* const found =
      std::find_if(kNames.begin(), kNames.end(), [&](const auto& one) { return one.second == name; });
  const auto bad = [&] {
    return Error(ErrorCode::kCorrupt, fmt::format("'{}' is no partition transform", text));
  };
  if (found == kNames.end()) return bad();
  field.transform = found->first;
  if ((bracket != std::string_view::npos) != HasWidth(field.transform)) return bad();
  if (bracket == std::string_view::npos) return field;
  const std::string_view width = text.substr(bracket + 1);
  const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), field.width);
  if (error != std::errc() ||
      std::string_view(end, static_cast<size_t>(width.data() + width.size() - end)) != "]" ||
      field.width <= 0)
    return bad();
  return field;
}

std::string TransformText(const PartitionField& field) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [&](const auto& one) { return one.first == field.transform; });
  return HasWidth(field.transform) ? fmt::format("{}[{}]", found->second, field.width)
                                   : std::string(found->second);
}

Result<std::shared_ptr<arrow::DataType>> TransformedType(const PartitionField& field,
                                                         const std::shared_ptr<arrow::DataType>& source) {
  const Type::type id = source->id();
  const bool time = id == Type::DATE32 || id == Type::TIMESTAMP;
  const bool whole = id == Type::INT8 || id == Type::INT16 || id == Type::INT32 || id == Type::INT64;
  switch (field.transform) {
    case Transform::kIdentity:
    case Transform::kVoid:
      return source;
    case Transform::kBucket:
      if (whole || time || id == Type::STRING || id == Type::BINARY || id == Type::DECIMAL128 ||
          id == Type::FIXED_SIZE_BINARY)
        return arrow::int32();
      break;
    case Transform::kTruncate:
      if (whole || id == Type::STRING || id == Type::BINARY || id == Type::DECIMAL128) return source;
      break;
    case Transform::kDay:
      if (time) return arrow::date32();
      break;
    case Transform::kHour:
      if (id == Type::TIMESTAMP) return arrow::int32();
      break;
    case Transform::kYear:
    case Transform::kMonth:
      if (time) return arrow::int32();
      break;
  }
  return NoMeaning(field, *source);
}

Result<int32_t> BucketHash(const arrow::Scalar& value) {
  if (const auto number = WholeNumber(value)) return HashOfLong(*number);
  switch (value.type->id()) {
    case Type::DATE32:
      return HashOfLong(static_cast<const arrow::Date32Scalar&>(value).value);
    case Type::TIMESTAMP: {
      PL_ASSIGN_OR_RETURN(const int64_t micros, MicrosOf(static_cast<const arrow::TimestampScalar&>(value)));
      return HashOfLong(micros);
    }
    case Type::STRING:
    case Type::BINARY:
    case Type::FIXED_SIZE_BINARY:
      return static_cast<int32_t>(Murmur3(static_cast<const arrow::BaseBinaryScalar&>(value).view()));
    case Type::DECIMAL128:
      return static_cast<int32_t>(
          Murmur3(DecimalBytes(static_cast<const arrow::Decimal128Scalar&>(value).value)));
    default:
      return Error(ErrorCode::kUnsupported,
                   "values of type " + value.type->ToString() + " are in no buckets");
  }
}

Result<std::shared_ptr<arrow::Scalar>> ApplyTransform(const PartitionField& field,
                                                      const arrow::Scalar& value) {
  PL_ASSIGN_OR_RETURN(auto type, TransformedType(field, value.type));
  if (!value.is_valid || field.transform == Transform::kVoid) return arrow::MakeNullScalar(std::move(type));
  switch (field.transform) {
    case Transform::kBucket: {
      PL_ASSIGN_OR_RETURN(const int32_t hash, BucketHash(value));
      return arrow::MakeScalar((hash & INT32_MAX) % field.width);
    }
    case Transform::kTruncate:
      return Truncated(field, value);
    case Transform::kIdentity:
      return value.CastTo(value.type);
    default:
      return TimePart(field, value);
  }
}

ValueRange RangeOfPart(const PartitionField& field, const std::shared_ptr<arrow::DataType>& source,
                       const arrow::Scalar& part) {
  ValueRange unknown;
  if (field.transform == Transform::kVoid) return unknown;
  if (!part.is_valid) return ValueRange::Of(arrow::MakeNullScalar(source));
  switch (field.transform) {
    case Transform::kIdentity: {
      const auto same = part.CastTo(source);
      return same.ok() ? ValueRange::Of(*same) : unknown;
    }
    case Transform::kTruncate: {
      ValueRange range;
      if (!part.type->Equals(source)) return unknown;
      range.min = *part.CastTo(part.type);
      const auto low = WholeNumber(part);
      int64_t high = 0;
      // Of texts the last with such a beginning has no name.
      if (low && !__builtin_add_overflow(*low, int64_t{field.width} - 1, &high)) {
        const auto max = arrow::MakeScalar(int64_t{high})->CastTo(source);
        if (max.ok() && WholeNumber(**max) == high) range.max = *max;
      }
      return range;
    }
    case Transform::kYear:
    case Transform::kMonth:
    case Transform::kDay:
    case Transform::kHour:
      return RangeOfTime(field, source, part);
    default:
      return unknown;
  }
}

}  // namespace pixlake::table
