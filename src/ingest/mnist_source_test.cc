#include "ingest/mnist_source.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::ingest {
namespace {

namespace fs = std::filesystem;

class MnistSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_mnist_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.source = pattern;
  }
  void TearDown() override { fs::remove_all(options_.source); }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(options_.source + "/" + name) << bytes;
  }

  MnistSourceOptions options_;
};

TEST_F(MnistSourceTest, NamesEveryMissingFile) {
  Write("train-images-idx3-ubyte.gz", "x");
  const Status status = FindMnist(options_).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound);
  EXPECT_THAT(status.message(),
              testing::HasSubstr("train-labels-idx1-ubyte[.gz], t10k-images-idx3-ubyte[.gz]"));
}

TEST_F(MnistSourceTest, TakesFilesUnderAllTheirNames) {
  Write("train-images-idx3-ubyte", "a");
  Write("train-labels.idx1-ubyte", "b");
  Write("t10k-images.idx3-ubyte.gz", "c");
  Write("t10k-labels-idx1-ubyte.gz", "d");
  const MnistFiles found = FindMnist(options_).ValueOrDie();
  EXPECT_EQ(found.parts[0].labels.path, options_.source + "/train-labels.idx1-ubyte");
  EXPECT_EQ(found.parts[1].name, "test");
  EXPECT_FALSE(found.published);
  const std::string id = found.id;
  Write("t10k-labels-idx1-ubyte.gz", "D");
  EXPECT_NE(FindMnist(options_).ValueOrDie().id, id);
}

}  // namespace
}  // namespace pixlake::ingest
