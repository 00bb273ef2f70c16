#include "testing/temporary_folder.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/uuid.h"

namespace pixlake::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() : path_(fs::temp_directory_path() / ("pixlake_test_" + NewUuid())) {
  fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

io::Location TemporaryFolder::location(std::string_view name, const io::LocalOptions& options) const {
  return io::Locate(name.empty() ? path_.string() : *this / name, options).ValueOrDie();
}

void WriteText(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  EXPECT_TRUE(file.flush()) << path;
}

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace pixlake::test
