// Dates and times of the hybrid Julian and Gregorian calendar, as Spark before 3.0 wrote them
// (and later ones when told to), brought to the proleptic Gregorian calendar that everything
// else has, by the rules of Spark 4.0's RebaseDateTime. Which files: file/file_calendar.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "file/file_calendar.h"
#include "table/column/field_match_internal.h"

namespace parquet {
class SchemaDescriptor;
}  // namespace parquet

namespace pixlake::table {

// A zone's offsets from UTC before the year 1900, where the two calendars and the two
// libraries that Java has for them differ. Immutable.
class OldZone {
 public:
  // "America/Los_Angeles" of the system's zone data, "UTC", "+08:00", "GMT+8"; empty is UTC.
  // kUnsupported for a zone that is not known.
  static Result<std::shared_ptr<const OldZone>> Load(const std::string& name);
  // Of the zone data's bytes (RFC 8536); kCorrupt when they break it.
  static Result<std::shared_ptr<const OldZone>> Parse(std::string_view tzif, const std::string& name);

  // Microseconds since the epoch that show the same date and time in the new calendar.
  int64_t Rebase(int64_t micros) const;

 private:
  struct Transition {
    int64_t at = 0;     // seconds since the epoch
    int64_t after = 0;  // offset from then on, in seconds
  };
  int64_t OffsetOfLocal(int64_t local_seconds) const;

  int64_t hybrid_offset_ = 0;  // what java.util.TimeZone has before 1900: the zone's standard offset
  int64_t first_offset_ = 0;   // local mean time
  std::vector<Transition> transitions_;
};

// The day with the same date in the new calendar.
int32_t RebaseDays(int32_t days);

// Marks the matches whose values are to be rebased. kUnsupported when the file's zone is not
// known and a timestamp needs it.
Status MarkHybrid(const file::FileCalendar& calendar, const parquet::SchemaDescriptor& schema,
                  std::vector<FieldMatch>* fields);

// DATE32 and TIMESTAMP arrays, rebased; `zone` is of no matter for dates.
Result<std::shared_ptr<arrow::Array>> Rebased(const std::shared_ptr<arrow::Array>& array,
                                              const OldZone& zone);

}  // namespace pixlake::table
