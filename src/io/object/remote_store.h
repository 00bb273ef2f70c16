// Stores behind HTTP: what differs from one to the other, and the `Store` made of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory/cache_loan.h"
#include "io/http/fetcher.h"
#include "io/store.h"

namespace pixlake::io {

// An object being sent in parts. Nothing is visible before Finish; destroyed before that it
// is given up.
class ObjectUpload {
 public:
  virtual ~ObjectUpload() = default;
  // Every part but the last has `part_bytes` of the store.
  virtual Status Part(std::string_view bytes) = 0;
  // kAlreadyExists when the name was taken meanwhile.
  virtual Status Finish() = 0;
};

struct ObjectListing {
  std::vector<ObjectInfo> objects;   // directly in the folder; paths as the store takes them
  std::vector<std::string> folders;  // names
};

// One provider. Thread-safe. Paths are whole URIs: "s3://bucket/a/b". Requests are tried again
// where that is safe. Secrets reach no message.
class ObjectApi {
 public:
  virtual ~ObjectApi() = default;
  virtual std::string_view scheme() const = 0;
  virtual int64_t part_bytes() const = 0;

  // Bytes [offset, offset + length), fewer at the end; length -1: all. kNotFound; kOverBudget
  // for more than `max_bytes`.
  virtual Result<std::string> Get(const std::string& path, int64_t offset, int64_t length,
                                  int64_t max_bytes) = 0;
  virtual Result<ObjectInfo> Head(const std::string& path) = 0;
  // With `if_absent` kAlreadyExists for a name that is taken, and kCommitStateUnknown when no
  // answer said whether it was done.
  virtual Status Put(const std::string& path, std::string_view bytes, bool if_absent) = 0;
  virtual Result<std::unique_ptr<ObjectUpload>> Upload(const std::string& path) = 0;
  // Names from `start_from` on, sorted. A folder that is not there is empty.
  virtual Result<ObjectListing> List(const std::string& folder, const std::string& start_from) = 0;
  virtual Status Delete(const std::string& path) = 0;
  // The request that reads an object, signed for now.
  virtual Result<FetchTarget> ReadRequest(const std::string& path) = 0;
};

// A put without an answer is settled by reading back: when the object holds these very
// bytes it was ours.
std::shared_ptr<Store> MakeRemoteStore(std::shared_ptr<ObjectApi> api);

// Small ranged reads are kept: room for `bytes` more of them while the loan lives; without any
// loan there are 32 MiB.
CacheLoan LendToRanges(int64_t bytes);

// The providers, for the part of a URI between "//" and the next '/': shared by all who
// ask for the same.
Result<std::shared_ptr<ObjectApi>> OpenS3(const std::string& bucket);
Result<std::shared_ptr<ObjectApi>> OpenGcs(const std::string& bucket);
Result<std::shared_ptr<ObjectApi>> OpenHdfs(const std::string& authority);

// "s3://bucket/a/b" to {"bucket", "a/b"}.
struct ObjectName {
  std::string bucket;
  std::string key;
};
ObjectName SplitObjectUri(std::string_view uri);

// The provider of a URI's scheme.
Result<std::shared_ptr<ObjectApi>> OpenObjectApi(std::string_view uri);

}  // namespace pixlake::io
