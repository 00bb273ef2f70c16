// Texts and names as they stand in SQL.
#pragma once

#include <string>
#include <string_view>

namespace pixlake {

// "'it''s'": a text.
std::string SqlLiteral(std::string_view text);

// "\"a \"\"name\"\"\"": a name, whatever is in it.
std::string SqlName(std::string_view name);

}  // namespace pixlake
