#include "settings/read/read_settings.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Settings Read(std::string_view text) {
  const auto settings = ParseSettings(text, "config/settings.yaml", "/lake");
  EXPECT_TRUE(settings.ok()) << settings.status().message();
  return settings.ok() ? *settings : Settings();
}

std::string ProblemsOf(std::string_view text) {
  const auto settings = ParseSettings(text, "s.yaml", "/lake");
  EXPECT_FALSE(settings.ok());
  if (settings.ok()) return "";
  EXPECT_EQ(CodeOf(settings.status()), ErrorCode::kUsage);
  return settings.status().message();
}

TEST(ReadSettings, NothingIsTheDefaults) {
  for (const char* text : {"", "# nothing\n", "storage:\nsources:\nchecks: []\n", "{}"}) {
    const Settings settings = Read(text);
    EXPECT_EQ(settings.storage.raw_path, "/lake/raw");
    EXPECT_EQ(settings.storage.curated_path, "/lake/curated");
    EXPECT_EQ(settings.spark.master, "local[*]");
    EXPECT_EQ(settings.processing.batch_size, 1000);
    EXPECT_EQ(settings.processing.max_retries, 3);
    EXPECT_TRUE(settings.sources.empty());
  }
}

TEST(ReadSettings, EveryPartOfIt) {
  const Settings settings = Read(R"(
storage: {raw_path: bronze, processed_path: "s3://bucket/processed", curated_path: /gold/}
spark:
  app_name: photos
  master: spark://host:7077
  conf: {spark.executor.cores: 4, spark.eventLog.enabled: true}
processing: {batch_size: 64, max_retries: 0, memory: 1GB, threads: 2, check: full, max_time: 5s}
io: {requests: 8, read_ahead: 4MB, bandwidth: 10MB}
sources:
  - path: https://example.org/list.csv
    url_column: url
    label: kind
  - {path: "photos/*.jpg", label: folder, include: ['*.jpg'], hidden: true}
checks:
  - {kind: format, in: [JPEG, PNG], severity: quarantine}
  - {name: large, kind: dimensions, min_width: 64, max_height: 9000}
  - {kind: place, polygon: [[5.9, 45.8], [10.5, 45.8], [10, 47.8]], severity: warn}
  - {kind: label, in: [0, 7, cat]}
  - {kind: freshness, column: last_seen, max_age: 36h, table: raw.sources, severity: stop}
  - {kind: sql, condition: "width > 0 AND document->>'$.exif' IS NOT NULL"}
steps:
  - {name: metadata, enabled: false}
  - {name: thumbs, inputs: [raw.images], kernel: thumbnail, parameters: {size: 64, fit: cover}, output: curated.thumbs, key: id}
  - name: cameras
    inputs: [raw.metadata]
    sql: |
      SELECT make, count(*) AS images
      FROM raw.metadata GROUP BY ALL
    output: curated.cameras
maintenance:
  vacuum: {retention: 30d, every: 0s}
  zorder: [{table: raw.metadata, columns: [taken_at]}]
schedules:
  - {name: hourly, every: 1h}
  - {name: nightly, command: maintain, at: "03:30"}
)");
  EXPECT_EQ(settings.storage.raw_path, "/lake/bronze");
  EXPECT_EQ(settings.storage.processed_path, "s3://bucket/processed");
  EXPECT_EQ(settings.storage.curated_path, "/gold");
  EXPECT_THAT(settings.spark.conf, ElementsAre(testing::Pair("spark.eventLog.enabled", "true"),
                                               testing::Pair("spark.executor.cores", "4")));
  EXPECT_EQ(settings.processing.memory_bytes, int64_t{1} << 30);
  EXPECT_EQ(settings.processing.max_millis, 5000);
  EXPECT_EQ(settings.io.bandwidth_bytes_per_s, 10 << 20);
  ASSERT_EQ(settings.sources.size(), 2U);
  EXPECT_EQ(settings.sources[0].path, "https://example.org/list.csv");
  EXPECT_EQ(settings.sources[1].path, "/lake/photos/*.jpg");
  EXPECT_TRUE(settings.sources[1].hidden);
  ASSERT_EQ(settings.checks.size(), 6U);
  EXPECT_EQ(settings.checks[0].name, "format");
  EXPECT_EQ(settings.checks[0].severity, Severity::kQuarantine);
  EXPECT_THAT(std::get<std::vector<std::string>>(settings.checks[0].parameters.at("in")),
              ElementsAre("JPEG", "PNG"));
  EXPECT_EQ(std::get<int64_t>(settings.checks[1].parameters.at("min_width")), 64);
  EXPECT_EQ(std::get<Polygon>(settings.checks[2].parameters.at("polygon"))[1][0], 10.5);
  EXPECT_THAT(std::get<std::vector<std::string>>(settings.checks[3].parameters.at("in")),
              ElementsAre("0", "7", "cat"));
  EXPECT_EQ(std::get<int64_t>(settings.checks[4].parameters.at("max_age")), 129'600'000);
  EXPECT_EQ(settings.checks[4].table, "raw.sources");
  ASSERT_EQ(settings.steps.size(), 3U);
  EXPECT_FALSE(settings.steps[0].own());
  EXPECT_EQ(settings.steps[0].enabled, false);
  EXPECT_EQ(std::get<int64_t>(settings.steps[1].parameters.at("size")), 64);
  EXPECT_EQ(settings.steps[1].enabled, std::nullopt);
  EXPECT_THAT(settings.steps[2].sql, HasSubstr("GROUP BY ALL\n"));
  EXPECT_EQ(settings.maintenance.vacuum.every_ms, 0);
  EXPECT_EQ(settings.maintenance.zorder[0].table, "raw.metadata");
  EXPECT_EQ(settings.schedules[1].at, "03:30");
  EXPECT_EQ(settings.Where("steps[1].kernel").substr(0, 24), "config/settings.yaml:23:");
}

