#include "kernel/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::kernel {
namespace {

using testing::HasSubstr;

const ParameterSchema kSchema = {
    {"check", ParameterType::kString, std::string("header"), "", {"header", "full"}},
    {"pixels", ParameterType::kInteger, int64_t{10}, "", {}, 1, 100},
    {"share", ParameterType::kNumber, 0.5, "", {}, 0, 1},
    {"apart", ParameterType::kBoolean, false, ""}};

TEST(ParametersTest, YamlAndJsonSayTheSame) {
  const ParameterValues expected = {
      {"check", std::string("full")}, {"pixels", int64_t{7}}, {"share", 0.25}, {"apart", true}};
  EXPECT_EQ(ParseParameters("check: full\npixels: 7\nshare: 0.25\napart: true\n").ValueOrDie(), expected);
  EXPECT_EQ(ParseParameters(R"({"check": "full", "pixels": 7, "share": 0.25, "apart": true})").ValueOrDie(),
            expected);
  EXPECT_EQ(ParseParameters("").ValueOrDie(), ParameterValues{});
  EXPECT_EQ(ParseParameters("pixels: '7'").ValueOrDie().at("pixels"), ParameterValue(std::string("7")));
}

TEST(ParametersTest, WhatIsNoMappingOfValuesIsRefusedWithItsLine) {
  for (const char* wrong :
       {"- a", "a: [1]", "a: {b: 1}", "a: 1\na: 2", "a: 'x", "[1, 2]", "x", "a: &b [*b]"}) {
    EXPECT_EQ(CodeOf(ParseParameters(wrong).status()), ErrorCode::kUsage) << wrong;
  }
  EXPECT_THAT(ParseParameters("a: 1\nb: [2]").status().message(), HasSubstr("line 2"));
}

TEST(ParametersTest, WhatIsNotGivenHasItsFallback) {
  const auto values = Complete(kSchema, {{"share", int64_t{1}}}, "k").ValueOrDie();
  EXPECT_EQ(values.at("check"), ParameterValue(std::string("header")));
  EXPECT_EQ(values.at("share"), ParameterValue(1.0));
}

TEST(ParametersTest, ValuesOfAnotherTypeOrOutOfRangeAreRefused) {
  for (const ParameterValues& wrong : {ParameterValues{{"check", true}},
                                       {{"check", std::string("no")}},
                                       {{"pixels", 1.5}},
                                       {{"pixels", int64_t{0}}},
                                       {{"pixels", int64_t{101}}},
                                       {{"share", std::nan("")}},
                                       {{"apart", std::string("yes")}}}) {
    EXPECT_EQ(CodeOf(Complete(kSchema, wrong, "k").status()), ErrorCode::kUsage);
  }
  EXPECT_THAT(Complete(kSchema, {{"pixel", int64_t{1}}}, "kernel k").status().message(),
              HasSubstr("kernel k has no parameter 'pixel'; did you mean 'pixels'?"));
}

}  // namespace
}  // namespace pixlake::kernel
