#include "catalog/lake.h"

#include <filesystem>
#include <fstream>

#include <arrow/type.h>
#include <gtest/gtest.h>

#include "base/uuid.h"

#include "testing/temporary_folder.h"

namespace pixlake::catalog {
namespace {

namespace fs = std::filesystem;

class LakeTest : public testing::Test {
 protected:
  LakeTest() : folder_(fs::temp_directory_path() / ("lake-test-" + NewUuid())) {
    fs::create_directories(folder_);
  }
  ~LakeTest() override { fs::remove_all(folder_); }
  io::Location At(const std::string& name) const { return *io::Locate((folder_ / name).string()); }
  const fs::path folder_;
};

TEST_F(LakeTest, IsMadeOnceAndFoundAgain) {
  ASSERT_TRUE(Lake::Init(At("lake")).ok());
  ASSERT_TRUE(Lake::Init(At("lake")).ok());
  const auto lake = Lake::Open(At("lake"));
  ASSERT_TRUE(lake.ok()) << lake.status();
  EXPECT_EQ(lake->TablePlace({"raw", "images"}).path, (folder_ / "lake/raw/images").string());
}

TEST_F(LakeTest, IsNotMadeOverSomethingElse) {
  fs::create_directories(folder_ / "photos");
  std::ofstream(folder_ / "photos/a.jpg") << "x";
  EXPECT_EQ(CodeOf(Lake::Init(At("photos")).status()), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(Lake::Open(At("photos")).status()), ErrorCode::kNotFound);
}

TEST_F(LakeTest, OfALaterVersionOrDamagedIsRefused) {
  ASSERT_TRUE(Lake::Init(At("lake")).ok());
  const fs::path marker = folder_ / "lake/_pixlake/lake.json";
  std::ofstream(marker) << "{\"pixlake_lake\": 99}";
  EXPECT_EQ(CodeOf(Lake::Open(At("lake")).status()), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf(Lake::Init(At("lake")).status()), ErrorCode::kUnsupported);
  std::ofstream(marker) << "garbage";
  EXPECT_EQ(CodeOf(Lake::Open(At("lake")).status()), ErrorCode::kCorrupt);
}

TEST_F(LakeTest, ZonesElsewhereStandInTheMarkerAndStayThere) {
  const auto path = [&](const char* name) { return (folder_ / name).string(); };
  const ZoneRoots roots = {{"raw", path("lake/raw")}, {"processed", path("p")}, {"curated", path("c")}};
  ASSERT_TRUE(Lake::Init(At("lake"), {roots, {}}).ok());
  const auto lake = Lake::Open(At("lake"));
  ASSERT_TRUE(lake.ok()) << lake.status();
  EXPECT_EQ(lake->TablePlace({"raw", "images"}).path, path("lake/raw/images"));
  EXPECT_EQ(lake->TablePlace({"curated", "ml_ready"}).path, path("c/ml_ready"));
  EXPECT_TRUE(Lake::Init(At("lake"), {roots, {}}).ok());
  ZoneRoots other = roots;
  other["curated"] = path("lake/curated");
  EXPECT_EQ(CodeOf(Lake::Init(At("lake"), {other, {}}).status()), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(Lake::Open(At("lake"), {other, {}}).status()), ErrorCode::kUsage);
  other["curated"] = path("p");  // two zones at one place
  EXPECT_EQ(CodeOf(Lake::Init(At("twice"), {other, {}}).status()), ErrorCode::kUsage);
  other = {{"raw", path("lost/here")}, {"processed", path("p2")}, {"curated", path("c2")}};
  EXPECT_EQ(CodeOf(Lake::Init(At("astray"), {other, {}}).status()), ErrorCode::kUsage);
  EXPECT_FALSE(fs::exists(path("astray/_pixlake/lake.json")));
  // The default places need no newer pixlake.
  other = {{"raw", path("d/raw")}, {"processed", path("d/processed")}, {"curated", path("d/curated")}};
  ASSERT_TRUE(Lake::Init(At("d"), {other, {}}).ok());
  EXPECT_NE(test::ReadText(folder_ / "d/_pixlake/lake.json").find("\"pixlake_lake\":1"), std::string::npos);
}

TEST_F(LakeTest, AForgedMarkerIsRefused) {
  ASSERT_TRUE(Lake::Init(At("lake")).ok());
  const fs::path marker = folder_ / "lake/_pixlake/lake.json";
  for (const char* roots : {"[]", "{\"other\": \"/a\"}", "{\"curated\": 7}", "{\"curated\": \"relative\"}",
                            "{\"curated\": \"/a\\nb\"}", "{\"curated\": \"\"}"}) {
    std::ofstream(marker) << "{\"pixlake_lake\": 2, \"roots\": " << roots << "}";
    EXPECT_EQ(CodeOf(Lake::Open(At("lake")).status()), ErrorCode::kCorrupt) << roots;
  }
  std::ofstream(marker) << "{\"pixlake_lake\": 2}";
  EXPECT_EQ(CodeOf(Lake::Open(At("lake")).status()), ErrorCode::kCorrupt);
}

TEST(HomeTest, IsWhatTheRawZoneLiesInOrTheZoneItself) {
  EXPECT_EQ(HomeOf("/data/lake/raw"), "/data/lake");
  EXPECT_EQ(HomeOf("/data/lake/raw/"), "/data/lake");
  EXPECT_EQ(HomeOf("s3://bucket/lake/raw"), "s3://bucket/lake");
  EXPECT_EQ(HomeOf("s3://bucket/raw"), "s3://bucket");
  EXPECT_EQ(HomeOf("s3://raw"), "s3://raw");
  EXPECT_EQ(HomeOf("s3://bucket/bronze"), "s3://bucket/bronze");
  EXPECT_EQ(HomeOf("/data/draw"), "/data/draw");
}

TEST(TableNameTest, TakesOnlyNamesInAZone) {
  EXPECT_EQ(ParseTableName("raw.images")->text(), "raw.images");
  EXPECT_EQ(ParseTableName("curated.ml_ready")->name, "ml_ready");
  for (const char* wrong : {"raw", "images", "other.images", "raw.", ".images", "raw.Images", "raw.a.b",
                            "raw/images", "raw.images/..", ""}) {
    EXPECT_FALSE(ParseTableName(wrong)) << wrong;
  }
}

TEST(OwnTablesTest, EachColumnIsDescribed) {
  auto names = OwnTables();
  const auto made = MadeTables();
  names.insert(names.end(), made.begin(), made.end());
  for (const TableName& name : names) {
    const auto definition = OwnTable(name);
    ASSERT_TRUE(definition);
    for (const auto& field : definition->schema->fields()) {
      const bool described = field->HasMetadata() && field->metadata()->Contains("comment");
      EXPECT_TRUE(described) << name.text() << "." << field->name();
    }
  }
}

TEST(OwnTablesTest, ImagesHaveTheColumnsOfM1_4InOrder) {
  const auto images = OwnTable({"raw", "images"});
  const std::vector<std::string> required = {"id",   "filename",   "content",  "mime_type",
                                             "size", "created_at", "metadata", "ingestion_time"};
  for (size_t i = 0; i < required.size(); ++i)
    EXPECT_EQ(images->schema->field(static_cast<int>(i))->name(), required[i]);
  for (const TableName& name : OwnTables()) {
    EXPECT_EQ(OwnTable(name)->schema->fields().back()->name(), "date_partition") << name.text();
  }
}

TEST(OwnTablesTest, OfALaterVersionAreRefusedAndOlderOnesAreNot) {
  table::TableDefinition definition = *OwnTable({"raw", "quarantine"});
  EXPECT_TRUE(CheckOwnTableVersion(definition, "here").ok());
  for (const char* later : {"2", "99999999999", "x", ""}) {
    definition.properties[kOwnTableVersion] = later;
    EXPECT_EQ(CodeOf(CheckOwnTableVersion(definition, "here")), ErrorCode::kUnsupported) << later;
  }
  definition.properties.erase(kOwnTableVersion);  // as the first pixlake made them
  EXPECT_TRUE(CheckOwnTableVersion(definition, "here").ok());
}

}  // namespace
}  // namespace pixlake::catalog
