#include "io/object/remote_store.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <fmt/format.h>

#include "base/memory/byte_lru.h"
#include "io/arrow_input.h"
#include "io/location.h"
#include "io/object_url.h"
#include "io/uri_scheme.h"

namespace pixlake::io {
namespace {

constexpr int kPutAttempts = 4;

Status AlreadyThere(const std::string& path) {
  return Error(ErrorCode::kAlreadyExists, path + " exists already");
}

// A put whose answer never came is settled by reading back: these very bytes there mean it
// was done, others that somebody else was first, none that it may be tried again.
Status PutNew(ObjectApi* api, const std::string& path, std::string_view bytes) {
  Status put;
  bool uncertain = false;
  for (int attempt = 0; attempt < kPutAttempts; ++attempt) {
    put = api->Put(path, bytes, true);
    const bool unknown = !put.ok() && CodeOf(put) == ErrorCode::kCommitStateUnknown;
    if (!unknown && !(uncertain && !put.ok() && CodeOf(put) == ErrorCode::kAlreadyExists)) return put;
    uncertain = true;
    const auto there = api->Get(path, 0, -1, static_cast<int64_t>(bytes.size()));
    if (there.ok()) return *there == bytes ? Status::OK() : AlreadyThere(path);
    if (CodeOf(there.status()) == ErrorCode::kOverBudget) return AlreadyThere(path);
    if (CodeOf(there.status()) != ErrorCode::kNotFound) return put;
  }
  return put;
}

// Footers, indexes and small pages are asked for again and again.
constexpr int64_t kMostKept = int64_t{256} << 10;

ByteLru<std::string>& SmallReads() {
  static auto* const reads = new ByteLru<std::string>(int64_t{32} << 20);
  return *reads;
}

// Ranged reads, small ones kept by the object's version; the size is asked for once.
class RemoteFile : public RangedInput {
 public:
  RemoteFile(std::shared_ptr<ObjectApi> api, ObjectInfo info)
      : api_(std::move(api)),
        info_(std::move(info)),
        version_(info_.etag.empty()
                     ? std::string()
                     : fmt::format("{} {} {} {}", info_.path, info_.etag, info_.size, info_.modified_ms)) {}

  Result<int64_t> GetSize() override { return info_.size; }

  Result<int64_t> ReadAt(int64_t position, int64_t count, void* out) override {
    PL_ASSIGN_OR_RETURN(const std::string bytes, Range(position, count));
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(out));
    return static_cast<int64_t>(bytes.size());
  }
  Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t count) override {
    PL_ASSIGN_OR_RETURN(std::string bytes, Range(position, count));
    return arrow::Buffer::FromString(std::move(bytes));
  }
  Result<std::shared_ptr<const arrow::KeyValueMetadata>> ReadMetadata() override {
    return VersionMetadata(version_);
  }

 private:
  Result<std::string> Range(int64_t position, int64_t count) {
    if (position < 0 || count < 0)
      return Error(ErrorCode::kInternal,
                   fmt::format("reading {} bytes at {} of {}", count, position, info_.path));
    count = std::min(count, info_.size - std::min(position, info_.size));
    if (count == 0) return std::string();
    const bool kept = count <= kMostKept && !version_.empty();
    const std::string key = kept ? fmt::format("{} {}+{}", version_, position, count) : std::string();
    if (kept) {
      if (const auto before = SmallReads().Find(key); before != nullptr) return *before;
    }
    PL_ASSIGN_OR_RETURN(std::string bytes, api_->Get(info_.path, position, count, count));
    if (static_cast<int64_t>(bytes.size()) != count) {
      return Error(ErrorCode::kIo, fmt::format("reading {}: {} bytes came of the {} at {}", info_.path,
                                               bytes.size(), count, position));
    }
    if (kept) SmallReads().Put(key, std::make_shared<const std::string>(bytes), count);
    return bytes;
  }

  const std::shared_ptr<ObjectApi> api_;
  const ObjectInfo info_;
  const std::string version_;
};

// Small objects go with one request, larger ones in parts.
class RemoteOutput : public OutputFile, private arrow::io::OutputStream {
 public:
  RemoteOutput(std::shared_ptr<ObjectApi> api, std::string path)
      : api_(std::move(api)), path_(std::move(path)) {}

  arrow::io::OutputStream* stream() override { return this; }

  Status Close() override {
    if (closed_) return Status::OK();
    closed_ = true;
    if (upload_ == nullptr) return PutNew(api_.get(), path_, buffer_);
    if (!buffer_.empty()) PL_RETURN_NOT_OK(upload_->Part(buffer_));
    return upload_->Finish();
  }

