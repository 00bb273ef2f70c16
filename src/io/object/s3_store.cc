// Amazon S3 and what speaks its protocol: REST API 2006-03-01.
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "io/object/aws_signature_internal.h"
#include "io/object/http_exchange_internal.h"
#include "io/object/remote_store.h"
#include "io/object/s3_xml_internal.h"

namespace pixlake::io {
namespace {

constexpr int64_t kS3PartBytes = int64_t{16} << 20;  // 10,000 parts: up to 160 GB
constexpr int64_t kMostS3ListBytes = int64_t{64} << 20;
using Query = std::vector<std::pair<std::string, std::string>>;

struct S3Call {
  std::string_view method;
  std::string key;
  Query query;
  std::vector<std::string> headers;
  std::string_view body;
  int64_t most = int64_t{1} << 20;
};

class S3Api : public ObjectApi, public std::enable_shared_from_this<S3Api> {
 public:
  explicit S3Api(std::string bucket) : bucket_(std::move(bucket)), settings_(FindAwsSettings()) {}

  std::string_view scheme() const override { return "s3"; }
  int64_t part_bytes() const override { return kS3PartBytes; }

  Result<std::string> Get(const std::string& path, int64_t offset, int64_t length,
                          int64_t max_bytes) override {
    S3Call call{"GET", SplitObjectUri(path).key, {}, {}, {}, max_bytes};
    if (length >= 0) call.headers.push_back(fmt::format("Range: bytes={}-{}", offset, offset + length - 1));
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, Send(call, true));
    if (answer.status == 200 || answer.status == 206) return std::move(answer.body);
    return AnswerError(answer, "reading", path);
  }

  Result<ObjectInfo> Head(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Send({"HEAD", SplitObjectUri(path).key, {}, {}, {}}, true));
    if (answer.status != 200) return AnswerError(answer, "looking at", path);
    return ObjectInfo{path, std::strtoll(answer.Header("content-length").c_str(), nullptr, 10),
                      HttpDateMillis(answer.Header("last-modified")), answer.Header("etag")};
  }

  Status Put(const std::string& path, std::string_view bytes, bool if_absent) override {
    S3Call call{"PUT", SplitObjectUri(path).key, {}, {}, bytes};
    if (if_absent) call.headers.emplace_back("If-None-Match: *");
    const auto answer = Send(call, !if_absent);
    if (!answer.ok() && if_absent && CodeOf(answer.status()) == ErrorCode::kIo)
      return Error(ErrorCode::kCommitStateUnknown, answer.status().message());
    PL_RETURN_NOT_OK(answer.status());
    if (answer->status == 200) return Status::OK();
    // 409: another conditional write is under way; 5xx: it may have been done.
    const Status error = AnswerError(*answer, "writing", path);
    const bool unknown =
        if_absent && (answer->status == 409 || answer->status == 429 || answer->status >= 500);
    return unknown ? Error(ErrorCode::kCommitStateUnknown, error.message()) : error;
  }

  Result<std::unique_ptr<ObjectUpload>> Upload(const std::string& path) override;

  // The delimiter makes what is deeper one prefix.
  Result<ObjectListing> List(const std::string& folder, const std::string& start_from) override {
    std::string prefix = SplitObjectUri(folder).key;
    if (!prefix.empty() && !prefix.ends_with('/')) prefix.push_back('/');
    const std::string root = folder.substr(0, folder.size() - SplitObjectUri(folder).key.size());
    const std::string base = (root.ends_with('/') ? root : root + "/") + prefix;
    Query query = {{"list-type", "2"}, {"prefix", prefix}, {"delimiter", "/"}};
    if (!start_from.empty()) {
      // `start-after` leaves its own name out: the name a little before.
      std::string before = prefix + start_from;
      before.back() = static_cast<char>(before.back() - 1);
      query.emplace_back("start-after", before + "~");
    }
    ObjectListing listing;
    for (std::string token; true;) {
      Query page = query;
      if (!token.empty()) page.emplace_back("continuation-token", token);
      PL_ASSIGN_OR_RETURN(const HttpAnswer answer, Send({"GET", "", page, {}, {}, kMostS3ListBytes}, true));
      if (answer.status != 200) return AnswerError(answer, "listing", folder);
      PL_ASSIGN_OR_RETURN(const S3Answer found, ParseS3Answer(answer.body));
      for (const S3Answer::Object& object : found.objects) {
        const std::string name = object.key.substr(std::min(prefix.size(), object.key.size()));
        if (!name.empty() && name >= start_from)
          listing.objects.push_back({base + name, object.size, object.modified_ms, object.etag});
      }
      for (const std::string& one : found.prefixes) {
        std::string name = one.substr(std::min(prefix.size(), one.size()));
        if (name.ends_with('/')) name.pop_back();
        if (!name.empty()) listing.folders.push_back(std::move(name));
      }
      token = found.next_token;
      if (token.empty()) return listing;
    }
  }

