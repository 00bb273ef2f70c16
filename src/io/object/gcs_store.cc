// Google Cloud Storage: JSON API v1.
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "io/object/gcp_token_internal.h"
#include "io/object/http_exchange_internal.h"
#include "io/object/json_answer_internal.h"
#include "io/object/remote_store.h"

namespace pixlake::io {
namespace {

constexpr int64_t kGcsPartBytes = int64_t{16} << 20;  // a multiple of 256 KiB, as uploads want it
constexpr int64_t kMostGcsListBytes = int64_t{64} << 20;

int64_t Number(const Json& object, const char* name) {
  return std::strtoll(Text(object, name).c_str(), nullptr, 10);
}

// RFC 2046, 5.1.1: what parts a body must not stand in it.
std::string BoundaryNotIn(std::string_view bytes) {
  std::string boundary;
  do {
    boundary = "pixlake-" + NewUuid();
  } while (bytes.find(boundary) != std::string_view::npos);
  return boundary;
}

// kUsage for a name that is no UTF-8, which GCS has not.
Result<std::string> MultipartBody(const std::string& name, std::string_view bytes,
                                  const std::string& boundary) {
  std::string resource;
  try {
    resource = Json({{"name", name}}).dump();
  } catch (const Json::exception&) {
    return Error(ErrorCode::kUsage,
                 "writing an object: names in Google Cloud Storage are UTF-8, and this is none");
  }
  std::string body = fmt::format(
      "--{0}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{1}\r\n"
      "--{0}\r\nContent-Type: application/octet-stream\r\n\r\n",
      boundary, resource);
  body.reserve(body.size() + bytes.size() + boundary.size() + 8);
  return body.append(bytes).append("\r\n--").append(boundary).append("--\r\n");
}

class GcsApi : public ObjectApi, public std::enable_shared_from_this<GcsApi> {
 public:
  explicit GcsApi(std::string bucket) : bucket_(std::move(bucket)), origin_(Origin()) {}

  std::string_view scheme() const override { return "gs"; }
  int64_t part_bytes() const override { return kGcsPartBytes; }

  Result<std::string> Get(const std::string& path, int64_t offset, int64_t length,
                          int64_t max_bytes) override {
    const auto make = [&]() -> Result<HttpRequest> {
      PL_ASSIGN_OR_RETURN(HttpRequest request, Make("GET", ObjectUrl(path) + "?alt=media"));
      if (length >= 0)
        request.headers.push_back(fmt::format("Range: bytes={}-{}", offset, offset + length - 1));
      request.max_answer_bytes = max_bytes;
      return request;
    };
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, ExchangeWithRetry(make));
    if (answer.status == 206) return std::move(answer.body);
    if (answer.status != 200) return AnswerError(answer, "reading", path);
    // A server that takes no ranges sends everything.
    return length < 0 ? std::move(answer.body)
                      : answer.body.substr(std::min(answer.body.size(), static_cast<size_t>(offset)),
                                           static_cast<size_t>(length));
  }

  Result<ObjectInfo> Head(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Simple("GET", ObjectUrl(path)));
    if (answer.status != 200) return AnswerError(answer, "looking at", path);
    return Info(path, Json::parse(answer.body, nullptr, false));
  }

  // ifGenerationMatch=0: only where nothing has that name. As one multipart request ("Objects:
  // insert", uploadType=multipart), whose precondition the tests' server keeps under a race, too.
  Status Put(const std::string& path, std::string_view bytes, bool if_absent) override {
    const std::string url = fmt::format("{}/upload/storage/v1/b/{}/o?uploadType=multipart{}", origin_,
                                        UriEncode(bucket_, false), if_absent ? "&ifGenerationMatch=0" : "");
    const std::string boundary = BoundaryNotIn(bytes);
    PL_ASSIGN_OR_RETURN(const std::string body, MultipartBody(SplitObjectUri(path).key, bytes, boundary));
    const auto make = [&]() -> Result<HttpRequest> {
      PL_ASSIGN_OR_RETURN(HttpRequest request, Make("POST", url));
      request.headers.push_back("Content-Type: multipart/related; boundary=" + boundary);
      request.body = body;
      return request;
    };
    Result<HttpAnswer> answer = Error(ErrorCode::kInternal, "not asked");
    if (if_absent) {
      PL_ASSIGN_OR_RETURN(const HttpRequest request, make());
      answer = Exchange(request);
      if (!answer.ok() && CodeOf(answer.status()) == ErrorCode::kIo)
        return Error(ErrorCode::kCommitStateUnknown, answer.status().message());
    } else {
      answer = ExchangeWithRetry(make);
    }
    PL_RETURN_NOT_OK(answer.status());
    if (answer->status == 200) return Status::OK();
    const Status error = AnswerError(*answer, "writing", path);
    const bool unknown = if_absent && (answer->status == 429 || answer->status >= 500);
    return unknown ? Error(ErrorCode::kCommitStateUnknown, error.message()) : error;
  }

  Result<std::unique_ptr<ObjectUpload>> Upload(const std::string& path) override;

