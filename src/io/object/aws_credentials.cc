#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "io/object/aws_credentials_internal.h"
#include "io/object/environment_internal.h"
#include "io/object/http_exchange_internal.h"

namespace pixlake::io {
namespace {

constexpr int64_t kRenewBeforeMs = 5 * 60 * 1000;

using Section = std::map<std::string, std::string>;

std::string Profile() {
  const std::string profile = Env("AWS_PROFILE");
  return profile.empty() ? "default" : profile;
}

std::string Trim(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// "AWS CLI user guide, Configuration and credential file settings": INI with sections.
Section ReadSection(const std::string& path, const std::string& section) {
  Section found;
  std::ifstream file(path);
  std::string line;
  bool inside = false;
  while (std::getline(file, line)) {
    const bool nested = !line.empty() && (line[0] == ' ' || line[0] == '\t');
    line = Trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      inside = Trim(line.substr(1, line.find(']') - 1)) == section;
      continue;
    }
    const size_t equals = line.find('=');
    if (inside && !nested && equals != std::string::npos)
      found[Trim(line.substr(0, equals))] = Trim(line.substr(equals + 1));
  }
  return found;
}

std::string PathFrom(const char* variable, const char* name) {
  const std::string path = Env(variable);
  return path.empty() ? Env("HOME") + "/.aws/" + name : path;
}

Section ConfigSection() {
  const std::string profile = Profile();
  return ReadSection(PathFrom("AWS_CONFIG_FILE", "config"),
                     profile == "default" ? profile : "profile " + profile);
}

std::optional<AwsCredentials> FromSection(const Section& section) {
  const auto key = section.find("aws_access_key_id"), secret = section.find("aws_secret_access_key");
  if (key == section.end() || secret == section.end()) return std::nullopt;
  AwsCredentials credentials{key->second, secret->second, {}, 0};
  if (const auto token = section.find("aws_session_token"); token != section.end())
    credentials.session_token = token->second;
  return credentials;
}

// What both endpoints answer: AccessKeyId, SecretAccessKey, Token, Expiration.
Result<std::optional<AwsCredentials>> FromAnswer(const HttpAnswer& answer, const std::string& from) {
  if (answer.status != 200)
    return Error(ErrorCode::kPermission,
                 fmt::format("{} answered {} to a request for credentials", from, answer.status));
  const nlohmann::json object = nlohmann::json::parse(answer.body, nullptr, false);
  const auto text = [&](const char* name) {
    return object.is_object() && object.contains(name) && object[name].is_string()
               ? object[name].get<std::string>()
               : std::string();
  };
  AwsCredentials credentials{text("AccessKeyId"), text("SecretAccessKey"), text("Token"), 0};
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    return Error(ErrorCode::kPermission, from + " gave no credentials");
  const auto expires = ParseTimestamp(text("Expiration"));
  credentials.expires_ms = expires.ok() ? *expires : NowMillis() + 2 * kRenewBeforeMs;
  return std::optional(std::move(credentials));
}

Result<std::optional<AwsCredentials>> FromContainer() {
  HttpRequest request;
  request.timeout_seconds = 5;
  request.url = Env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (const std::string relative = Env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !relative.empty())
    request.url = "http://169.254.170.2" + relative;
  if (request.url.empty()) return std::nullopt;
  std::string token = Env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string file = Env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    std::ifstream in(file);
    std::getline(in, token);
  }
  if (!token.empty()) request.headers.push_back("Authorization: " + token);
  PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Exchange(request));
  return FromAnswer(answer, "the container's credentials endpoint");
}

// Instance metadata service, version 2.
Result<std::optional<AwsCredentials>> FromInstance() {
  if (Env("AWS_EC2_METADATA_DISABLED") == "true") return std::nullopt;
  const std::string base = "http://169.254.169.254/latest/";
  HttpRequest request;
  request.method = "PUT";
  request.timeout_seconds = 1;
  request.connect_timeout_seconds = 1;
  request.url = base + "api/token";
  request.headers = {"X-aws-ec2-metadata-token-ttl-seconds: 300"};
  const auto token = Exchange(request);
  // Nobody there: this is no such machine.
  if (!token.ok() || token->status != 200) return std::nullopt;
  request.method = "GET";
  request.headers = {"X-aws-ec2-metadata-token: " + token->body};
  request.url = base + "meta-data/iam/security-credentials/";
  const auto role = Exchange(request);
  if (!role.ok() || role->status != 200) return std::nullopt;
  request.url += role->body.substr(0, role->body.find('\n'));
  PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Exchange(request));
  return FromAnswer(answer, "the instance metadata service");
}

}  // namespace

AwsSettings FindAwsSettings() {
  AwsSettings settings;
  const Section config = ConfigSection();
  const auto choose = [&](std::string* to, std::initializer_list<const char*> variables, const char* key) {
    for (const char* variable : variables) {
      if (const std::string value = Env(variable); !value.empty()) {
        *to = value;
        return;
      }
    }
    if (const auto found = config.find(key); found != config.end() && !found->second.empty())
      *to = found->second;
  };
  choose(&settings.region, {"AWS_REGION", "AWS_DEFAULT_REGION"}, "region");
  choose(&settings.endpoint, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}, "endpoint_url");
  while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
  return settings;
}

Result<std::optional<AwsCredentials>> AwsCredentialsProvider::Get() {
  const std::lock_guard lock(mutex_);
  const bool ending = credentials_ && credentials_->expires_ms != 0 &&
                      credentials_->expires_ms < NowMillis() + kRenewBeforeMs;
  if (known_ && !ending) return credentials_;
  PL_ASSIGN_OR_RETURN(credentials_, Find());
  known_ = true;
  return credentials_;
}

Result<std::optional<AwsCredentials>> AwsCredentialsProvider::Find() {
  const std::string key = Env("AWS_ACCESS_KEY_ID"), secret = Env("AWS_SECRET_ACCESS_KEY");
  if (!key.empty() && !secret.empty()) return AwsCredentials{key, secret, Env("AWS_SESSION_TOKEN"), 0};
  const Section section = ReadSection(PathFrom("AWS_SHARED_CREDENTIALS_FILE", "credentials"), Profile());
  if (auto credentials = FromSection(section)) return credentials;
  const Section config = ConfigSection();
  if (auto credentials = FromSection(config)) return credentials;
  for (const char* other : {"sso_session", "sso_start_url", "role_arn", "credential_process"}) {
    if (!config.contains(other) && !section.contains(other)) continue;
    return Error(ErrorCode::kUnsupported,
                 fmt::format("AWS profile '{}' uses {}, which is not spoken here; run `aws configure "
                             "export-credentials --format env` and pass what it prints",
                             Profile(), other));
  }
  PL_ASSIGN_OR_RETURN(auto credentials, FromContainer());
  if (credentials) return credentials;
  return FromInstance();
}

}  // namespace pixlake::io
