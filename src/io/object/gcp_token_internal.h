// Google's access tokens, found where Google's own tools find what they are made of.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.h"

namespace pixlake::io {

// GOOGLE_APPLICATION_CREDENTIALS, else gcloud's application default credentials (service
// accounts, RFC 7523, and users), else the instance's metadata server. With
// STORAGE_EMULATOR_HOST no token is needed. Renewed before it ends. Thread-safe.
class GcpToken {
 public:
  // Empty: there are no credentials, requests go without. kUnsupported for a file of another
  // kind, kPermission where Google refuses. No secret is in a message.
  Result<std::string> Get();

 private:
  Result<std::string> Ask();

  std::mutex mutex_;
  bool known_ = false;
  std::string token_;
  int64_t expires_ms_ = 0;  // 0: never
};

}  // namespace pixlake::io
