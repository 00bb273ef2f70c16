// HDFS through WebHDFS (Hadoop 3, "WebHDFS REST API"). A file there is visible while it is
// written, so everything is written beside its name and renamed.
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/uuid.h"
#include "io/object/http_exchange_internal.h"
#include "io/object/json_answer_internal.h"
#include "io/object/remote_store.h"

namespace pixlake::io {
namespace {

constexpr int64_t kHdfsPartBytes = int64_t{32} << 20;
constexpr int64_t kMostHdfsListBytes = int64_t{256} << 20;

// The name node's HTTP port where a URI has none or that of its other protocol.
std::string Origin(const std::string& authority) {
  if (const char* gateway = std::getenv("PIXLAKE_WEBHDFS"); gateway != nullptr && *gateway != '\0') {
    std::string origin(gateway);
    while (origin.ends_with('/')) origin.pop_back();
    return origin;
  }
  const size_t colon = authority.rfind(':');
  const std::string port = colon == std::string::npos ? "" : authority.substr(colon + 1);
  const bool other = port.empty() || port == "8020" || port == "9000";
  return "http://" + (other ? authority.substr(0, colon) + ":9870" : authority);
}

std::string User() {
  for (const char* name : {"HADOOP_USER_NAME", "USER"}) {
    const char* user = std::getenv(name);
    if (user != nullptr && *user != '\0') return user;
  }
  return "hdfs";
}

// What a failed call says: {"RemoteException": {"exception": …, "message": …}}.
Status RemoteError(HttpAnswer answer, std::string_view doing, std::string_view uri) {
  const Json object = Json::parse(answer.body, nullptr, false);
  if (object.is_object() && object.contains("RemoteException")) {
    const Json& exception = object["RemoteException"];
    const std::string name = exception.value("exception", "");
    answer.body = name + ": " + exception.value("message", "");
    if (name == "FileAlreadyExistsException") answer.status = 409;
    if (name == "FileNotFoundException") answer.status = 404;
  }
  return AnswerError(answer, doing, uri);
}

class HdfsApi : public ObjectApi, public std::enable_shared_from_this<HdfsApi> {
 public:
  explicit HdfsApi(const std::string& authority) : origin_(Origin(authority)), user_(User()) {}

  std::string_view scheme() const override { return "hdfs"; }
  int64_t part_bytes() const override { return kHdfsPartBytes; }

  Result<std::string> Get(const std::string& path, int64_t offset, int64_t length,
                          int64_t max_bytes) override {
    const std::string range = length >= 0 ? fmt::format("&offset={}&length={}", offset, length) : "";
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, Call("GET", path, "OPEN" + range, {}, max_bytes));
    if (answer.status != 200) return RemoteError(std::move(answer), "reading", path);
    return std::move(answer.body);
  }

  static ObjectInfo Info(std::string path, const Json& status) {
    return {std::move(path), status.value("length", int64_t{0}), status.value("modificationTime", int64_t{0}),
            std::to_string(status.value("fileId", int64_t{0}))};
  }

  Result<ObjectInfo> Head(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, Call("GET", path, "GETFILESTATUS", {}));
    if (answer.status != 200) return RemoteError(std::move(answer), "looking at", path);
    const Json object = Json::parse(answer.body, nullptr, false);
    if (!object.is_object() || !object.contains("FileStatus"))
      return Error(ErrorCode::kCorrupt, "looking at " + path + ": the answer has no FileStatus");
    const Json& status = object["FileStatus"];
    if (status.value("type", "") != "FILE") return Error(ErrorCode::kNotFound, path + " is a folder");
    return Info(path, status);
  }

  Status Put(const std::string& path, std::string_view bytes, bool if_absent) override {
    const std::string temporary = TemporaryBeside(path);
    Status status = Write(temporary, bytes, true);
    if (status.ok()) status = Rename(temporary, path, !if_absent);
    if (!status.ok() && CodeOf(status) != ErrorCode::kCommitStateUnknown) (void)Delete(temporary);
    return status;
  }

  Result<std::unique_ptr<ObjectUpload>> Upload(const std::string& path) override;

