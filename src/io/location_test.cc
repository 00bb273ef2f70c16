#include "io/location.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace pixlake::io {
namespace {

TEST(LocationTest, PathsAndFileUrisMeanTheSamePlace) {
  EXPECT_EQ(Locate("/data/t").ValueOrDie().path, "/data/t");
  EXPECT_EQ(Locate("/data//x/../t/").ValueOrDie().path, "/data/t");
  EXPECT_EQ(Locate("file:///data/t").ValueOrDie().path, "/data/t");
  EXPECT_EQ(Locate("file:/data/t").ValueOrDie().path, "/data/t");
  EXPECT_EQ(Locate("file://localhost/data/my%20t").ValueOrDie().path, "/data/my t");
  char cwd[4096];
  EXPECT_EQ(Locate("t").ValueOrDie().path, std::string(::getcwd(cwd, sizeof(cwd))) + "/t");
}

TEST(LocationTest, RefusesOtherMachinesAndUnknownSchemes) {
  EXPECT_EQ(CodeOf(Locate("file://host/data").status()), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(Locate("ftp://b/k").status()), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf(Locate("s3://").status()), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(Locate("").status()), ErrorCode::kUsage);
}

TEST(LocationTest, ObjectsKeepTheirUri) {
  const auto place = Locate("s3://bucket/a//b/../c/");
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->path, "s3://bucket/a/c");
  EXPECT_EQ(place->Child("d"), "s3://bucket/a/c/d");
  EXPECT_EQ(place->store->scheme(), "s3");
}

TEST(LocationTest, PercentCodingRoundTrips) {
  const std::string path = "a b/\xC3\xA4%20#?\"x=1.parquet";
  EXPECT_EQ(PercentEncodePath("a b"), "a%20b");
  EXPECT_EQ(PercentDecode(PercentEncodePath(path)).ValueOrDie(), path);
}

TEST(LocationTest, HalfAnEscapeIsCorrupt) {
  for (const char* text : {"%", "a%2", "%zz", "%2"})
    EXPECT_EQ(CodeOf(PercentDecode(text).status()), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace pixlake::io
