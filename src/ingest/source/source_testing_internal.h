// What the tests of this folder share.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <arrow/buffer.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/source/source.h"

namespace pixlake::ingest {

class SourceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "pixlake_source_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    root_ = folder_ + "/data";
    std::filesystem::create_directory(root_);
    std::filesystem::create_directory(folder_ + "/spill");
    options_.spill_folder = folder_ + "/spill";
  }
  // rm, because std::filesystem gives up on paths that are too long.
  void TearDown() override { EXPECT_EQ(std::system(("rm -rf '" + folder_ + "'").c_str()), 0); }

  // Writes a file below root_, making its folders.
  void Write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = root_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  // Runs a shell command in root_; false when it fails.
  bool Shell(const std::string& command) const {
    return std::system(("cd '" + root_ + "' && (" + command + ") >/dev/null 2>&1").c_str()) == 0;
  }

  std::vector<SourceItem> List(const std::vector<std::string>& arguments) {
    auto opened = OpenSources(arguments, options_);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    if (!opened.ok()) return {};
    source_ = std::move(*opened);
    std::vector<SourceItem> items;
    while (true) {
      const Result<bool> more = source_->Next(int64_t{1} << 40, 7, &items);
      EXPECT_TRUE(more.ok()) << more.status().message();
      if (!more.ok() || !*more) return items;
    }
  }
  std::vector<SourceItem> List() { return List({root_}); }

  std::string Uri(const std::string& relative) const { return "file://" + root_ + "/" + relative; }
  // Uris without the root; "!code" behind those with a problem, "=" before containers.
  std::vector<std::string> Names(const std::vector<SourceItem>& items) const {
    std::vector<std::string> names;
    for (const SourceItem& item : items) {
      std::string name = item.uri.substr(std::min(item.uri.size(), Uri("").size()));
      if (item.kind == SourceItem::Kind::kContainer) name = "=" + name;
      if (!item.problem.ok()) name += "!" + std::string(CodeName(CodeOf(item.problem)));
      names.push_back(std::move(name));
    }
    return names;
  }
  // The content, wherever it is.
  static std::string Content(const SourceItem& item) {
    if (item.bytes != nullptr) return item.bytes->ToString();
    std::ifstream file(item.path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  std::string root_;
  SourceOptions options_;
  std::unique_ptr<Source> source_;
};

}  // namespace pixlake::ingest
