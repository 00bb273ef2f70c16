// Values as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::query {

// Appends a value as JSON: integers and decimals exact, NaN and infinities null, dates and
// times ISO 8601 ("2024-05-01T12:00:00.5Z"; no Z without a zone), blobs base64, maps
// objects.
void AppendJson(const arrow::Array& array, int64_t row, std::string* out);

// Appends a value as people read it: like JSON, but texts, dates, times and blobs without
// quotes, NaN and infinities by name, nothing for null. Nested values are JSON.
void AppendPlain(const arrow::Array& array, int64_t row, std::string* out);

void AppendJsonString(std::string_view text, std::string* out);

// The array under dictionaries and extension types is what is printed.
bool IsBlob(const arrow::DataType& type);
bool IsNumber(const arrow::DataType& type);
// "bigint", "varchar", "struct(a integer)": SQL's names.
std::string DuckDbTypeName(const arrow::DataType& type);

}  // namespace pixlake::query
