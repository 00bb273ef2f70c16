// CHAR(n) and VARCHAR(n): text columns of a bounded width, as Spark records them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::table {

// The key of a column's metadata under which Spark keeps the type it was declared with
// ("char(5)", "array<struct<a:varchar(3)>>"); the column itself is a string, or has strings.
inline constexpr char kTextTypeKey[] = "__CHAR_VARCHAR_TYPE_STRING";

// What the text of a type may be. Children follow the type: a struct's fields, a list's
// element, a map's key and value; none where nothing below is bounded.
struct TextWidth {
  int32_t length = 0;    // characters; 0: any number
  bool is_char = false;  // filled up with blanks to the length
  std::vector<TextWidth> children;

  bool any() const;
};

// The widths of a column by its metadata. kCorrupt for a declared type that does not fit it.
Result<TextWidth> TextWidthOf(const arrow::Field& field);

// Text (utf8) filled up with blanks to `length` characters; longer ones as they are.
Result<std::shared_ptr<arrow::Array>> Padded(const std::shared_ptr<arrow::Array>& array, int32_t length);
std::string Padded(std::string text, int32_t length);

}  // namespace pixlake::table