TEST(ReadSettings, SaysWhereAndWhatIsNear) {
  EXPECT_EQ(ProblemsOf("processing:\n  batch_sise: 3\n"),
            "s.yaml:2:3: processing.batch_sise: no such key; did you mean 'batch_size'?");
  EXPECT_EQ(ProblemsOf("procesing: {}"), "s.yaml:1:1: procesing: no such key; did you mean 'processing'?");
  EXPECT_EQ(ProblemsOf("processing: {batch_size: many}"),
            "s.yaml:1:26: processing.batch_size: found the text \"many\"; expected a whole number from 1 to "
            "1000000");
  EXPECT_EQ(ProblemsOf("processing: {batch_size: 0}"),
            "s.yaml:1:26: processing.batch_size: found 0; expected a whole number from 1 to 1000000");
  EXPECT_EQ(
      ProblemsOf("processing: {batch_size: '10'}"),
      "s.yaml:1:26: processing.batch_size: found the text \"10\"; expected a whole number from 1 to 1000000");
  EXPECT_THAT(ProblemsOf("spark: {app_name: 12}"),
              HasSubstr("found 12; expected text (in quotes it is text)"));
  EXPECT_THAT(ProblemsOf("checks: [{kind: blurr, min_sharpness: 2}]"), HasSubstr("did you mean 'blur'?"));
  EXPECT_THAT(ProblemsOf("checks: [{kind: blur, min_sharpnes: 2}]"),
              HasSubstr("no such key of a check of kind blur; did you mean 'min_sharpness'?"));
  EXPECT_THAT(ProblemsOf("checks: [{kind: format, in: [jpeg]}]"), HasSubstr("checks[0].in[0]"));
  EXPECT_THAT(ProblemsOf("checks: [{kind: dimensions}]"), HasSubstr("needs at least one of: min_width"));
  EXPECT_THAT(ProblemsOf("storage: {raw_path: ~/lake}"), HasSubstr("write ${HOME}"));
  EXPECT_THAT(ProblemsOf("sources: [{label: folder}]"),
              HasSubstr("sources[0].path: missing; expected a path"));
}

