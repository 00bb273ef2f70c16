// Where bytes are kept. One interface for every kind of store; local today, made
// so that an object store (ranged reads, conditional puts, retries) fits behind it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include "base/result.h"

namespace pixlake::io {

struct ObjectInfo {
  std::string path;         // as the store takes it
  int64_t size = 0;         // bytes
  int64_t modified_ms = 0;  // milliseconds since the epoch
  std::string etag;         // another one when the object was replaced; the store's own kind
};

// A file being written. Bytes are visible under the final name only after
// Close() succeeded; destroying it before that leaves nothing behind.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  // Bytes may be written behind the caller: an error comes with a later Write or Close.
  virtual arrow::io::OutputStream* stream() = 0;
  // Makes the bytes durable (file and folder, unless the store was opened with
  // sync off) and visible. The path must not have existed.
  virtual Status Close() = 0;
};

// Thread-safe. Paths are absolute within the store ("/data/t/_delta_log/0.json").
class Store {
 public:
  virtual ~Store() = default;

  // "file", "s3", …
  virtual std::string_view scheme() const = 0;

  // Ranged reads. kNotFound when it is not there.
  virtual Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenInput(const std::string& path) = 0;

  // The whole object; kOverBudget when larger than `max_bytes`.
  virtual Result<std::string> ReadAll(const std::string& path, int64_t max_bytes = int64_t{1} << 30) = 0;

  virtual Result<ObjectInfo> Stat(const std::string& path) = 0;

  // A new data file, parents created.
  virtual Result<std::unique_ptr<OutputFile>> Create(const std::string& path) = 0;

  // Durable and atomic: the object appears whole, and only if nothing has that
  // name: kAlreadyExists otherwise, which is also what the losers of a race get.
  // kCommitStateUnknown when the store did not say (the caller reads back).
  virtual Status PutIfAbsent(const std::string& path, std::string_view bytes) = 0;

  // Durable and atomic; replaces what is there.
  virtual Status Put(const std::string& path, std::string_view bytes) = 0;

  // The same for what may be lost, or be found damaged, after the power failed: nothing
  // waits for the disk where that is slow.
  virtual Status PutHint(const std::string& path, std::string_view bytes) { return Put(path, bytes); }

  // The objects directly in a folder whose names are >= `start_from`, sorted by
  // name. A folder that does not exist is empty. `path` is the full path.
  virtual Result<std::vector<ObjectInfo>> List(const std::string& folder,
                                               const std::string& start_from = "") = 0;

  // The names of the folders directly in a folder, sorted. One that does not exist has none.
  virtual Result<std::vector<std::string>> ListFolders(const std::string& folder) = 0;

  // True when a file or folder of that name exists.
  virtual Result<bool> Exists(const std::string& path) = 0;

  // No error when it is gone already.
  virtual Status Delete(const std::string& path) = 0;
};

// Of a file that OpenInput gave: what no other bytes have, under this name or another, and
// these only until they are changed. Empty where that cannot be told, as of a file that was
// changed only now.
std::string VersionOf(arrow::io::RandomAccessFile* file);

// How a file says it: for its ReadMetadata. Null for an empty one.
std::shared_ptr<const arrow::KeyValueMetadata> VersionMetadata(const std::string& version);

// "a/b" + "c" -> "a/b/c"; `name` absolute or with a scheme stays as it is.
std::string JoinPath(std::string_view folder, std::string_view name);

}  // namespace pixlake::io
