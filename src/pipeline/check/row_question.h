// What a check asks of each row, as SQL.
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "settings/settings.h"

namespace pixlake::pipeline {

struct RowQuestion {
  std::string condition;  // true, false, or null where it does not apply
  std::string value;      // what was found
  std::string expected;   // in words
};

// nullopt: the kind asks of all rows at once.
std::optional<RowQuestion> RowQuestionOf(const settings::Check& check);

// A parameter of a check, where it was given.
template <typename T>
std::optional<T> GivenParameter(const settings::Check& check, const std::string& name) {
  const auto found = check.parameters.find(name);
  if (found == check.parameters.end() || !std::holds_alternative<T>(found->second)) return std::nullopt;
  return std::get<T>(found->second);
}

}  // namespace pixlake::pipeline