  Result<ObjectListing> List(const std::string& folder, const std::string& start_from) override {
    const std::string key = SplitObjectUri(folder).key;
    std::string prefix = key;
    if (!prefix.empty() && !prefix.ends_with('/')) prefix.push_back('/');
    const std::string root = folder.substr(0, folder.size() - key.size());
    const std::string base = (root.ends_with('/') ? root : root + "/") + prefix;
    ObjectListing listing;
    for (std::string token; true;) {
      std::string url = fmt::format("{}/storage/v1/b/{}/o?delimiter=%2F&prefix={}", origin_,
                                    UriEncode(bucket_, false), UriEncode(prefix, false));
      if (!start_from.empty()) url += "&startOffset=" + UriEncode(prefix + start_from, false);
      if (!token.empty()) url += "&pageToken=" + UriEncode(token, false);
      PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Simple("GET", url));
      if (answer.status != 200) return AnswerError(answer, "listing", folder);
      const Json page = Json::parse(answer.body, nullptr, false);
      if (!page.is_object())
        return Error(ErrorCode::kCorrupt, "listing " + folder + ": the answer is no JSON");
      for (const Json& item : page.value("items", Json::array())) {
        const std::string full = Text(item, "name");
        const std::string name = full.substr(std::min(prefix.size(), full.size()));
        if (!name.empty() && name.find('/') == std::string::npos && name >= start_from)
          listing.objects.push_back(Info(base + name, item));
      }
      for (const Json& one : page.value("prefixes", Json::array())) {
        if (!one.is_string()) continue;
        const auto full = one.get<std::string>();
        std::string name = full.substr(std::min(prefix.size(), full.size()));
        if (name.ends_with('/')) name.pop_back();
        if (!name.empty()) listing.folders.push_back(std::move(name));
      }
      token = Text(page, "nextPageToken");
      if (token.empty()) return listing;
    }
  }

  Status Delete(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Simple("DELETE", ObjectUrl(path)));
    return answer.status == 204 || answer.status == 200 ? Status::OK()
                                                        : AnswerError(answer, "deleting", path);
  }

  Result<FetchTarget> ReadRequest(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(HttpRequest request, Make("GET", ObjectUrl(path) + "?alt=media"));
    return FetchTarget{std::move(request.url), std::move(request.headers), true};
  }

  Result<HttpRequest> Make(const char* method, std::string url) {
    HttpRequest request;
    request.method = method;
    request.url = std::move(url);
    request.max_answer_bytes = kMostGcsListBytes;
    PL_ASSIGN_OR_RETURN(const std::string token, token_.Get());
    if (!token.empty()) request.headers.push_back("Authorization: Bearer " + token);
    return request;
  }

  const std::string& bucket() const { return bucket_; }
  const std::string& origin() const { return origin_; }

 private:
  // As Google's own libraries: an emulator's address with or without its scheme.
  static std::string Origin() {
    const char* emulator = std::getenv("STORAGE_EMULATOR_HOST");
    if (emulator == nullptr || *emulator == '\0') return "https://storage.googleapis.com";
    std::string origin(emulator);
    if (origin.find("://") == std::string::npos) origin = "http://" + origin;
    while (origin.ends_with('/')) origin.pop_back();
    return origin;
  }

  std::string ObjectUrl(const std::string& path) const {
    return fmt::format("{}/storage/v1/b/{}/o/{}", origin_, UriEncode(bucket_, false),
                       UriEncode(SplitObjectUri(path).key, false));
  }

  static ObjectInfo Info(const std::string& path, const Json& item) {
    return {path, Number(item, "size"), ParseTimestamp(Text(item, "updated")).ValueOr(0),
            Text(item, "generation")};
  }

  Result<HttpAnswer> Simple(const char* method, const std::string& url) {
    return ExchangeWithRetry([&] { return Make(method, url); });
  }

  const std::string bucket_;
  const std::string origin_;
  GcpToken token_;
};

// "Resumable uploads": a session, then parts of it by Content-Range.
class GcsUpload : public ObjectUpload {
 public:
  GcsUpload(std::shared_ptr<GcsApi> api, std::string path, std::string session)
      : api_(std::move(api)), path_(std::move(path)), session_(std::move(session)) {}

  ~GcsUpload() override {
    if (finished_) return;
    HttpRequest request;
    request.method = "DELETE";
    request.url = session_;
    (void)Exchange(request);
  }

  Status Part(std::string_view bytes) override {
    // The last part says how long all of it is, so one is kept back.
    if (!kept_.empty()) PL_RETURN_NOT_OK(Send(false));
    kept_ = bytes;
    return Status::OK();
  }

  Status Finish() override {
    PL_RETURN_NOT_OK(Send(true));
    finished_ = true;
    return Status::OK();
  }

 private:
  Status Send(bool last) {
    const int64_t end = sent_ + static_cast<int64_t>(kept_.size());
    const auto make = [&]() -> Result<HttpRequest> {
      HttpRequest request;
      request.method = "PUT";
      request.url = session_;
      request.body = kept_;
      request.headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}", sent_, end - 1,
                                            last ? std::to_string(end) : std::string("*")));
      return request;
    };
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer, ExchangeWithRetry(make));
    if (answer.status != (last ? 200 : 308) && answer.status != 201)
      return AnswerError(answer, "writing", path_);
    sent_ = end;
    kept_.clear();
    return Status::OK();
  }

  const std::shared_ptr<GcsApi> api_;
  const std::string path_, session_;
  std::string kept_;
  int64_t sent_ = 0;
  bool finished_ = false;
};

Result<std::unique_ptr<ObjectUpload>> GcsApi::Upload(const std::string& path) {
  const std::string url =
      fmt::format("{}/upload/storage/v1/b/{}/o?uploadType=resumable&ifGenerationMatch=0&name={}", origin_,
                  UriEncode(bucket_, false), UriEncode(SplitObjectUri(path).key, false));
  PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Simple("POST", url));
  const std::string session = answer.Header("location");
  if (answer.status != 200 || session.empty()) return AnswerError(answer, "writing", path);
  return std::make_unique<GcsUpload>(shared_from_this(), path, session);
}

}  // namespace

Result<std::shared_ptr<ObjectApi>> OpenGcs(const std::string& bucket) {
  return std::make_shared<GcsApi>(bucket);
}

}  // namespace pixlake::io
