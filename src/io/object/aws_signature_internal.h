// AWS Signature Version 4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/object/aws_credentials_internal.h"

namespace pixlake::io {

struct AwsRequest {
  std::string_view method;
  std::string_view host;                                   // with its port when it is not the scheme's
  std::string_view path;                                   // encoded
  std::vector<std::pair<std::string, std::string>> query;  // not encoded
  std::string_view region;
  std::string_view service = "s3";
  std::string_view payload_hash;  // hex, or "UNSIGNED-PAYLOAD"; empty: of no body, and not sent as a header
  int64_t now_ms = 0;
};

// "a=1&b=2", encoded and sorted as the signature wants it.
std::string CanonicalQuery(std::vector<std::pair<std::string, std::string>> query);

// The headers that sign the request: Authorization, X-Amz-Date and what goes with them.
std::vector<std::string> SignAws(const AwsRequest& request, const AwsCredentials& credentials);

// Lower-case hex SHA-256.
std::string HexSha256(std::string_view bytes);

}  // namespace pixlake::io