  Status Delete(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer,
                        Send({"DELETE", SplitObjectUri(path).key, {}, {}, {}}, true));
    return answer.status == 204 || answer.status == 200 ? Status::OK()
                                                        : AnswerError(answer, "deleting", path);
  }

  Result<FetchTarget> ReadRequest(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(HttpRequest request, Make({"GET", SplitObjectUri(path).key, {}, {}, {}}));
    return FetchTarget{std::move(request.url), std::move(request.headers), true};
  }

  Result<HttpAnswer> Send(const S3Call& call, bool again) {
    const auto make = [&] { return Make(call); };
    auto answer = again ? ExchangeWithRetry(make) : Once(make);
    if (!answer.ok() || (answer->status != 301 && answer->status != 307 && answer->status != 400))
      return answer;
    // The bucket is elsewhere, and says where.
    const std::string region = answer->Header("x-amz-bucket-region");
    {
      const std::lock_guard lock(mutex_);
      if (region.empty() || region == settings_.region) return answer;
      settings_.region = region;
    }
    return again ? ExchangeWithRetry(make) : Once(make);
  }

 private:
  template <typename MakeRequest>
  static Result<HttpAnswer> Once(const MakeRequest& make) {
    PL_ASSIGN_OR_RETURN(const HttpRequest request, make());
    return Exchange(request);
  }

  Result<HttpRequest> Make(const S3Call& call) {
    std::string region;
    {
      const std::lock_guard lock(mutex_);
      region = settings_.region;
    }
    // Virtual-hosted style where certificates allow it, path style at other endpoints.
    const bool in_host = settings_.endpoint.empty() && bucket_.find('.') == std::string::npos;
    std::string origin = settings_.endpoint;
    if (origin.empty())
      origin = fmt::format("https://{}s3.{}.amazonaws.com", in_host ? bucket_ + "." : "", region);
    const std::string path = (in_host ? "/" : "/" + bucket_ + "/") + UriEncode(call.key, true);
    HttpRequest request;
    request.method = call.method;
    request.url = origin + path;
    if (const std::string query = CanonicalQuery(call.query); !query.empty()) request.url += "?" + query;
    request.headers = call.headers;
    request.body = call.body;
    request.max_answer_bytes = call.most;
    PL_ASSIGN_OR_RETURN(const auto credentials, credentials_.Get());
    if (!credentials) return request;
    const bool secure = origin.starts_with("https://");
    const std::string payload = secure && !call.body.empty() ? "UNSIGNED-PAYLOAD" : HexSha256(call.body);
    const std::string host = origin.substr(origin.find("://") + 3);
    AwsRequest signing{call.method, host, path, call.query, region, "s3", payload, NowMillis()};
    for (std::string& header : SignAws(signing, *credentials)) request.headers.push_back(std::move(header));
    return request;
  }

  // "Wed, 21 Oct 2015 07:28:00 GMT"; 0 for what is none.
  static int64_t HttpDateMillis(const std::string& text) {
    struct tm parts {};
    if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &parts) == nullptr) return 0;
    return int64_t{::timegm(&parts)} * 1000;
  }

  const std::string bucket_;
  std::mutex mutex_;  // of settings_.region
  AwsSettings settings_;
  AwsCredentialsProvider credentials_;
};

class S3Upload : public ObjectUpload {
 public:
  S3Upload(std::shared_ptr<S3Api> api, std::string path, std::string id)
      : api_(std::move(api)), path_(std::move(path)), key_(SplitObjectUri(path_).key), id_(std::move(id)) {}

  ~S3Upload() override {
    if (!finished_) (void)api_->Send({"DELETE", key_, {{"uploadId", id_}}, {}, {}}, false);
  }

  Status Part(std::string_view bytes) override {
    const Query query = {{"partNumber", std::to_string(parts_.size() + 1)}, {"uploadId", id_}};
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer, api_->Send({"PUT", key_, query, {}, bytes}, true));
    if (answer.status != 200) return AnswerError(answer, "writing", path_);
    parts_.push_back(answer.Header("etag"));
    return Status::OK();
  }

  // The name is new to the bucket, or the upload fails: as `Create` promises.
  Status Finish() override {
    std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (size_t i = 0; i < parts_.size(); ++i)
      xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, parts_[i]);
    xml += "</CompleteMultipartUpload>";
    const S3Call call{
        "POST", key_, {{"uploadId", id_}}, {"If-None-Match: *", "Content-Type: application/xml"}, xml};
    PL_ASSIGN_OR_RETURN(const HttpAnswer answer, api_->Send(call, false));
    if (answer.status != 200) return AnswerError(answer, "finishing", path_);
    // An error may come after 200 was sent.
    PL_ASSIGN_OR_RETURN(const S3Answer said, ParseS3Answer(answer.body));
    if (!said.error_code.empty())
      return Error(ErrorCode::kIo,
                   fmt::format("finishing {}: the store answered {}", path_, said.error_code));
    finished_ = true;
    return Status::OK();
  }

 private:
  const std::shared_ptr<S3Api> api_;
  const std::string path_, key_, id_;
  std::vector<std::string> parts_;
  bool finished_ = false;
};

Result<std::unique_ptr<ObjectUpload>> S3Api::Upload(const std::string& path) {
  PL_ASSIGN_OR_RETURN(const HttpAnswer answer,
                      Send({"POST", SplitObjectUri(path).key, {{"uploads", ""}}, {}, {}}, true));
  if (answer.status != 200) return AnswerError(answer, "writing", path);
  PL_ASSIGN_OR_RETURN(const S3Answer said, ParseS3Answer(answer.body));
  if (said.upload_id.empty())
    return Error(ErrorCode::kIo, fmt::format("writing {}: the store began no upload", path));
  return std::make_unique<S3Upload>(shared_from_this(), path, said.upload_id);
}

}  // namespace

Result<std::shared_ptr<ObjectApi>> OpenS3(const std::string& bucket) {
  return std::make_shared<S3Api>(bucket);
}

}  // namespace pixlake::io
