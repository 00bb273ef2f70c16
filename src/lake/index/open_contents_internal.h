// The data files that contents are read from, kept open.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <arrow/io/interfaces.h>

#include "base/result.h"
#include "file/blob/blob_reader.h"
#include "io/store.h"

namespace pixlake::lake {

// Thread-safe. A file that fell out of the cache stays open as long as it is read from.
class OpenContents {
 public:
  struct File {
    std::shared_ptr<arrow::io::RandomAccessFile> input;
    int64_t size = 0;
    std::mutex mutex;
    std::unique_ptr<file::BlobReader> blobs;  // once somebody needed it
  };

  explicit OpenContents(std::shared_ptr<io::Store> store) : store_(std::move(store)) {}

  Result<std::shared_ptr<File>> Open(const std::string& path);

 private:
  using Recent = std::list<std::pair<std::string, std::shared_ptr<File>>>;

  const std::shared_ptr<io::Store> store_;
  std::mutex mutex_;
  Recent recent_;  // the latest in front
  std::unordered_map<std::string, Recent::iterator> by_path_;
};

}  // namespace pixlake::lake