 private:
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return position_; }
  Status Write(const void* data, int64_t size) override {
    const auto* bytes = static_cast<const char*>(data);
    position_ += size;
    const auto part = static_cast<size_t>(api_->part_bytes());
    while (size > 0) {
      const size_t taken = std::min(static_cast<size_t>(size), part - buffer_.size());
      buffer_.append(bytes, taken);
      bytes += taken;
      size -= static_cast<int64_t>(taken);
      if (buffer_.size() < part) continue;
      if (upload_ == nullptr) {
        PL_ASSIGN_OR_RETURN(upload_, api_->Upload(path_));
      }
      PL_RETURN_NOT_OK(upload_->Part(buffer_));
      buffer_.clear();
    }
    return Status::OK();
  }

  const std::shared_ptr<ObjectApi> api_;
  const std::string path_;
  std::string buffer_;
  std::unique_ptr<ObjectUpload> upload_;
  int64_t position_ = 0;
  bool closed_ = false;
};

class RemoteStore : public Store {
 public:
  explicit RemoteStore(std::shared_ptr<ObjectApi> api) : api_(std::move(api)) {}

  std::string_view scheme() const override { return api_->scheme(); }

  Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) override {
    PL_ASSIGN_OR_RETURN(ObjectInfo info, api_->Head(path));
    return std::make_shared<RemoteFile>(api_, std::move(info));
  }

  Result<std::string> ReadAll(const std::string& path, int64_t max_bytes) override {
    return api_->Get(path, 0, -1, max_bytes);
  }

  Result<ObjectInfo> Stat(const std::string& path) override { return api_->Head(path); }

  Result<std::unique_ptr<OutputFile>> Create(const std::string& path) override {
    return std::make_unique<RemoteOutput>(api_, path);
  }

  Status PutIfAbsent(const std::string& path, std::string_view bytes) override {
    return PutNew(api_.get(), path, bytes);
  }

  Status Put(const std::string& path, std::string_view bytes) override {
    return api_->Put(path, bytes, false);
  }

  Result<std::vector<ObjectInfo>> List(const std::string& folder, const std::string& start_from) override {
    PL_ASSIGN_OR_RETURN(ObjectListing listing, api_->List(folder, start_from));
    std::sort(listing.objects.begin(), listing.objects.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    return std::move(listing.objects);
  }

  Result<std::vector<std::string>> ListFolders(const std::string& folder) override {
    PL_ASSIGN_OR_RETURN(ObjectListing listing, api_->List(folder, ""));
    std::sort(listing.folders.begin(), listing.folders.end());
    return std::move(listing.folders);
  }

  Result<bool> Exists(const std::string& path) override {
    const auto head = api_->Head(path);
    if (head.ok()) return true;
    if (CodeOf(head.status()) != ErrorCode::kNotFound) return head.status();
    PL_ASSIGN_OR_RETURN(const ObjectListing listing, api_->List(path, ""));
    return !listing.objects.empty() || !listing.folders.empty();
  }

  Status Delete(const std::string& path) override {
    const Status deleted = api_->Delete(path);
    return !deleted.ok() && CodeOf(deleted) == ErrorCode::kNotFound ? Status::OK() : deleted;
  }

 private:
  const std::shared_ptr<ObjectApi> api_;
};

}  // namespace

CacheLoan LendToRanges(int64_t bytes) {
  return SmallReads().Lend(bytes);
}

std::shared_ptr<Store> MakeRemoteStore(std::shared_ptr<ObjectApi> api) {
  return std::make_shared<RemoteStore>(std::move(api));
}

ObjectName SplitObjectUri(std::string_view uri) {
  const size_t scheme = uri.find("://");
  if (scheme != std::string_view::npos) uri.remove_prefix(scheme + 3);
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return {std::string(uri), {}};
  return {std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1))};
}

Result<std::shared_ptr<ObjectApi>> OpenObjectApi(std::string_view uri) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<ObjectApi>> open;
  const std::string scheme = SchemeOf(uri);
  const std::string bucket = SplitObjectUri(uri).bucket;
  if (bucket.empty() || bucket.find_first_of("?#@ ") != std::string::npos)
    return Error(ErrorCode::kUsage, fmt::format("'{}' names no bucket or host", uri));
  const std::lock_guard lock(mutex);
  std::shared_ptr<ObjectApi>& api = open[scheme + "://" + bucket];
  if (api != nullptr) return api;
  if (scheme == "s3" || scheme == "s3a") {
    PL_ASSIGN_OR_RETURN(api, OpenS3(bucket));
  } else if (scheme == "gs") {
    PL_ASSIGN_OR_RETURN(api, OpenGcs(bucket));
  } else if (scheme == "hdfs" || scheme == "webhdfs") {
    PL_ASSIGN_OR_RETURN(api, OpenHdfs(bucket));
  } else {
    return Error(ErrorCode::kUnsupported, fmt::format("no store for '{}://'", scheme));
  }
  return api;
}

bool IsObjectUri(std::string_view uri) {
  const std::string found = SchemeOf(uri);
  for (const std::string_view scheme : {"s3", "s3a", "gs", "hdfs", "webhdfs"}) {
    if (found == scheme) return true;
  }
  return false;
}

Result<FetchTarget> OpenObject(const std::string& uri) {
  PL_ASSIGN_OR_RETURN(const auto api, OpenObjectApi(uri));
  return api->ReadRequest(uri);
}

}  // namespace pixlake::io
