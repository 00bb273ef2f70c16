// Images into a lake, and the power cut after every call that changes a file: no image of a run that
// was reported as done is lost, and a run again takes what is missing, each content once.
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "engine/ingest/ingest.h"
#include "engine/power_cut/power_cut_testing_internal.h"
#include "image/codec/png.h"

#include "testing/disk_recorder.h"
#include "testing/matchers.h"

namespace pixlake::engine {
namespace {

using test::DiskRecorder;
using test::IsOk;
using test::IsOkAndHolds;
using test::Must;

namespace fs = std::filesystem;

// A small image, another one for each number.
std::string PngOf(int number) {
  std::vector<uint8_t> pixels(64, 0);
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<uint8_t>(i * 3 + static_cast<size_t>(number) * 7);
  std::vector<uint8_t> png;
  auto encoder = Must(image::PngEncoder::Make());
  EXPECT_THAT(encoder.Encode(image::GrayView{pixels, 8, 8}, &png), IsOk());
  return {png.begin(), png.end()};
}

class PowerCutLakeTest : public ::testing::Test {
 protected:
  // Two rounds of files: images, one of them twice, one that is damaged, and what is no image.
  void MakeSources() {
    for (int i = 0; i < 8; ++i) test::WriteText(sources_ / fmt::format("one/{}.png", i), PngOf(i));
    test::WriteText(sources_ / "one/twice.png", PngOf(3));
    test::WriteText(sources_ / "one/damaged.png", PngOf(100).substr(0, 40));
    test::WriteText(sources_ / "one/notes.txt", "no image");
    for (int i = 8; i < 12; ++i) test::WriteText(sources_ / fmt::format("two/{}.png", i), PngOf(i));
  }

  Status Take(const std::string& lake, std::vector<std::string> rounds) {
    IngestRequest request;
    for (const std::string& round : rounds) request.sources.push_back(sources_ / round);
    request.lake = lake;
    request.options.batch_items = 4;  // several batches a run
    request.options.examine.describe = true;
    return Ingest(bench_.session(), request).status();
  }

  // The contents of a table: what they are called and what they are.
  Result<std::string> Contents(const std::string& lake, const std::string& table) {
    return bench_.Rows(
        fmt::format("SELECT id, md5(content) FROM table_scan('{}/raw/{}') ORDER BY ALL", lake, table));
  }

  Result<std::string> Places(const std::string& lake) {
    return bench_.Rows(
        fmt::format("SELECT DISTINCT uri, id FROM table_scan('{}/raw/sources') ORDER BY ALL", lake));
  }

  // Every line of `some` is one of `all`.
  static void ExpectHas(const std::string& all, const std::string& some) {
    std::set<std::string> lines;
    for (size_t at = 0, end; at < all.size(); at = end + 1)
      lines.insert(all.substr(at, (end = all.find('\n', at)) - at));
    for (size_t at = 0, end; at < some.size(); at = end + 1) {
      const std::string line = some.substr(at, (end = some.find('\n', at)) - at);
      EXPECT_TRUE(lines.contains(line)) << "lost: " << line;
    }
  }

  struct State {
    std::string images, binary, quarantine, metadata, places;
    bool operator==(const State&) const = default;
  };
  State Read(const std::string& lake) {
    return {Must(Contents(lake, "images")), Must(Contents(lake, "binary")),
            Must(Contents(lake, "quarantine")),
            Must(bench_.Rows(fmt::format("SELECT id FROM table_scan('{}/raw/metadata') ORDER BY ALL", lake))),
            Must(Places(lake))};
  }

  void CheckTables(const std::string& lake) {
    for (const char* name : {"images", "binary", "quarantine", "sources", "metadata"}) {
      bench_.ExpectSound(lake + "/raw/" + name);
    }
  }

  // `before`: what was reported. Taking all of it again has to lead to `after`.
  void CheckLake(const std::string& lake, const State& before, const State& after) {
    if (!before.places.empty()) {
      const State found = Read(lake);
      ExpectHas(found.images, before.images);
      ExpectHas(found.binary, before.binary);
      ExpectHas(found.places, before.places);
    }
    ASSERT_THAT(Take(lake, {"one", "two"}), IsOk());
    ASSERT_EQ(Read(lake).images, after.images);
    ASSERT_EQ(Read(lake).binary, after.binary);
    ASSERT_EQ(Read(lake).quarantine, after.quarantine);
    ASSERT_EQ(Read(lake).places, after.places);
    ASSERT_EQ(Read(lake).metadata, after.metadata);
    CheckTables(lake);
  }

  const test::TemporaryFolder sources_;
  Workbench bench_;
};

TEST_F(PowerCutLakeTest, NoReportedImageIsLost) {
  MakeSources();
  const test::TemporaryFolder folder;
  DiskRecorder recorder(folder.path());
  std::vector<State> states(1);
  const std::string lake = folder / "lake";
  ASSERT_THAT(InitLake(bench_.session(), lake), IsOk());
  recorder.Mark("init");
  states.emplace_back();
  for (const char* round : {"one", "two"}) {
    ASSERT_THAT(Take(lake, {round}), IsOk());
    recorder.Mark(round);
    states.push_back(Read(lake));
  }
  recorder.Stop();
  const auto& operations = recorder.operations();
  test::DiskReplay whole = recorder.Replay();
  whole.AdvanceTo(operations.size());
  ASSERT_TRUE(whole.Cut(test::Loss::kNothing) == test::ReadTree(folder.path())) << "calls were not recorded";
  const size_t count =
      ForEachPowerCut(recorder.Replay(), operations, {.most_states = 50}, [&](const auto& cut) {
        CheckAfter(cut, [&](const std::string& root) {
          CheckLake(root + "/lake", states[cut.marks.size()], states.back());
        });
        return !HasFailure();
      });
  EXPECT_GE(count, 50U);
}

// Killed at any call, run again, and then the power goes.
TEST_F(PowerCutLakeTest, WhatARunAfterAKilledOneReportsIsDurable) {
  MakeSources();
  const test::TemporaryFolder oracle;
  ASSERT_THAT(Take(oracle / "lake", {"one", "two"}), IsOk());
  const State after = Read(oracle / "lake");
  for (int64_t killed_at = 0;;) {
    SCOPED_TRACE(fmt::format("killed before operation {}", killed_at));
    const test::TemporaryFolder folder;
    DiskRecorder recorder(folder.path());
    recorder.FailFrom(killed_at);
    if (InitLake(bench_.session(), folder / "lake").ok()) (void)Take(folder / "lake", {"one"});
    if (recorder.count() < killed_at) break;
    recorder.FailFrom(INT64_MAX);
    if (killed_at % 2 == 0) {
      ASSERT_THAT(InitLake(bench_.session(), folder / "lake"), IsOk());
    }
    ASSERT_THAT(Take(folder / "lake", {"one"}), IsOk());
    recorder.Stop();
    const State before = Read(folder / "lake");
    size_t seen = 0;
    ForEachPowerCut(
        recorder.Replay(), recorder.operations(), {.seeds = 1, .last_only = true}, [&](const auto& cut) {
          // The strictest always, one of the others in turn.
          if (seen++ != 1 && seen != 2 + static_cast<size_t>(killed_at) % 5) return true;
          CheckAfter(cut, [&](const std::string& root) { CheckLake(root + "/lake", before, after); });
          return !HasFailure();
        });
    if (HasFailure()) break;
    killed_at += std::getenv("PIXLAKE_ALL_CUTS") != nullptr ? 1 : 7;
  }
}

}  // namespace
}  // namespace pixlake::engine
