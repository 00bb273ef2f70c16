// Which character separates the values of a list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "file/list/url_list.h"

namespace pixlake::file {

inline constexpr std::string_view kDelimiters = ",\t;|";
// Stands in no list: what has one column is read with it, so that its values may hold commas.
inline constexpr char kNoDelimiter = '\x1F';

// The values of the first record (RFC 4180), without their quotes; not `quoted`, a quote is a letter.
std::vector<std::string> SplitRecord(std::string_view text, char delimiter, bool quoted = true);

// The one under which the first record has the column; if none has, the one that gives
// the most values; kNoDelimiter when there is only one value whichever is taken.
char DetectDelimiter(std::string_view head, std::string_view column, Quoting quoting);

}  // namespace pixlake::file
