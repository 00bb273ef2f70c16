// A tree of small files, one folder a label.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "io/location.h"

namespace pixlake::ingest {

// Writes <root>/<label>/<name>. A file that is there with the same bytes is left
// alone; one with others (cut short by a crash, say) is replaced atomically. So a
// run can be repeated, and two can run at the same moment. Files are not synced:
// the table beside them is the durable record. Thread-safe.
class PngTree {
 public:
  virtual ~PngTree() = default;
  // On a local disk.
  static Result<std::unique_ptr<PngTree>> Make(const std::string& root);
  // In any other store: many puts are under way at once, each of a whole file.
  static std::unique_ptr<PngTree> MakeRemote(io::Location root);

  // `label` and `name` hold no '/'. An error may be that of an earlier file.
  virtual Status Write(const std::string& label, const std::string& name, std::span<const uint8_t> bytes) = 0;
  // Waits for what is under way.
  virtual Status Finish() = 0;
};

class LocalPngTree : public PngTree {
 public:
  explicit LocalPngTree(std::string root) : root_(std::move(root)) {}
  ~LocalPngTree() override;
  LocalPngTree(const LocalPngTree&) = delete;
  LocalPngTree& operator=(const LocalPngTree&) = delete;

  Status Write(const std::string& label, const std::string& name, std::span<const uint8_t> bytes) override;
  Status Finish() override { return Status::OK(); }

 private:
  Result<int> FolderOf(const std::string& label);
  Status Replace(int folder, const std::string& path, const std::string& name,
                 std::span<const uint8_t> bytes);

  const std::string root_;
  std::mutex mutex_;
  std::unordered_map<std::string, int> folders_;  // label -> open folder
};

}  // namespace pixlake::ingest
