#include <arrow/api.h>
#include <parquet/arrow/schema.h>
#include <parquet/schema.h>

#include "table/column/legacy_calendar_internal.h"

namespace pixlake::table {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
// 1582-10-15, the first day of the Gregorian calendar.
constexpr int64_t kFirstGregorianDay = -141'427;
// 1900-01-01T00:00:00Z: from here on the two calendars show the same everywhere.
constexpr int64_t kAlikeFrom = -2'208'988'800 * kMicrosPerSecond;

int64_t FloorDivide(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Days from 1970-01-01 in the proleptic Gregorian calendar.
int64_t GregorianDay(int64_t year, int64_t month, int64_t day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = FloorDivide(y, 400);
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

int64_t Rebase(int64_t days) {
  if (days >= kFirstGregorianDay) return days;
  // The Julian date: every fourth year is a leap year. From 0000-03-01 on.
  const int64_t shifted = days + 719'470;
  const int64_t era = FloorDivide(shifted, 1'461);
  const int64_t day_of_era = shifted - era * 1'461;
  const int64_t year_of_era = (day_of_era - day_of_era / 1'460) / 365;
  const int64_t day_of_year = day_of_era - 365 * year_of_era;
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = era * 4 + year_of_era + (month <= 2 ? 1 : 0);
  // The 29th of February 1000 is none in the new calendar: the day after the 28th it is.
  return GregorianDay(year, month, 1) + day;
}

template <typename T, typename Convert>
Result<std::shared_ptr<arrow::Array>> Converted(const arrow::Array& array, Convert convert) {
  PL_ASSIGN_OR_RETURN(auto values, arrow::AllocateBuffer(array.length() * static_cast<int64_t>(sizeof(T))));
  auto* out = reinterpret_cast<T*>(values->mutable_data());
  const T* in = array.data()->GetValues<T>(1);
  for (int64_t i = 0; i < array.length(); ++i) out[i] = array.IsNull(i) ? T{} : convert(in[i]);
  std::shared_ptr<arrow::Buffer> valid;
  if (array.null_count() > 0) {
    PL_ASSIGN_OR_RETURN(valid, arrow::AllocateEmptyBitmap(array.length()));
    for (int64_t i = 0; i < array.length(); ++i) {
      if (array.IsValid(i)) valid->mutable_data()[i / 8] |= static_cast<uint8_t>(1 << (i % 8));
    }
  }
  return arrow::MakeArray(
      arrow::ArrayData::Make(array.type(), array.length(), {valid, std::shared_ptr(std::move(values))}));
}

// Microseconds that one unit has, or units that a microsecond has (negative).
int64_t MicrosPerUnit(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return kMicrosPerSecond;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1;
    case arrow::TimeUnit::NANO:
      return -1'000;
  }
  return 1;
}

int64_t RebaseUnits(int64_t value, int64_t micros_per_unit, const OldZone& zone) {
  if (micros_per_unit < 0) {
    const int64_t micros = FloorDivide(value, -micros_per_unit);
    const int64_t moved = zone.Rebase(micros);
    int64_t out = 0;
    // What leaves the type's range stays as it was; no such time can be said in it.
    if (__builtin_mul_overflow(moved - micros, -micros_per_unit, &out)) return value;
    return __builtin_add_overflow(value, out, &out) ? value : out;
  }
  int64_t micros = 0;
  if (__builtin_mul_overflow(value, micros_per_unit, &micros)) return value;
  return value + (zone.Rebase(micros) - micros) / micros_per_unit;
}

Status Mark(const file::FileCalendar& calendar, const parquet::SchemaDescriptor& schema,
            const std::shared_ptr<const OldZone>& zone, FieldMatch* match, bool* timestamps) {
  for (FieldMatch& child : match->children) {
    PL_RETURN_NOT_OK(Mark(calendar, schema, zone, &child, timestamps));
  }
  if (match->found == nullptr || !match->found->is_leaf()) return Status::OK();
  const arrow::DataType& table = *match->field->type();
  if (!file::IsHybrid(calendar, *schema.Column(match->found->column_index))) return Status::OK();
  const bool date = match->found->field->type()->id() == arrow::Type::DATE32;
  // A time without a zone was never of the hybrid calendar: it is younger than Spark 3.
  const bool naive = table.id() == arrow::Type::TIMESTAMP &&
                     static_cast<const arrow::TimestampType&>(table).timezone().empty();
  if (!date && naive) return Status::OK();
  *timestamps = *timestamps || !date;
  match->hybrid = zone;
  return Status::OK();
}

}  // namespace

int32_t RebaseDays(int32_t days) {
  return static_cast<int32_t>(Rebase(days));
}

int64_t OldZone::Rebase(int64_t micros) const {
  // The lower end leaves room for offsets and two days or, far back, thousands.
  if (micros >= kAlikeFrom || micros < INT64_MIN / 2) return micros;
  const int64_t local = micros + hybrid_offset_ * kMicrosPerSecond;
  const int64_t day = FloorDivide(local, kMicrosPerDay);
  const int64_t moved = pixlake::table::Rebase(day) * kMicrosPerDay + (local - day * kMicrosPerDay);
  return moved - OffsetOfLocal(FloorDivide(moved, kMicrosPerSecond)) * kMicrosPerSecond;
}

int64_t OldZone::OffsetOfLocal(int64_t local_seconds) const {
  int64_t offset = first_offset_;
  for (const Transition& transition : transitions_) {
    if (local_seconds < transition.at + transition.after) break;
    offset = transition.after;
  }
  return offset;
}

Status MarkHybrid(const file::FileCalendar& calendar, const parquet::SchemaDescriptor& schema,
                  std::vector<FieldMatch>* fields) {
  if (!calendar.any()) return Status::OK();
  const auto zone = OldZone::Load(calendar.zone);
  PL_ASSIGN_OR_RETURN(const auto utc, OldZone::Load(""));
  bool timestamps = false;
  for (FieldMatch& match : *fields) {
    PL_RETURN_NOT_OK(Mark(calendar, schema, zone.ok() ? *zone : utc, &match, &timestamps));
  }
  return timestamps ? zone.status() : Status::OK();
}

Result<std::shared_ptr<arrow::Array>> Rebased(const std::shared_ptr<arrow::Array>& array,
                                              const OldZone& zone) {
  if (array->type_id() == arrow::Type::DATE32) return Converted<int32_t>(*array, RebaseDays);
  if (array->type_id() != arrow::Type::TIMESTAMP) {
    return Error(ErrorCode::kUnsupported,
                 "values of the calendar before Spark 3 were read as " + array->type()->ToString());
  }
  const int64_t unit = MicrosPerUnit(static_cast<const arrow::TimestampType&>(*array->type()).unit());
  return Converted<int64_t>(*array, [&](int64_t value) { return RebaseUnits(value, unit, zone); });
}

}  // namespace pixlake::table
