#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "io/object/environment_internal.h"
#include "io/object/gcp_token_internal.h"
#include "io/object/http_exchange_internal.h"
#include "io/object/json_answer_internal.h"

namespace pixlake::io {
namespace {

constexpr int64_t kRenewTokenBeforeMs = 60 * 1000;
constexpr char kScope[] = "https://www.googleapis.com/auth/devstorage.read_write";

// RFC 4648, 5, without padding.
std::string Base64Url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

// RS256 (RFC 7518, 3.3).
Result<std::string> SignRs256(const std::string& text, const std::string& pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                   BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (key == nullptr || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1)
    return Error(ErrorCode::kPermission, "the private key of the Google service account cannot be used");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                     text.size()) != 1)
    return Error(ErrorCode::kPermission, "signing with the key of the Google service account failed");
  signature.resize(size);
  return signature;
}

// Google, "Using OAuth 2.0 for server to server applications".
Result<std::string> ServiceAccountGrant(const Json& account, const std::string& token_uri) {
  const int64_t now = NowMillis() / 1000;
  const Json claims = {{"iss", Text(account, "client_email")},
                       {"scope", kScope},
                       {"aud", token_uri},
                       {"iat", now},
                       {"exp", now + 3600}};
  const std::string text = Base64Url(R"({"alg":"RS256","typ":"JWT"})") + "." + Base64Url(claims.dump());
  PL_ASSIGN_OR_RETURN(const std::string signature, SignRs256(text, Text(account, "private_key")));
  return "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + text + "." +
         Base64Url(signature);
}

// Where there is no metadata server this is no machine of Google's.
bool AskInstance(HttpAnswer* answer) {
  HttpRequest request;
  request.url = "http://" +
                (Env("GCE_METADATA_HOST").empty() ? "169.254.169.254" : Env("GCE_METADATA_HOST")) +
                "/computeMetadata/v1/instance/service-accounts/default/token";
  request.headers = {"Metadata-Flavor: Google"};
  request.timeout_seconds = 1;
  request.connect_timeout_seconds = 1;
  auto asked = Exchange(request);
  if (!asked.ok() || asked->status != 200) return false;
  *answer = *std::move(asked);
  return true;
}

Result<HttpAnswer> AskWithFile(const std::string& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Json account = Json::parse(text, nullptr, false);
  const std::string kind = Text(account, "type");
  std::string token_uri = Text(account, "token_uri");
  if (token_uri.empty()) token_uri = "https://oauth2.googleapis.com/token";
  std::string body;
  if (kind == "service_account") {
    PL_ASSIGN_OR_RETURN(body, ServiceAccountGrant(account, token_uri));
  } else if (kind == "authorized_user") {
    body = fmt::format("grant_type=refresh_token&client_id={}&client_secret={}&refresh_token={}",
                       UriEncode(Text(account, "client_id"), false),
                       UriEncode(Text(account, "client_secret"), false),
                       UriEncode(Text(account, "refresh_token"), false));
  } else {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("{}: Google credentials of type '{}'; expected service_account or authorized_user", path,
                    kind));
  }
  HttpRequest request;
  request.method = "POST";
  request.url = token_uri;
  request.headers = {"Content-Type: application/x-www-form-urlencoded"};
  request.body = body;
  request.timeout_seconds = 30;
  return Exchange(request);
}

}  // namespace

Result<std::string> GcpToken::Get() {
  const std::lock_guard lock(mutex_);
  if (known_ && (expires_ms_ == 0 || NowMillis() + kRenewTokenBeforeMs < expires_ms_)) return token_;
  PL_ASSIGN_OR_RETURN(token_, Ask());
  known_ = true;
  return token_;
}

Result<std::string> GcpToken::Ask() {
  expires_ms_ = 0;
  if (!Env("STORAGE_EMULATOR_HOST").empty()) return std::string();
  std::string path = Env("GOOGLE_APPLICATION_CREDENTIALS");
  if (path.empty()) {
    path = Env("HOME") + "/.config/gcloud/application_default_credentials.json";
    if (!std::ifstream(path)) path.clear();
  } else if (!std::ifstream(path)) {
    return Error(ErrorCode::kPermission,
                 "GOOGLE_APPLICATION_CREDENTIALS names " + path + ", which cannot be read");
  }
  HttpAnswer answer;
  if (!path.empty()) {
    PL_ASSIGN_OR_RETURN(answer, AskWithFile(path));
  } else if (!AskInstance(&answer)) {
    return std::string();
  }
  const Json object = Json::parse(answer.body, nullptr, false);
  std::string token = Text(object, "access_token");
  if (answer.status != 200 || token.empty()) {
    return Error(ErrorCode::kPermission, fmt::format("Google gave no access token: {} {}", answer.status,
                                                     Text(object, "error_description")));
  }
  const int64_t seconds = object.contains("expires_in") && object["expires_in"].is_number()
                              ? object["expires_in"].get<int64_t>()
                              : 300;
  expires_ms_ = NowMillis() + seconds * 1000;
  return token;
}

}  // namespace pixlake::io
