// Folders and files of a test.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "io/location.h"

namespace pixlake::test {

// A new empty folder, which is gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // A path in it.
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  // It, or something in it, as a place in a store.
  io::Location location(std::string_view name = "", const io::LocalOptions& options = {}) const;

 private:
  std::filesystem::path path_;
};

// Parents are made.
void WriteText(const std::filesystem::path& path, std::string_view text);
std::string ReadText(const std::filesystem::path& path);

}  // namespace pixlake::test
