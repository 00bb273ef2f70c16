// A tree of small files, one folder a label.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "base/result.h"

namespace pixlake::ingest {

// Writes <root>/<label>/<name>. A file that is there with the same bytes is left
// alone; one with others (cut short by a crash, say) is replaced atomically. So a
// run can be repeated, and two can run at the same moment. Files are not synced:
// the table beside them is the durable record. Thread-safe.
class PngTree {
 public:
  static Result<std::unique_ptr<PngTree>> Make(const std::string& root);
  ~PngTree();
  PngTree(const PngTree&) = delete;
  PngTree& operator=(const PngTree&) = delete;

  // `label` and `name` hold no '/'.
  Status Write(const std::string& label, const std::string& name, std::span<const uint8_t> bytes);

 private:
  explicit PngTree(std::string root) : root_(std::move(root)) {}
  Result<int> FolderOf(const std::string& label);
  Status WriteWhole(int fd, const std::string& path, std::span<const uint8_t> bytes);
  Status Replace(int folder, const std::string& path, const std::string& name,
                 std::span<const uint8_t> bytes);

  const std::string root_;
  std::mutex mutex_;
  std::unordered_map<std::string, int> folders_;  // label -> open folder
};

}  // namespace pixlake::ingest
