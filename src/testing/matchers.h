// Assertions on results that read like sentences:
//   EXPECT_THAT(store->Delete(path), IsOk());
//   EXPECT_THAT(store->Exists(path), IsOkAndHolds(true));
//   EXPECT_THAT(Open(path), FailsWith(ErrorCode::kNotFound, "no such table"));
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result.h"

namespace pixlake::test {

inline const Status& StatusOf(const Status& status) {
  return status;
}
template <typename T>
const Status& StatusOf(const Result<T>& result) {
  return result.status();
}

// The value, or the end of the test program, which says why.
template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    std::abort();
  }
  return *std::move(result);
}

MATCHER(IsOk, negation ? "fails" : "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P(IsOkAndHolds, value, "is OK and holds what " + ::testing::PrintToString(value) + " says") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  using Value = std::decay_t<decltype(*arg)>;
  *result_listener << "holds " << ::testing::PrintToString(*arg) << " ";
  return ::testing::ExplainMatchResult(::testing::SafeMatcherCast<const Value&>(value), *arg,
                                       result_listener);
}

MATCHER_P2(FailsWithText, code, what, "") {
  const Status& status = StatusOf(arg);
  *result_listener << status.ToString();
  return !status.ok() && CodeOf(status) == code && status.message().find(what) != std::string::npos;
}

// Of that code, and its message has this in it.
inline auto FailsWith(ErrorCode code, std::string_view what = "") {
  return FailsWithText(code, std::string(what));
}

}  // namespace pixlake::test
