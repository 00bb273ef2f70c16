// AWS credentials, found where AWS's own tools find them.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"

namespace pixlake::io {

struct AwsCredentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: none
  int64_t expires_ms = 0;     // 0: never
};

struct AwsSettings {
  std::string region = "us-east-1";
  std::string endpoint;  // "http://127.0.0.1:9000"; empty: AWS's
};

// Region and endpoint: AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL,
// then the profile's in the config file.
AwsSettings FindAwsSettings();

// Looked for in order: AWS_ACCESS_KEY_ID and its like; the profile (AWS_PROFILE, "default") in
// the credentials and config files; a container's endpoint; an EC2 instance's (unless
// AWS_EC2_METADATA_DISABLED). Those that end are asked for anew. Thread-safe.
class AwsCredentialsProvider {
 public:
  // nullopt: there are none, requests go unsigned. kUnsupported for a profile with what we
  // do not speak (SSO, roles, processes), kPermission where the endpoint refuses.
  Result<std::optional<AwsCredentials>> Get();

 private:
  Result<std::optional<AwsCredentials>> Find();

  std::mutex mutex_;
  bool known_ = false;
  std::optional<AwsCredentials> credentials_;
};

}  // namespace pixlake::io
