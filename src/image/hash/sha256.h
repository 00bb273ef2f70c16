// SHA-256, the content id.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace pixlake::image {

// Lower-case hex, 64 characters; what `sha256sum` prints.
std::string Sha256Hex(std::span<const uint8_t> bytes);
std::string Sha256Hex(std::string_view bytes);

// The digests of bytes that come in pieces. Not thread-safe.
class DigestStream {
 public:
  enum class Algorithm { kSha256, kMd5 };
  explicit DigestStream(Algorithm algorithm);
  ~DigestStream();
  DigestStream(const DigestStream&) = delete;
  DigestStream& operator=(const DigestStream&) = delete;

  void Update(std::span<const uint8_t> bytes);
  // Lower-case hex of all so far; nothing may follow.
  std::string Finish();

 private:
  evp_md_ctx_st* const context_;
};

// Lower-case hex MD5, 32 characters: only to compare with the checksums MNIST's
// publishers gave; never an id.
std::string Md5Hex(std::span<const uint8_t> bytes);

}  // namespace pixlake::image
