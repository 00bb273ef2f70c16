// A folder or an archive that exported files are written to.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace pixlake::engine {

class ExportTarget {
 public:
  // A name that ends in .tar, .tar.gz, .tgz, .tar.zst is an archive, anything else a folder.
  static Result<std::unique_ptr<ExportTarget>> Open(const std::string& path);
  virtual ~ExportTarget() = default;

  // `name` is relative and safe (RelativeNameOf). A file that is there with the same
  // bytes stays; kAlreadyExists when it has others. False: it was there.
  virtual Result<bool> Add(const std::string& name, std::span<const uint8_t> bytes, int64_t mtime_ns) = 0;

  // An archive appears only now.
  virtual Status Close() = 0;
};

}  // namespace pixlake::engine
