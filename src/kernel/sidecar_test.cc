#include <gtest/gtest.h>

#include "kernel/sidecar_document.h"

namespace pixlake::kernel {
namespace {

using image::Verdict;

SidecarDocument Read(std::string_view text, std::string_view name) {
  return ReadSidecar({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, name);
}

TEST(Sidecar, KnowsItsNames) {
  for (const char* name : {"a.json", "A.JSON", "photo.jpg.yaml", "b.yml"}) EXPECT_TRUE(IsSidecarName(name));
  for (const char* name : {"a.jsonl", "json", "a.jpg", ""}) EXPECT_FALSE(IsSidecarName(name));
}

TEST(Sidecar, KeepsJsonAsItIsButForBlanks) {
  EXPECT_EQ(Read("{ \"a\" : [ 1.10, 9007199254740993, \"x y\" ] }\n", "a.json").json,
            R"({"a":[1.10,9007199254740993,"x y"]})");
  EXPECT_EQ(Read("\xEF\xBB\xBF{}", "a.json").json, "{}");
}

TEST(Sidecar, ReadsYamlAsPyYamlAndItsCoreSchemaDo) {
  const SidecarDocument read = Read(
      "title: A walk\nrating: 4\nshutter: 0.5\nraw: false\nnone: ~\nday: 2024-02-29\n"
      "quoted: \"12\"\nhex: 0x1F\ntags: [a, 'b', null]\n",
      "a.yaml");
  EXPECT_EQ(read.json,
            R"({"title":"A walk","rating":4,"shutter":0.5,"raw":false,"none":null,"day":"2024-02-29",)"
            R"("quoted":"12","hex":31,"tags":["a","b",null]})");
  EXPECT_EQ(Read("n: .nan\nm: -.inf\nv: 1.2.3\nt: 12:30\n", "a.yml").json,
            R"({"n":".nan","m":"-.inf","v":"1.2.3","t":"12:30"})");
}

TEST(Sidecar, SaysWhyThereIsNoDocument) {
  EXPECT_EQ(Read("", "a.json").judgement.verdict, Verdict::kEmpty);
  EXPECT_EQ(Read("{\"a\": }", "a.json").judgement.verdict, Verdict::kCorrupt);
  EXPECT_EQ(Read("\"\xff\"", "a.json").judgement.verdict, Verdict::kCorrupt);
  const SidecarDocument yaml = Read("a: [1, 2", "a.yaml");
  EXPECT_EQ(yaml.judgement.verdict, Verdict::kCorrupt);
  EXPECT_FALSE(yaml.judgement.message.empty());
  EXPECT_EQ(Read("a: \"\\xff\xff\"", "a.yaml").json.find('\xff'), std::string::npos);
  EXPECT_EQ(Read("a: 1\n---\nb: 2\n", "a.yaml").judgement.verdict, Verdict::kUnsupported);
}

TEST(Sidecar, IsBoundedWhateverItIsGiven) {
  EXPECT_EQ(Read(std::string(5000, '[') + std::string(5000, ']'), "a.json").judgement.verdict,
            Verdict::kUnsupported);
  EXPECT_EQ(Read(std::string(5000, '['), "a.json").judgement.verdict, Verdict::kCorrupt);
  EXPECT_NE(Read(std::string(5000, '['), "a.yaml").judgement.verdict, Verdict::kOk);
  EXPECT_EQ(Read(std::string((size_t{1} << 20) + 1, ' '), "a.yaml").judgement.verdict, Verdict::kUnsupported);
  // Nine aliases of nine aliases of …: 10^9 values in 500 bytes.
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char level = 'b'; level < 'k'; ++level) {
    bomb += std::string(1, level) + ": &" + level + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i == 0 ? "*" : ", *") + static_cast<char>(level - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(Read(bomb, "a.yaml").judgement.verdict, Verdict::kUnsupported);
}

}  // namespace
}  // namespace pixlake::kernel
