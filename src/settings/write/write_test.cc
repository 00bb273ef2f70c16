// What is written of the keys: the file with comments, the schema, what is in force.
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "settings/key/check_kinds.h"
#include "settings/key/settings_keys.h"
#include "settings/read/read_logging.h"
#include "settings/read/read_settings.h"
#include "settings/write/effective.h"
#include "settings/write/json_schema.h"
#include "settings/write/settings_file.h"

namespace pixlake::settings {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

std::string RootWithPhotos() {
  const auto root = std::filesystem::path(testing::TempDir()) / "settings_write";
  std::filesystem::create_directories(root / "photos");
  return root.string();
}

Settings Parsed(const std::string& text) {
  const auto settings = ParseSettings(text, "s.yaml", RootWithPhotos());
  EXPECT_TRUE(settings.ok()) << settings.status().message() << "\n" << text;
  return settings.ok() ? *settings : Settings();
}

TEST(SettingsFile, SaysTheDefaults) {
  EXPECT_EQ(EffectiveJson(Parsed(SettingsFile({}))), EffectiveJson(Parsed("")));
  const std::string text = SettingsFile({});
  for (const char* line : {"storage:\n", "  raw_path: raw\n", "  master: \"local[*]\"\n",
                           "  batch_size: 1000\n", "  max_retries: 3\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(SettingsFile, WhatIsInCommentsIsRight) {
  std::istringstream lines(SettingsFile({}));
  const std::regex commented(R"(^( *)# ((  )*(- )?(\{.*|[a-z_]+:( .*)?))$)");
  std::string text, line;
  int taken = 0;
  while (std::getline(lines, line)) {
    std::smatch match;
    if (std::regex_match(line, match, commented)) {
      line = match[1].str() + match[2].str();
      ++taken;
    }
    text += line + "\n";
  }
  // `checks:` and the like stand once, as a comment.
  const Settings settings = Parsed(text);
  EXPECT_GT(taken, 30);
  EXPECT_EQ(settings.sources.size(), 1U);
  EXPECT_EQ(settings.checks.size(), 2U);
  EXPECT_EQ(settings.steps.size(), 1U);
  EXPECT_EQ(settings.maintenance.zorder.size(), 1U);
  EXPECT_EQ(settings.schedules.size(), 1U);
}

TEST(LoggingFile, SaysTheDefaultsAndWhatIsInCommentsIsRight) {
  const LoggingReading written = ExamineLogging(LoggingFile(), "/l");
  EXPECT_TRUE(written.problems.empty());
  EXPECT_EQ(EffectiveJson(written.logging), EffectiveJson(ExamineLogging("", "/l").logging));
  EXPECT_EQ(written.logging.file, "/l/logs/pixlake.log");
  const std::string all = std::regex_replace(LoggingFile(), std::regex("\n# ([a-z_]+: )"), "\n$1");
  EXPECT_NE(all, LoggingFile());
  const LoggingReading reading = ExamineLogging(all, "/l");
  EXPECT_TRUE(reading.problems.empty()) << ProblemsText("l", reading.problems) << all;
  EXPECT_EQ(reading.logging.modules.at("ingest"), "warning");
}

TEST(SettingsFile, WritesSourcesThatAreReadBack) {
  const std::vector<std::string> paths = {"s3://b/p",    "/a: b #c", "/x/'y'/\"z\"/*.jpg",
                                          "/${HOME}/$$", "/12",      "/\u00e4"};
  std::vector<std::string> read;
  for (const Source& source : ExamineSettings(SettingsFile(paths), "s", "/").settings.sources)
    read.push_back(source.path);
  EXPECT_EQ(read, paths);
}

TEST(YamlText, IsReadBackAsTheSameText) {
  for (const char* text : {"", "a", "true", "No", "null", "~", "1", "-", "- a", "a: b", "#", "é", "a\nb",
                           "${A}", "$$", "$", "*a", "0x1"}) {
    const Settings settings = Parsed("spark: {conf: {a: " + YamlText(text) + "}}");
    EXPECT_EQ(settings.spark.conf.at("a"), text);
  }
}

// Names of every key with the schema's idea of them.
void Compare(const std::vector<Key>& keys, const Json& object, const std::string& at) {
  std::set<std::string> ours, theirs;
  for (const Key& key : keys) ours.insert(key.name);
  for (const auto& [name, schema] : object.at("properties").items()) theirs.insert(name);
  EXPECT_EQ(ours, theirs) << at;
  EXPECT_EQ(object.at("additionalProperties"), false) << at;
  for (const Key& key : keys) {
    const Json& schema = object.at("properties").at(key.name);
    EXPECT_FALSE(schema.value("description", "").empty()) << at << key.name;
    if (key.type == KeyType::kGroup) Compare(key.keys, schema, at + key.name + ".");
    if (key.type == KeyType::kGroups && key.kinds == nullptr)
      Compare(key.keys, schema.at("items"), at + key.name + "[].");
  }
}

TEST(SettingsSchema, HasEveryKey) {
  const Json schema = Json::parse(SettingsSchema());
  Compare(SettingsKeys(), schema, "");
  const Json& kinds = schema.at("properties").at("checks").at("items").at("oneOf");
  ASSERT_EQ(kinds.size(), CheckKinds().size());
  EXPECT_EQ(schema.at("properties").at("processing").at("properties").at("batch_size").at("default"), 1000);
}

TEST(Effective, HidesWhatNobodyMaySee) {
  setenv("PIXLAKE_TEST_HIDDEN", "hunter2", 1);
  const Settings settings = Parsed(
      "storage: {raw_path: 's3://AKIA:hunter2@bucket/raw'}\n"
      "spark: {conf: {fs.s3a.secret.key: hunter2, plain: shown, other: '${PIXLAKE_TEST_HIDDEN}'}}\n"
      "sources: [{path: 'https://u:hunter2@h/list.csv?sig=hunter2', url_column: url}, {path: photos, "
      "include: ['${PIXLAKE_TEST_HIDDEN}']}]\n"
      "steps: [{name: a, sql: SELECT 1, inputs: [raw.images], output: a.b, key: id}, {name: b, parameters: "
      "{password: hunter2, n: 3}}]\n"
      "checks: [{kind: freshness, column: seen, max_age: 24h}]\n");
  for (const std::string& text : {EffectiveJson(settings), EffectiveYaml(settings)}) {
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(text, HasSubstr("s3://***@bucket/raw"));
    EXPECT_THAT(text, HasSubstr("https://***@h/list.csv?***"));
    EXPECT_THAT(text, HasSubstr("shown"));
  }
  const Json json = Json::parse(EffectiveJson(settings));
  EXPECT_EQ(json["steps"][0]["key"], "id");
  EXPECT_EQ(json["steps"][1]["parameters"]["n"], 3);
  EXPECT_EQ(json["checks"][0]["max_age"], "1d");
  // What is shown is settings again.
  EXPECT_TRUE(
      ParseSettings(EffectiveYaml(Parsed("checks: [{kind: blur, min_sharpness: 2.5}]")), "s", "/").ok());
}

}  // namespace
}  // namespace pixlake::settings
