#include "file/file_calendar.h"

#include <arrow/util/key_value_metadata.h>
#include <parquet/schema.h>

namespace pixlake::file {

FileCalendar CalendarOf(const arrow::KeyValueMetadata* metadata) {
  FileCalendar out;
  if (metadata == nullptr) return out;
  const auto version = metadata->Get("org.apache.spark.version");
  if (!version.ok()) return out;
  // Compared as texts, as Spark does it.
  out.dates = *version < "3.0.0" || metadata->FindKey("org.apache.spark.legacyDateTime") >= 0;
  out.int96 = *version < "3.1.0" || metadata->FindKey("org.apache.spark.legacyINT96") >= 0;
  out.zone = metadata->Get("org.apache.spark.timeZone").ValueOr("");
  return out;
}

bool IsHybrid(const FileCalendar& calendar, const parquet::ColumnDescriptor& column) {
  if (column.physical_type() == parquet::Type::INT96) return calendar.int96;
  if (column.logical_type() == nullptr) return false;
  return calendar.dates && (column.logical_type()->is_date() || column.logical_type()->is_timestamp());
}

}  // namespace pixlake::file