TEST(ReadSettings, TellsAllProblemsInTheFilesOrder) {
  const std::string problems =
      ProblemsOf("processing: {batch_size: x}\nspark: [1]\nio: {requests: 0}\nio: {}\n");
  EXPECT_THAT(problems,
              testing::MatchesRegex("s.yaml: 4 problems\n  s.yaml:1:26: .*\n  s.yaml:2:8: spark: .*\n"
                                    "  s.yaml:3:16: io.requests: .*\n"
                                    "  s.yaml:4:1: 'io' is given twice; the first is in line 3"));
}

TEST(ReadSettings, KeysThatGoTogether) {
  EXPECT_THAT(
      ProblemsOf("steps: [{name: a, kernel: hash, sql: SELECT 1, inputs: [raw.images], output: a.b}]"),
      HasSubstr("a kernel or SQL"));
  EXPECT_THAT(ProblemsOf("steps: [{name: a, output: a.b}]"), HasSubstr("neither kernel nor SQL"));
  EXPECT_THAT(ProblemsOf("steps: [{name: a}, {name: a}]"),
              HasSubstr("steps[1].name: 'a' is steps[0].name's, too"));
  EXPECT_THAT(ProblemsOf("checks: [{kind: dimensions, min_width: 9, max_width: 3}]"),
              HasSubstr("more than max_width"));
  EXPECT_THAT(ProblemsOf("schedules: [{name: a, every: 1h, at: '03:00'}]"), HasSubstr("both every and at"));
  EXPECT_THAT(ProblemsOf("sources: [{path: 's3://b', label: foldr}]"), HasSubstr("did you mean 'folder'?"));
}

TEST(ReadSettings, WhatIsWrongIsNotCalledMissingToo) {
  EXPECT_EQ(ProblemsOf("schedules: [{name: a, every: 10}]").find("problems"), std::string::npos);
  EXPECT_EQ(ProblemsOf("steps: [{name: a, sql: SELECT 1, inputs: [raw.images], output: x}]").find("problems"),
            std::string::npos);
  EXPECT_EQ(ProblemsOf("steps: [{name: a, sql: 1, inputs: [raw.images], output: a.b}]").find("problems"),
            std::string::npos);
}

TEST(ReadSettings, AMissingFolderSaysWhatIsNear) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "settings_paths";
  std::filesystem::create_directories(folder / "photos" / "2024");
  const auto problems = [&](const std::string& path) {
    return ParseSettings("sources:\n  - path: " + path + "\n", "s.yaml", folder.string()).status().message();
  };
  EXPECT_EQ(problems("photos/2024"), "");
  EXPECT_EQ(problems("phtos/2024"), "s.yaml:2:5: sources[0].path: " + (folder / "phtos/2024").string() +
                                        ": it is not there; did you mean 'photos'?");
}

TEST(ReadSettings, TakesValuesFromTheEnvironmentAndNeverShowsThem) {
  setenv("PIXLAKE_TEST_SIZE", "77", 1);
  setenv("PIXLAKE_TEST_SECRET", "hunter2: [", 1);
  setenv("PIXLAKE_TEST_EMPTY", "", 1);
  unsetenv("PIXLAKE_TEST_NONE");
  const Settings settings = Read(
      "processing: {batch_size: '${PIXLAKE_TEST_SIZE}', max_retries: '${PIXLAKE_TEST_NONE:-9}'}\n"
      "spark: {app_name: '$$a-${PIXLAKE_TEST_EMPTY:-b}-$x', conf: {k: '${PIXLAKE_TEST_SECRET}'}}\n");
  EXPECT_EQ(settings.processing.batch_size, 77);
  EXPECT_EQ(settings.spark.app_name, "$a-b-$x");
  EXPECT_EQ(settings.spark.conf.at("k"), "hunter2: [");
  EXPECT_EQ(Read("spark: {app_name: '${PIXLAKE_TEST_SIZE}'}").spark.app_name, "77");
  EXPECT_THAT(settings.from_environment, ElementsAre("processing.batch_size", "spark.conf.k"));
  EXPECT_EQ(ProblemsOf("processing: {batch_size: '${PIXLAKE_TEST_SECRET}'}"),
            "s.yaml:1:26: processing.batch_size: found *** (from the environment); expected a whole number "
            "from 1 to 1000000");
  EXPECT_THAT(ProblemsOf("sources: [{path: 's3://b', label: '${PIXLAKE_TEST_SECRET}'}]"),
              HasSubstr("sources[0].label: found ***; expected none"));
  EXPECT_THAT(ProblemsOf("spark: {app_name: '${PIXLAKE_TEST_NONE}'}"),
              HasSubstr("the environment has no PIXLAKE_TEST_NONE"));
  EXPECT_THAT(ProblemsOf("spark: {app_name: '${a'}"), HasSubstr("without its '}'"));
  EXPECT_THAT(ProblemsOf("spark: {app_name: '${a b}'}"), HasSubstr("begins no variable"));
}

