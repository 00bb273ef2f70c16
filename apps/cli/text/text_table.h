// Columns for people, fitted to a width.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pixlake::cli {

// As wide as a terminal draws it: bytes that go on with a character take no room.
int WidthOf(std::string_view text);

// Words in lines of at most `width` columns, all but the first behind `indent` blanks.
std::string Wrapped(const std::string& text, int width, int indent);

struct TextColumn {
  std::string heading;
  bool right = false;  // numbers
};

// Headings, then rows. Where they are wider than `width` (0: whatever it takes) the last column goes on
// below itself.
std::string TextTable(const std::vector<TextColumn>& columns,
                      const std::vector<std::vector<std::string>>& rows, int width);

}  // namespace pixlake::cli