  Result<ObjectListing> List(const std::string& folder, const std::string& start_from) override {
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, Call("GET", folder, "LISTSTATUS", {}, kMostHdfsListBytes));
    ObjectListing listing;
    if (answer.status == 404) return listing;
    if (answer.status != 200) return RemoteError(std::move(answer), "listing", folder);
    const Json object = Json::parse(answer.body, nullptr, false);
    if (!object.is_object() || !object.contains("FileStatuses"))
      return Error(ErrorCode::kCorrupt, "listing " + folder + ": the answer has no FileStatuses");
    for (const Json& status : object["FileStatuses"].value("FileStatus", Json::array())) {
      const std::string name = status.value("pathSuffix", "");
      if (name.empty()) continue;  // `folder` is a file
      if (status.value("type", "") == "DIRECTORY") {
        listing.folders.push_back(name);
      } else if (name >= start_from) {
        listing.objects.push_back(Info(JoinPath(folder, name), status));
      }
    }
    return listing;
  }

  Status Delete(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, Call("DELETE", path, "DELETE&recursive=false", {}));
    return answer.status == 200 ? Status::OK() : RemoteError(std::move(answer), "deleting", path);
  }

  Result<FetchTarget> ReadRequest(const std::string& path) override {
    return FetchTarget{Url(path, "OPEN"), {}, true};
  }

  static std::string TemporaryBeside(const std::string& path) {
    const size_t name = path.rfind('/') + 1;
    return fmt::format("{}.{}.{}.tmp", path.substr(0, name), path.substr(name), NewUuid());
  }

  // A new file, or more of one.
  Status Write(const std::string& path, std::string_view bytes, bool create) {
    PL_ASSIGN_OR_RETURN(HttpAnswer answer, create ? Call("PUT", path, "CREATE&overwrite=true", bytes)
                                                  : Call("POST", path, "APPEND", bytes));
    return answer.status == 201 || answer.status == 200 ? Status::OK()
                                                        : RemoteError(std::move(answer), "writing", path);
  }

  // Without `overwrite` a name that is taken stays: the answer is then {"boolean": false}.
  Status Rename(const std::string& from, const std::string& to, bool overwrite) {
    const std::string target = UriEncode("/" + SplitObjectUri(to).key, true);
    const HttpRequest request =
        Request("PUT", from, "RENAME&destination=" + target + (overwrite ? "&renameoptions=OVERWRITE" : ""));
    auto answer = Exchange(request);
    if (!answer.ok()) {
      return CodeOf(answer.status()) == ErrorCode::kIo
                 ? Error(ErrorCode::kCommitStateUnknown, answer.status().message())
                 : answer.status();
    }
    if (answer->status != 200) return RemoteError(*std::move(answer), "writing", to);
    const Json object = Json::parse(answer->body, nullptr, false);
    if (!overwrite && !(object.is_object() && object.value("boolean", false)))
      return Error(ErrorCode::kAlreadyExists, to + " exists already");
    return Status::OK();
  }

 private:
  std::string Url(const std::string& path, const std::string& operation) const {
    return fmt::format("{}/webhdfs/v1/{}?user.name={}&op={}", origin_,
                       UriEncode(SplitObjectUri(path).key, true), UriEncode(user_, false), operation);
  }

  HttpRequest Request(const char* method, const std::string& path, const std::string& operation) const {
    HttpRequest request;
    request.method = method;
    request.url = Url(path, operation);
    return request;
  }

  // The name node sends data to and from data nodes by a redirect; the first request has
  // no body. Appending is not tried again: half of it may have been done.
  Result<HttpAnswer> Call(const char* method, const std::string& path, const std::string& operation,
                          std::string_view body, int64_t most = int64_t{1} << 20) {
    const auto once = [&]() -> Result<HttpAnswer> {
      HttpRequest request = Request(method, path, operation);
      request.max_answer_bytes = most;
      PL_ASSIGN_OR_RETURN(HttpAnswer answer, Exchange(request));
      const std::string location = answer.Header("location");
      if (answer.status != 307 || location.empty()) return answer;
      request.url = location;
      request.body = body;
      request.headers = {"Content-Type: application/octet-stream"};
      return Exchange(request);
    };
    Result<HttpAnswer> answer = once();
    for (int again = 0; again < 3 && std::string_view(method) != "POST"; ++again) {
      if (answer.ok() ? answer->status < 500 : CodeOf(answer.status()) != ErrorCode::kIo) break;
      answer = once();
    }
    return answer;
  }

  const std::string origin_;
  const std::string user_;
};

class HdfsUpload : public ObjectUpload {
 public:
  HdfsUpload(std::shared_ptr<HdfsApi> api, std::string path)
      : api_(std::move(api)), path_(std::move(path)), temporary_(HdfsApi::TemporaryBeside(path_)) {}

  ~HdfsUpload() override {
    if (begun_ && !finished_) (void)api_->Delete(temporary_);
  }

  Status Part(std::string_view bytes) override {
    const bool first = !std::exchange(begun_, true);
    return api_->Write(temporary_, bytes, first);
  }

  Status Finish() override {
    PL_RETURN_NOT_OK(api_->Rename(temporary_, path_, false));
    finished_ = true;
    return Status::OK();
  }

 private:
  const std::shared_ptr<HdfsApi> api_;
  const std::string path_, temporary_;
  bool begun_ = false;
  bool finished_ = false;
};

Result<std::unique_ptr<ObjectUpload>> HdfsApi::Upload(const std::string& path) {
  return std::make_unique<HdfsUpload>(shared_from_this(), path);
}

}  // namespace

Result<std::shared_ptr<ObjectApi>> OpenHdfs(const std::string& authority) {
  return std::make_shared<HdfsApi>(authority);
}

}  // namespace pixlake::io
