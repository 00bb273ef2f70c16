#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "io/object/aws_signature_internal.h"

namespace pixlake::io {
namespace {

const AwsCredentials kExample{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", 0};

AwsRequest Example() {
  AwsRequest request;
  request.method = "GET";
  request.host = "example.amazonaws.com";
  request.path = "/";
  request.region = "us-east-1";
  request.service = "service";
  request.now_ms = *ParseTimestamp("2015-08-30T12:36:00Z");
  return request;
}

// The cases "get-vanilla" and "get-vanilla-query-order-key-case" of AWS's published test suite.
TEST(AwsSignatureTest, IsThatOfThePublishedCases) {
  EXPECT_THAT(
      SignAws(Example(), kExample).back(),
      testing::HasSubstr("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
  AwsRequest query = Example();
  query.query = {{"Param2", "value2"}, {"Param1", "value1"}};
  EXPECT_THAT(
      SignAws(query, kExample).back(),
      testing::HasSubstr("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

TEST(AwsSignatureTest, QueriesAreEncodedAndSorted) {
  EXPECT_EQ(CanonicalQuery({{"prefix", "a b/ü"}, {"list-type", "2"}}), "list-type=2&prefix=a%20b%2F%C3%BC");
}

}  // namespace
}  // namespace pixlake::io
