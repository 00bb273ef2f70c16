#include "sandbox/decoder_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/codec/png.h"
#include "sandbox/confine_internal.h"
#include "sandbox/wire_internal.h"

namespace pixlake::sandbox {
namespace {

using image::Verdict;

std::vector<uint8_t> GreyPng(uint32_t side) {
  image::RgbImage picture{std::vector<uint8_t>(size_t{side} * side * 3, 77), side, side};
  std::vector<uint8_t> png;
  EXPECT_TRUE(image::PngEncoder::Make(1).ValueOrDie().Encode(picture.view(), &png).ok());
  return png;
}

image::Question Full() {
  image::Question question;
  question.check = image::CheckLevel::kFull;
  question.describe = true;
  question.filename = "grey.png";
  return question;
}

// The path of a program that does as the shell's lines say.
std::string Script(const std::string& name, const std::string& lines) {
  const std::string path = testing::TempDir() + "/pixlake_" + name;
  std::ofstream(path) << "#!/bin/sh\n" << lines;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(DecoderProcessTest, AnswersAsTheLibraryDoes) {
  DecoderProcess decoder({});
  std::vector<uint8_t> png = GreyPng(40);
  for (int cut = 0; cut < 2; ++cut) {
    const image::Answer here = image::Examine(png, Full());
    const auto there = decoder.Ask(png, Full());
    ASSERT_TRUE(there.ok()) << there.status().message();
    EXPECT_EQ(there->judgement.verdict, here.judgement.verdict);
    EXPECT_EQ(there->judgement.message, here.judgement.message);
    EXPECT_EQ(there->description.members, here.description.members);
    EXPECT_EQ(there->description.mode, here.description.mode);
    EXPECT_EQ(there->description.facts, here.description.facts);
    EXPECT_EQ(there->frames, here.frames);
    EXPECT_EQ(there->header.has_value(), here.header.has_value());
    png.resize(png.size() / 2);
  }
  EXPECT_EQ(decoder.times_started(), 1);
}

TEST(DecoderProcessTest, OnlyMembersOfOneObjectAreBelieved) {
  EXPECT_TRUE(AreMembers(""));
  EXPECT_TRUE(AreMembers(R"("format":"JPEG","exif":{"url":"a"},"notes":[])"));
  for (const char* forged : {R"("a":1},{"b":2)", "\"a\":\n1", R"("a":1}{"b":2)", R"("url":"https://other")",
                             R"("a":1,"id":"0")", R"("a":)", R"(1)", R"("a":1}//)"}) {
    EXPECT_FALSE(AreMembers(forged)) << forged;
  }
}

TEST(DecoderProcessTest, FactsArriveAsTheyAreAndOnlySaneOnesAreBelieved) {
  EXPECT_EQ(FactsToWire({}), "");
  EXPECT_EQ(FactsFromWire("").value(), image::CommonFacts{});
  image::CommonFacts facts;
  facts.make = "Ca\xC3\xB1on";
  facts.taken_at = 1204882427123456;
  facts.taken_at_zone = "gps";
  facts.exposure_s = 1.0 / 3;
  facts.iso = 400;
  facts.rating = -1;
  facts.keywords = {"a", "b \"c\""};
  EXPECT_EQ(FactsFromWire(FactsToWire(facts)).value(), facts);
  for (const char* forged :
       {"[]", "{", R"({"make":1})", R"({"iso":"4"})", R"({"iso":4.5})", R"({"iso":4000000000})",
        R"({"rating":9})", R"({"orientation":0})", R"({"exposure_s":1e999})", R"({"exposure_s":-1})",
        R"({"taken_at":9223372036854775807})", R"({"taken_at_zone":"mine"})", R"({"keywords":["a",1]})",
        R"({"keywords":"a"})", R"({"other":1})", "{\"make\":\"\xFF\"}"}) {
    EXPECT_FALSE(FactsFromWire(forged)) << forged;
  }
}

TEST(DecoderProcessTest, ReadsAFileThroughItsDescriptor) {
  const std::string path = testing::TempDir() + "/pixlake_decoder_test.png";
  const std::vector<uint8_t> png = GreyPng(12);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  FILE* file = std::fopen(path.c_str(), "rb");
  DecoderProcess decoder({});
  const auto answer = decoder.AskFile(fileno(file), png.size(), Full());
  std::fclose(file);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer->judgement.verdict, Verdict::kOk);
  EXPECT_EQ(answer->header->width, 12);
}

TEST(DecoderProcessTest, AnEmptyImageIsAVerdict) {
  DecoderProcess decoder({});
  EXPECT_EQ(decoder.Ask({}, Full()).ValueOrDie().judgement.verdict, Verdict::kEmpty);
}

TEST(DecoderProcessTest, AMissingProgramIsNamed) {
  DecoderProcess decoder({"/nowhere/pixlake-decoder", 0});
  const Status status = decoder.Ask(GreyPng(2), Full()).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound);
  EXPECT_THAT(status.message(), testing::HasSubstr("/nowhere/pixlake-decoder"));
}

// A program that crashes stands for a decoder that an image crashes.
TEST(DecoderProcessTest, ADecoderThatDiesCostsOneImageAndStartsAgain) {
  const std::string flag = testing::TempDir() + "/pixlake_decoder_crashed";
  std::remove(flag.c_str());
  // Says that it is ready (the magic, little-endian), and dies of a segmentation fault at
  // the first question; started again it is the real one.
  const std::string path =
      Script("crashing_decoder",
             "if [ -e " + flag + " ]; then exec " + DecoderProgram() + " \"$1\"; fi\n: > " + flag +
                 "\nprintf '1Dxp' >&3\ndd bs=1 count=1 <&3 >/dev/null 2>&1\nkill -SEGV $$\n");
  DecoderProcess decoder({path, 0});
  const std::vector<uint8_t> png = GreyPng(8);
  const auto crashed = decoder.Ask(png, Full());
  ASSERT_TRUE(crashed.ok()) << crashed.status().message();
  EXPECT_EQ(crashed->judgement.verdict, Verdict::kCorrupt);
  EXPECT_THAT(crashed->judgement.message, testing::HasSubstr("signal 11"));
  EXPECT_EQ(decoder.Ask(png, Full()).ValueOrDie().judgement.verdict, Verdict::kOk);
  EXPECT_EQ(decoder.times_started(), 2);
}

TEST(DecoderProcessTest, ADecoderOutlivesTheThreadThatStartedIt) {
  const std::vector<uint8_t> png = GreyPng(8);
  for (int round = 0; round < 20; ++round) {
    DecoderProcess decoder({});
    std::thread([&] { ASSERT_TRUE(decoder.Ask(png, Full()).ok()); }).join();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(decoder.Ask(png, Full()).ValueOrDie().judgement.verdict, Verdict::kOk);
    EXPECT_EQ(decoder.times_started(), 1);
  }
}

// A decoder that somebody kills says nothing of the image.
TEST(DecoderProcessTest, ADecoderThatIsKilledIsAskedAgain) {
  const std::string flag = testing::TempDir() + "/pixlake_decoder_killed";
  std::remove(flag.c_str());
  const std::string path =
      Script("killed_decoder", "if [ -e " + flag + " ]; then exec " + DecoderProgram() + " \"$1\"; fi\n: > " +
                                   flag + "\nprintf '1Dxp' >&3\nkill -KILL $$\n");
  DecoderProcess decoder({path, 0});
  EXPECT_EQ(decoder.Ask(GreyPng(8), Full()).ValueOrDie().judgement.verdict, Verdict::kOk);
  EXPECT_EQ(decoder.times_started(), 2);
}

// Without its parent nobody would end one that an image keeps busy for ever.
TEST(DecoderProcessTest, ABusyDecoderEndsWithItsParent) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const pid_t busy = ::fork();
  if (busy == 0) {
    ::close(ends[1]);
    if (!EndWithWriterOf(ends[0])) ::_exit(1);
    while (true) {
    }
  }
  ::close(ends[0]);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ::close(ends[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(busy, &status, 0), busy);
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGIO);
}

TEST(DecoderProcessTest, ADecoderThatHangsIsEndedInTime) {
  const std::string path = Script("hanging_decoder", "printf '1Dxp' >&3\nexec sleep 60\n");
  DecoderProcess decoder({path, 0});
  image::Question question = Full();
  question.budget.max_time = std::chrono::milliseconds(50);
  const auto answer = decoder.Ask(GreyPng(8), question);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer->judgement.verdict, Verdict::kBomb);
}

}  // namespace
}  // namespace pixlake::sandbox
