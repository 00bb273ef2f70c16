#include "image/hash/sha256.h"

#include <openssl/evp.h>

namespace pixlake::image {
namespace {

std::string DigestHex(const EVP_MD* algorithm, const void* bytes, size_t size) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  // Cannot fail for algorithms of the default provider with valid pointers.
  EVP_Digest(bytes, size, digest, &length, algorithm, nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(size_t{length} * 2);
  for (unsigned i = 0; i < length; ++i) {
    text.push_back(kHex[digest[i] >> 4]);
    text.push_back(kHex[digest[i] & 15]);
  }
  return text;
}

}  // namespace

std::string Sha256Hex(std::span<const uint8_t> bytes) {
  return DigestHex(EVP_sha256(), bytes.data(), bytes.size());
}
std::string Sha256Hex(std::string_view bytes) {
  return DigestHex(EVP_sha256(), bytes.data(), bytes.size());
}
std::string Md5Hex(std::span<const uint8_t> bytes) {
  return DigestHex(EVP_md5(), bytes.data(), bytes.size());
}

}  // namespace pixlake::image
