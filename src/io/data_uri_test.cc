#include "io/data_uri.h"

#include <gtest/gtest.h>

#include "io/location.h"
#include "io/object_url.h"
#include "io/uri_scheme.h"

namespace pixlake::io {
namespace {

std::string Bytes(std::string_view uri) {
  const auto data = ParseDataUri(uri, 1000);
  return data.ok() ? data->media_type + "|" + data->bytes : "refused: " + data.status().message();
}

// The values are those of python's urllib.request.urlopen.
TEST(DataUriTest, DecodesBothForms) {
  EXPECT_EQ(Bytes("data:image/png;base64,aGVsbG8="), "image/png|hello");
  EXPECT_EQ(Bytes("data:image/png;base64,aGVsbG8"), "image/png|hello");
  EXPECT_EQ(Bytes("DATA:image/png;charset=x;BASE64,aGVs%62G8%3D"), "image/png|hello");
  EXPECT_EQ(Bytes("data:;base64,_-8"), "text/plain|\xFF\xEF");
  EXPECT_EQ(Bytes("data:,a%20b,c%"), "text/plain|a b,c%");
  EXPECT_EQ(Bytes("data:,"), "text/plain|");
}

TEST(DataUriTest, RefusesWhatIsNone) {
  for (const char* uri :
       {"data:image/png;base64", "data:;base64,a", "data:;base64,ab*c", "data:;base64,ab=cd"})
    EXPECT_TRUE(Bytes(uri).starts_with("refused")) << uri;
  EXPECT_EQ(CodeOf(ParseDataUri("data:,abcd", 3).status()), ErrorCode::kOverBudget);
}

// RFC 3986, 3.1.
TEST(SchemeTest, IsTheSameInAnyCase) {
  EXPECT_EQ(SchemeOf("HTTP://h/a"), "http");
  EXPECT_EQ(SchemeOf("File:/a"), "file");
  EXPECT_EQ(SchemeOf("a/b://c"), "");
  EXPECT_EQ(SchemeOf("C:/a"), "");
  EXPECT_EQ(SchemeOf("a.jpg"), "");
  EXPECT_EQ(WithLowerScheme("S3://Bucket/Key"), "s3://Bucket/Key");
  EXPECT_EQ(WithLowerScheme("A://b"), "a://b");
  EXPECT_EQ(WithLowerScheme("Ab/c"), "Ab/c");
  EXPECT_TRUE(IsObjectUri("GS://b/k"));
  EXPECT_FALSE(IsObjectUri("gsx://b/k"));
  EXPECT_EQ(Locate("FILE:///a/b")->path, "/a/b");
  EXPECT_EQ(CodeOf(Locate("FTP://a/b").status()), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace pixlake::io
