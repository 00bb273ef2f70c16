#include <fmt/format.h>

#include "delta/action/action_json_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/log/log_listing_internal.h"
#include "delta/log/table_path_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "delta/snapshot/table_state_internal.h"
#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

using testing::AddLine;
using testing::FailsWith;
using testing::MetadataLine;
using testing::Must;
using testing::ProtocolLine;

constexpr char kIdField[] = R"({"name":"id","type":"long","nullable":true,"metadata":{}})";

std::string Header() {
  return ProtocolLine(1, 2) + MetadataLine(kIdField);
}

std::string RemoveLine(const std::string& path, const std::string& rest = "") {
  return fmt::format("{{\"remove\":{{\"path\":\"{}\",\"dataChange\":true{}}}}}\n", path,
                     rest.empty() ? "" : "," + rest);
}

std::string VectorOf(const std::string& id) {
  return R"("deletionVector":{"storageType":"i","pathOrInlineDv":")" + id +
         R"(","sizeInBytes":1,"cardinality":1})";
}

std::vector<std::string> Paths(const TableState& state) {
  std::vector<std::string> out;
  for (const AddFile& file : state.files) {
    out.push_back(file.path + (file.deletion_vector ? "#" + file.deletion_vector->path_or_inline : ""));
  }
  return out;
}

Result<TableState> Replayed(const std::vector<std::string>& commits) {
  testing::TemporaryFolder folder;
  return LoadState(testing::TableOfCommits(folder, commits), std::nullopt, true);
}

TEST(Replay, NewestReferenceToALogicalFileWins) {
  const auto state = Must(
      Replayed({Header() + AddLine("a") + AddLine("b"), RemoveLine("a"), AddLine("a"), RemoveLine("b")}));
  EXPECT_THAT(Paths(state), ::testing::ElementsAre("a"));
  ASSERT_EQ(state.tombstones.size(), 1U);
  EXPECT_EQ(state.tombstones[0].path, "b");
}

TEST(Replay, DeletionVectorIsPartOfTheKey) {
  const auto state = Must(Replayed({Header() + AddLine("a"), AddLine("a", VectorOf("v1")) + RemoveLine("a"),
                                    RemoveLine("a", VectorOf("v1")) + AddLine("a", VectorOf("v2"))}));
  EXPECT_THAT(Paths(state), ::testing::ElementsAre("a#v2"));
}

TEST(Replay, OneFileSpelledTwoWaysIsOne) {
  EXPECT_THAT(Paths(Must(Replayed({Header() + AddLine("a%20b"), RemoveLine("a b")}))), ::testing::IsEmpty());
  EXPECT_EQ(CanonicalPath("file:///x/y"), CanonicalPath("/x/y"));
}

TEST(Replay, UnknownActionsAndFieldsAreIgnored) {
  const auto state =
      Must(Replayed({"{\"newAction\":{\"x\":1}}\n\n" + Header() + AddLine("a", "\"newField\":[1]")}));
  EXPECT_THAT(Paths(state), ::testing::ElementsAre("a"));
}

TEST(Replay, LatestTxnAndDomainWin) {
  const auto state =
      Must(Replayed({Header() + R"({"txn":{"appId":"a","version":3}})" + "\n" +
                         R"({"domainMetadata":{"domain":"d","configuration":"x","removed":false}})",
                     R"({"txn":{"appId":"a","version":2}})"
                     "\n"
                     R"({"domainMetadata":{"domain":"d","configuration":"","removed":true}})"}));
  EXPECT_EQ(state.txns.at("a").version, 2);
  EXPECT_TRUE(state.domains.empty());
}

TEST(Replay, SaysWhatTheLogLacks) {
  EXPECT_THAT(Replayed({}), FailsWith(ErrorCode::kNotFound, "not a Delta table"));
  EXPECT_THAT(Replayed({AddLine("a")}), FailsWith(ErrorCode::kCorrupt, "no protocol"));
  EXPECT_THAT(Replayed({ProtocolLine(1, 2)}), FailsWith(ErrorCode::kCorrupt, "no metaData"));
}

TEST(Replay, NamesTheMissingCommit) {
  testing::TemporaryFolder folder;
  const auto table = testing::TableOfCommits(folder, {Header(), AddLine("a"), AddLine("b")});
  std::filesystem::remove(folder.path() / "table" / "_delta_log" / "00000000000000000001.json");
  EXPECT_THAT(LoadState(table, std::nullopt, false), FailsWith(ErrorCode::kCorrupt, "commit 1 is missing"));
}

