// Which calendar the dates and times of a Parquet file are of.
#pragma once

#include <string>

#include <arrow/type_fwd.h>

namespace parquet {
class ColumnDescriptor;
}

namespace pixlake::file {

// Spark before 3.0 wrote the hybrid Julian and Gregorian calendar, and later ones do when
// they are told to; key-value metadata says so (Spark 4.0, DataSourceUtils).
struct FileCalendar {
  bool dates = false;  // DATE, and TIMESTAMP in 64 bits, are of the hybrid calendar
  bool int96 = false;  // TIMESTAMP in 96 bits is
  std::string zone;    // in which times were written; empty: not said

  bool any() const { return dates || int96; }
};

FileCalendar CalendarOf(const arrow::KeyValueMetadata* metadata);

// Whether the column's values, and so its statistics, are of the hybrid calendar.
bool IsHybrid(const FileCalendar& calendar, const parquet::ColumnDescriptor& column);

}  // namespace pixlake::file
