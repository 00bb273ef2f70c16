// Patterns of dates, as Spark (Java) has them and as strftime has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pixlake::query {

// "%Y-%m-%d" for "yyyy-MM-dd"; nullopt for letters that strftime has nothing for.
std::optional<std::string> StrftimeFormat(std::string_view pattern);

}  // namespace pixlake::query