TEST(Replay, NamesFileAndLineOfBadJson) {
  EXPECT_THAT(Replayed({Header(), AddLine("a") + "{\"add\":{\"path\""}),
              FailsWith(ErrorCode::kCorrupt, "00000000000000000001.json line 2"));
  EXPECT_THAT(Replayed({Header() + R"({"add":{"path":5,"size":1}})"}),
              FailsWith(ErrorCode::kCorrupt, "add.path"));
  EXPECT_THAT(Replayed({Header() + R"({"add":{"path":"a","size":1e99}})"}),
              FailsWith(ErrorCode::kCorrupt, "add.size"));
  EXPECT_THAT(Replayed({Header() + "[]"}), FailsWith(ErrorCode::kCorrupt, "line 3"));
}

TEST(Replay, RefusesSchemasThatContradictThemselves) {
  const std::string twice = std::string(kIdField) + "," + kIdField;
  EXPECT_THAT(Replayed({ProtocolLine(1, 2) + MetadataLine(twice)}),
              FailsWith(ErrorCode::kCorrupt, "more than once"));
  EXPECT_THAT(Replayed({ProtocolLine(1, 2) + MetadataLine(kIdField, "{}", R"(["nope"])")}),
              FailsWith(ErrorCode::kCorrupt, "`nope`"));
}

TEST(LogListing, LeavesForeignNamesOut) {
  const auto listing = SortLog({{"/l/00000000000000000003.json", 1, 0, ""},
                                {"/l/00000000000000000003.crc", 1, 0, ""},
                                {"/l/3.json", 1, 0, ""},
                                {"/l/99999999999999999999.json", 1, 0, ""},
                                {"/l/00000000000000000001.00000000000000000003.compacted.json", 1, 0, ""},
                                {"/l/00000000000000000003.tmp.json", 1, 0, ""},
                                {"/l/.00000000000000000003.json.crc", 1, 0, ""},
                                {"/l/0000000000000000000x.json", 1, 0, ""},
                                {"/l/_last_checkpoint", 1, 0, ""}});
  EXPECT_EQ(listing.commits.size(), 1U);
  EXPECT_TRUE(listing.checkpoints.empty());
}

TEST(LogListing, TakesOnlyCompleteCheckpoints) {
  const auto listing =
      SortLog({{"/l/00000000000000000001.checkpoint.parquet", 0, 0, ""},
               {"/l/00000000000000000002.checkpoint.0000000001.0000000002.parquet", 1, 0, ""},
               {"/l/00000000000000000003.checkpoint.0000000001.0000000002.parquet", 1, 0, ""},
               {"/l/00000000000000000003.checkpoint.0000000002.0000000002.parquet", 1, 0, ""},
               {"/l/00000000000000000004.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", 1, 0, ""}});
  ASSERT_EQ(listing.checkpoints.size(), 2U);
  EXPECT_EQ(listing.checkpoints.find(3)->second.files.size(), 2U);
  EXPECT_EQ(listing.latest(), 4);
}

TEST(TablePath, StaysInTheTableUnlessAbsolute) {
  testing::TemporaryFolder folder;
  const io::Location table = folder.location();
  EXPECT_EQ(Must(ResolvePath(table, "a%20b/c.parquet")), table.path + "/a b/c.parquet");
  EXPECT_EQ(Must(ResolvePath(table, "file:///x/y")), "/x/y");
  EXPECT_EQ(Must(ResolvePath(table, "/x/y")), "/x/y");
  EXPECT_THAT(ResolvePath(table, "../x"), FailsWith(ErrorCode::kCorrupt, "leads out"));
  EXPECT_THAT(ResolvePath(table, "a/%2E%2E/%2E%2E/x"), FailsWith(ErrorCode::kCorrupt, "leads out"));
  EXPECT_THAT(ResolvePath(table, "a%00b"), FailsWith(ErrorCode::kCorrupt, "no valid path"));
  EXPECT_THAT(ResolvePath(table, ""), FailsWith(ErrorCode::kCorrupt, "no valid path"));
  EXPECT_THAT(ResolvePath(table, "s3://bucket/x"), FailsWith(ErrorCode::kUnsupported, "another store"));
}