TEST(ReadSettings, RefusesHostileYaml) {
  EXPECT_THAT(ProblemsOf("a: &a [x]\nb: *a\n"), HasSubstr("s.yaml:1:4: an anchor"));
  EXPECT_THAT(ProblemsOf("<<: {a: 1}\n"), HasSubstr("merge key"));
  EXPECT_THAT(ProblemsOf("spark: !!python/object {a: 1}\n"), HasSubstr("tag"));
  EXPECT_THAT(ProblemsOf("spark: {}\n---\nspark: {}\n"), HasSubstr("second document"));
  EXPECT_THAT(ProblemsOf("? [a]\n: b\n"), HasSubstr("expected a name"));
  EXPECT_THAT(ProblemsOf(std::string("spark: {a: \0}", 13)), HasSubstr("byte 0x00"));
  EXPECT_THAT(ProblemsOf("spark: {app_name: \xff}"), HasSubstr("s.yaml:1:19: byte 0xFF"));
  EXPECT_THAT(ProblemsOf("processing:\n\tbatch_size: 3\n"), HasSubstr("s.yaml:2:1: a tab"));
  EXPECT_THAT(ProblemsOf("processing:\n  batch_size: 3\n\tthreads: 3\n"), HasSubstr("s.yaml:3:1: a tab"));
  EXPECT_THAT(ProblemsOf("processing:\n  batch_size: 3\n \tthreads: 3\n"), HasSubstr("s.yaml:3:2: a tab"));
  EXPECT_THAT(ProblemsOf(std::string(100'000, '[')), HasSubstr("s.yaml:1:"));
  EXPECT_THAT(ProblemsOf("spark: " + std::string(1000, '[') + std::string(1000, ']')), HasSubstr("deep"));
  EXPECT_THAT(ProblemsOf(std::string(100'000, '{')), HasSubstr("s.yaml:1:"));
  EXPECT_THAT(ProblemsOf(std::string(kMostSettingsBytes + 1, '#')), HasSubstr("more than 1048576 bytes"));
  std::string many = "sources: [";
  for (int i = 0; i < 100'000; ++i) many += "1,";
  EXPECT_THAT(ProblemsOf(many + "]"), HasSubstr("more than 50000 values"));
  std::string dashes;
  for (int i = 0; i < 50'000; ++i) dashes += "- ";
  EXPECT_THAT(ProblemsOf(dashes), HasSubstr("deep"));
  EXPECT_THAT(ProblemsOf(std::string(500'000, '?')), HasSubstr("s.yaml:1:"));
}

TEST(ReadSettings, TheRootHoldsConfig) {
  EXPECT_EQ(RootOf("/a/config/settings.yaml"), "/a");
  EXPECT_EQ(RootOf("/a/b/settings.yaml"), "/a/b");
  EXPECT_EQ(RootOf("config/settings.yaml"), std::filesystem::current_path().string());
}

}  // namespace
}  // namespace pixlake::settings
