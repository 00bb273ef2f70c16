#include "image/hash/sha256.h"

#include <openssl/evp.h>

namespace pixlake::image {
namespace {

std::string Hex(std::span<const uint8_t> digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const uint8_t byte : digest) {
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

std::string DigestHex(const EVP_MD* algorithm, const void* bytes, size_t size) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  // Cannot fail for algorithms of the default provider with valid pointers.
  EVP_Digest(bytes, size, digest, &length, algorithm, nullptr);
  return Hex({digest, length});
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

DigestStream::DigestStream(Algorithm algorithm) : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_, algorithm == Algorithm::kSha256 ? EVP_sha256() : EVP_md5(), nullptr);
}

DigestStream::~DigestStream() {
  EVP_MD_CTX_free(context_);
}

void DigestStream::Update(std::span<const uint8_t> bytes) {
  EVP_DigestUpdate(context_, bytes.data(), bytes.size());
}

std::string DigestStream::Finish() {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(context_, digest, &length);
  return Hex({digest, length});
}

}  // namespace pixlake::image
