// JSON that is copied and written again, which nlohmann_json does by recursion.
#pragma once

#include <string_view>
#include <utility>

namespace pixlake::delta {

// Discarded, as what is no JSON, when values are nested deeper than any statistics or
// definition are: a hostile text would be at the stack's end.
template <typename Json>
Json ParseShallow(std::string_view text) {
  constexpr int kMaxDepth = 200;
  bool deep = false;
  Json value = Json::parse(
      text,
      [&deep](int depth, typename Json::parse_event_t, const Json&) {
        deep = deep || depth > kMaxDepth;
        return depth <= kMaxDepth;
      },
      false);
  return deep ? Json(Json::value_t::discarded) : std::move(value);
}

}  // namespace pixlake::delta
