#include "base/log/log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log/rotating_file.h"

namespace pixlake {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  LogTest()
      : folder_(fs::path(testing::TempDir()) / "log_test" /
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
  }
  ~LogTest() override { StopLog(); }

  std::string path() const { return (folder_ / "logs" / "a.log").string(); }

  LogOptions Options(bool json) const {
    LogOptions options;
    options.json = json;
    options.file = path();
    return options;
  }

  std::vector<std::string> Lines(const fs::path& file) const {
    std::ifstream stream(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / "logs"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  const fs::path folder_;
};

TEST_F(LogTest, WritesNothingBeforeItIsStarted) {
  EXPECT_FALSE(LogWanted(LogLevel::kError, "a"));
  Log(LogLevel::kError, "a", "lost");
}

TEST_F(LogTest, KeepsToLevels) {
  LogOptions options = Options(false);
  options.level = LogLevel::kWarning;
  options.modules = {{"ingest", LogLevel::kDebug}, {"io", LogLevel::kOff}};
  ASSERT_TRUE(StartLog(options).ok());
  Log(LogLevel::kInfo, "query", "not this");
  Log(LogLevel::kDebug, "ingest", "this");
  Log(LogLevel::kError, "io", "not this");
  Log(LogLevel::kError, "query", "and this",
      {{"rows", int64_t{3}}, {"name", std::string_view("a b")}, {"on", true}});
  EXPECT_THAT(Lines(path()),
              ElementsAre(MatchesRegex("[0-9T:.-]+Z debug ingest this"),
                          MatchesRegex("[0-9T:.-]+Z error query and this rows=3 name=\"a b\" on=true")));
}

TEST_F(LogTest, ALineIsALineWhateverIsSaid) {
  for (const bool json : {false, true}) {
    ASSERT_TRUE(StartLog(Options(json)).ok());
    Log(LogLevel::kInfo, "a", "b\nc\"", {{"d", std::string_view("\x1b[0m\n")}, {"e", 0.5}});
  }
  EXPECT_THAT(
      Lines(path()),
      ElementsAre(
          MatchesRegex(R"([0-9T:.-]+Z info a "b\\u000ac\\"" d="\\u001b\[0m\\u000a" e=0.5)"),
          MatchesRegex(
              R"(\{"time":"[^"]+","level":"info","module":"a","message":"b\\u000ac\\"","d":"\\u001b\[0m\\u000a","e":0.5\})")));
}

TEST_F(LogTest, EndsLargeFilesAndKeepsSome) {
  RotatingFile file(path(), {.size_bytes = 10, .every_ms = 0, .keep = 2, .keep_ms = 0});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(file.Append("12345" + std::to_string(i) + "\n", 1000 * i).ok());
  EXPECT_THAT(Files(), ElementsAre("a.log", "a.log.19700101T000004000Z", "a.log.19700101T000005000Z"));
  EXPECT_THAT(Lines(path()), ElementsAre("123455"));
}

TEST_F(LogTest, EndsOldFilesAndDeletesOlderOnes) {
  constexpr int64_t kDay = 86'400'000;
  RotatingFile file(path(), {.size_bytes = 0, .every_ms = kDay, .keep = 0, .keep_ms = 3 * kDay});
  const int64_t today = 20'000 * kDay;
  for (int day = 0; day < 6; ++day) {
    ASSERT_TRUE(file.Append("x\n", today + day * kDay).ok());
    const timespec time{(today + day * kDay) / 1000, 0};
    const timespec times[] = {time, time};
    ASSERT_EQ(::utimensat(AT_FDCWD, path().c_str(), times, 0), 0);
    ASSERT_TRUE(file.Append("", today + day * kDay + 1).ok());
  }
  EXPECT_EQ(Files().size(), 5U);  // that of today, and those that ended within three days
  std::ofstream(folder_ / "logs" / "a.log.notes") << "mine";
  ASSERT_TRUE(file.Append("y\n", today + 30 * kDay).ok());
  EXPECT_THAT(Files(), ElementsAre("a.log", "a.log.20241103T000000000Z", "a.log.notes"));
}

TEST_F(LogTest, ProcessesAndThreadsShareAFileAndLoseNoLine) {
  const auto write = [this](int who) {
    RotatingFile file(path(), {.size_bytes = 2000, .every_ms = 0, .keep = 0, .keep_ms = 0});
    for (int i = 0; i < 500; ++i) {
      if (!file.Append(std::to_string(who * 1000 + i) + "\n", 5000 + i).ok()) ::_exit(1);
    }
  };
  std::vector<pid_t> children;
  for (int who = 1; who <= 4; ++who) {
    const pid_t child = ::fork();
    if (child == 0) {
      write(who);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  std::vector<std::string> all;
  for (const std::string& name : Files()) {
    const auto lines = Lines(folder_ / "logs" / name);
    all.insert(all.end(), lines.begin(), lines.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all.size(), 2000U);
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_GT(Files().size(), 3U);
}

TEST_F(LogTest, AFolderThatCannotBeMadeIsToldAtTheStart) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "logs") << "a file";
  EXPECT_FALSE(StartLog(Options(false)).ok());
}

}  // namespace
}  // namespace pixlake