TEST(Features, RefusesReadersByName) {
  EXPECT_TRUE(CheckReadable({3, 7, {"deletionVectors", "columnMapping", "v2Checkpoint"}, {}}).ok());
  EXPECT_THAT(CheckReadable({3, 7, {"deletionVectors", "variantShredding", "brandNew"}, {}}),
              FailsWith(ErrorCode::kUnsupported, "variantShredding, brandNew"));
  // Some writers list variantType in every table: only a column of the type is in the way.
  EXPECT_TRUE(CheckReadable({3, 7, {"variantType"}, {}}).ok());
  EXPECT_THAT(
      SchemaFromJson(
          R"({"type":"struct","fields":[{"name":"v","type":"variant","nullable":true,"metadata":{}}]})"),
      FailsWith(ErrorCode::kUnsupported, "variantType"));
  EXPECT_THAT(CheckReadable({4, 7, {}, {}}), FailsWith(ErrorCode::kUnsupported, "reader version 4"));
  EXPECT_THAT(CheckReadable({INT64_MAX, 7, {}, {}}), FailsWith(ErrorCode::kUnsupported, "reader version"));
  EXPECT_THAT(CheckReadable({0, 0, {}, {}}), FailsWith(ErrorCode::kCorrupt, "starts at 1"));
}

TEST(Features, AppendsWhereTheFeatureAsksNothingOfIt) {
  const auto schema = testing::IdNameSchema();
  for (const char* name : {"appendOnly", "timestampNtz", "deletionVectors", "domainMetadata", "v2Checkpoint",
                           "vacuumProtocolCheck", "changeDataFeed", "checkConstraints", "invariants",
                           "rowTracking", "clustering", "typeWidening", "icebergCompatV2"}) {
    EXPECT_TRUE(CheckAppendable({1, 7, {}, {name}}, {}, *schema).ok()) << name;
  }
  for (const char* name : {"icebergCompatV1", "new"}) {
    EXPECT_THAT(CheckAppendable({1, 7, {}, {name}}, {}, *schema), FailsWith(ErrorCode::kUnsupported, name));
  }
  EXPECT_THAT(CheckAppendable({1, 8, {}, {}}, {}, *schema),
              FailsWith(ErrorCode::kUnsupported, "writer version 8"));
}

TEST(Features, RefusesAppendsWhereTheMetadataUsesTheFeature) {
  const auto with = [](const char* key) {
    return arrow::schema({arrow::field("id", arrow::int64(), true, arrow::key_value_metadata({{key, "x"}}))});
  };
  const auto plain = testing::IdNameSchema();
  EXPECT_THAT(CheckAppendable({1, 2, {}, {}}, {}, *with("delta.invariants")),
              FailsWith(ErrorCode::kUnsupported, "invariants"));
  EXPECT_THAT(CheckAppendable({1, 4, {}, {}}, {}, *with(table::kGeneratedKey)),
              FailsWith(ErrorCode::kUnsupported, "generatedColumns"));
  EXPECT_THAT(CheckAppendable({1, 6, {}, {}}, {}, *with("delta.identity.start")),
              FailsWith(ErrorCode::kUnsupported, "identityColumns"));
  Metadata constrained;
  constrained.configuration["delta.constraints.positive"] = "id > 0";
  EXPECT_THAT(CheckAppendable({1, 3, {}, {}}, constrained, *plain),
              FailsWith(ErrorCode::kUnsupported, "checkConstraints"));
  EXPECT_TRUE(CheckAppendable({1, 2, {}, {}}, constrained, *plain).ok());
  Metadata mapped;
  mapped.configuration["delta.columnMapping.mode"] = "name";
  EXPECT_THAT(CheckAppendable({2, 5, {}, {}}, mapped, *plain),
              FailsWith(ErrorCode::kUnsupported, "columnMapping"));
  // Who keeps the rules may; identity columns are nobody's.
  EXPECT_TRUE(CheckAppendable({2, 5, {}, {}}, mapped, *plain, true).ok());
  EXPECT_TRUE(CheckAppendable({1, 3, {}, {}}, constrained, *plain, true).ok());
  EXPECT_TRUE(CheckAppendable({1, 4, {}, {}}, {}, *with(table::kGeneratedKey), true).ok());
  EXPECT_THAT(CheckAppendable({1, 6, {}, {}}, {}, *with("delta.identity.start"), true),
              FailsWith(ErrorCode::kUnsupported, "identityColumns"));
}

}  // namespace
}  // namespace pixlake::delta
