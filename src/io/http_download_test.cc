#include "io/http_download.h"

#include <gtest/gtest.h>

namespace pixlake::io {
namespace {

TEST(HttpDownloadTest, MessagesNeverCarryCredentials) {
  EXPECT_EQ(RedactUrl("https://user:secret@host/a/b?token=x#y"), "https://host/a/b");
  EXPECT_EQ(RedactUrl("http://host/a@b"), "http://host/a@b");
}

TEST(HttpDownloadTest, RefusesOtherProtocols) {
  DownloadOptions options;
  options.attempts = 1;
  const std::string target = testing::TempDir() + "/pixlake_never";
  EXPECT_EQ(CodeOf(DownloadFile("ftp://127.0.0.1/x", target, options)), ErrorCode::kUsage);
}

TEST(HttpDownloadTest, NobodyListeningIsAnIoError) {
  DownloadOptions options;
  options.attempts = 1;
  const Status status = DownloadFile("http://127.0.0.1:1/x", testing::TempDir() + "/pixlake_never", options);
  EXPECT_EQ(CodeOf(status), ErrorCode::kIo);
  EXPECT_NE(status.message().find("http://127.0.0.1:1/x"), std::string::npos);
}

}  // namespace
}  // namespace pixlake::io
