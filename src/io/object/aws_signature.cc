#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/clock.h"
#include "io/object/aws_signature_internal.h"
#include "io/object/http_exchange_internal.h"

namespace pixlake::io {
namespace {

std::string Hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace

std::string HexSha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return Hex({reinterpret_cast<const char*>(digest.data()), size});
}

std::string CanonicalQuery(std::vector<std::pair<std::string, std::string>> query) {
  for (auto& [name, value] : query) {
    name = UriEncode(name, false);
    value = UriEncode(value, false);
  }
  std::sort(query.begin(), query.end());
  std::string text;
  for (const auto& [name, value] : query)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

// IAM user guide, "Create a signed AWS API request", steps 1 to 5.
std::vector<std::string> SignAws(const AwsRequest& request, const AwsCredentials& credentials) {
  // "20261121T031526Z", out of "20261121031526123".
  const std::string instant = FormatInstant(request.now_ms);
  const std::string date = instant.substr(0, 8), time = date + "T" + instant.substr(8, 6) + "Z";
  std::vector<std::pair<std::string, std::string>> headers = {{"host", std::string(request.host)}};
  if (!request.payload_hash.empty()) headers.emplace_back("x-amz-content-sha256", request.payload_hash);
  headers.emplace_back("x-amz-date", time);
  if (!credentials.session_token.empty())
    headers.emplace_back("x-amz-security-token", credentials.session_token);
  std::string canonical, names;
  for (const auto& [name, value] : headers) {
    canonical += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string payload =
      request.payload_hash.empty() ? HexSha256("") : std::string(request.payload_hash);
  const std::string whole = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                                        CanonicalQuery(request.query), canonical, names, payload);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date, request.region, request.service);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, HexSha256(whole));
  std::string key = Hmac("AWS4" + credentials.secret_key, date);
  for (const std::string_view part : {request.region, request.service, std::string_view("aws4_request")})
    key = Hmac(key, part);
  std::vector<std::string> signed_headers;
  for (size_t i = 1; i < headers.size(); ++i)
    signed_headers.push_back(headers[i].first + ": " + headers[i].second);
  signed_headers.push_back(
      fmt::format("Authorization: AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                  credentials.access_key, scope, names, Hex(Hmac(key, to_sign))));
  return signed_headers;
}

}  // namespace pixlake::io
