#include <csignal>

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/stop/stop_token.h"
#include "ingest/source/source_testing_internal.h"
#include "io/location.h"

namespace pixlake::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FolderSourceTest : public SourceTest {};

TEST_F(FolderSourceTest, ListsDepthFirstInOrderOfBytes) {
  Write("b.jpg", "bb");
  Write("a/z.jpg", "z");
  Write("a/B.jpg", "");
  Write("a.jpg", "a");
  Write("a/sub/\xff.jpg", "f");
  const auto items = List();
  EXPECT_THAT(Names(items), ElementsAre("a/B.jpg", "a/sub/%FF.jpg", "a/z.jpg", "a.jpg", "b.jpg"));
  EXPECT_EQ(items[1].filename, "\xff.jpg");
  EXPECT_EQ(items[4].size, 2);
  EXPECT_EQ(Content(items[4]), "bb");
  EXPECT_FALSE(items[4].temporary);
  struct stat status {};
  ASSERT_EQ(::stat((root_ + "/b.jpg").c_str(), &status), 0);
  char etag[64];
  const long long mtime = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
  std::snprintf(etag, sizeof(etag), "2-%llx", mtime);
  EXPECT_EQ(items[4].etag, etag);
  EXPECT_EQ(items[4].mtime_ns, mtime);
  EXPECT_EQ(items[4].label, std::nullopt);
  EXPECT_THAT(source_->complete_roots(), ElementsAre(Uri("")));
}

TEST_F(FolderSourceTest, NamesOfAnyBytesComeBackFromTheUri) {
  const std::string longest(255, 'x');
  const std::vector<std::string> names = {"\n", " #?%41", "\xc3\xa4", "\xff\x01", longest, "a:b&'$"};
  for (const std::string& name : names) Write(name, name);
  for (const SourceItem& item : List()) {
    EXPECT_EQ(Content(item), item.filename);
    EXPECT_EQ(item.uri.find('#'), std::string::npos);
    EXPECT_EQ(io::PercentDecode(item.uri.substr(7)).ValueOrDie(), root_ + "/" + item.filename);
  }
}

TEST_F(FolderSourceTest, SpecialFilesAreProblemsAndNeverOpened) {
  ASSERT_EQ(::mkfifo((root_ + "/fifo").c_str(), 0600), 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", root_.c_str());
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
  const auto items = List();
  EXPECT_THAT(Names(items), ElementsAre("fifo!unsupported", "socket!unsupported"));
  EXPECT_THAT(items[0].problem.message(), HasSubstr("is a FIFO, not a file"));
  EXPECT_EQ(CodeOf(OpenSources({root_ + "/fifo"}, options_).status()), ErrorCode::kUnsupported);
}

TEST_F(FolderSourceTest, LinksAreSkippedUnlessFollowed) {
  Write("in/a.jpg", "a");
  Write("outside/b.jpg", "b");
  ASSERT_TRUE(
      Shell("mv outside ..; ln -s ../../outside in/out; ln -s a.jpg in/link.jpg; ln -s nowhere in/none;"
            "ln -s .. in/up; ln -s self in/self"));
  EXPECT_THAT(Names(List()), ElementsAre("in/a.jpg"));
  EXPECT_EQ(source_->skipped(), 5);
  options_.follow_symlinks = true;
  const auto items = List();
  EXPECT_THAT(Names(items),
              ElementsAre("in/a.jpg", "in/link.jpg", "in/none!not_found", "in/out/b.jpg", "in/self!io"));
  EXPECT_THAT(items[2].problem.message(), HasSubstr("symbolic link to nothing"));
  EXPECT_EQ(source_->skipped(), 1);  // "up": an ancestor
}

TEST_F(FolderSourceTest, FilesThatVanishAreProblems) {
  Write("a.jpg", "a");
  Write("b.jpg", "b");
  Write("c/d.jpg", "d");
  auto source = OpenSources({root_}, options_).ValueOrDie();
  std::vector<SourceItem> items;
  ASSERT_TRUE(source->Next(1 << 20, 1, &items).ValueOrDie());
  ASSERT_TRUE(Shell("rm -r b.jpg c"));
  EXPECT_FALSE(source->Next(1 << 20, 10, &items).ValueOrDie());
  EXPECT_THAT(Names(items), ElementsAre("a.jpg", "b.jpg!not_found", "c/!not_found"));
  EXPECT_THAT(source->complete_roots(), IsEmpty());
}

TEST_F(FolderSourceTest, FoldersWithoutPermissionAreProblems) {
  Write("a/b.jpg", "b");
  Write("c.jpg", "c");
  ::chmod((root_ + "/a").c_str(), 0);
  ::chmod(folder_.c_str(), 0755);
  // Root may read everything, unless this thread is another user to the file system.
  const int user = ::setfsuid(65534);
  EXPECT_THAT(Names(List()), ElementsAre("a/!permission", "c.jpg"));
  EXPECT_THAT(source_->complete_roots(), IsEmpty());
  EXPECT_EQ(CodeOf(OpenSources({root_ + "/a"}, options_).status()), ErrorCode::kPermission);
  ::setfsuid(static_cast<uid_t>(user));
  ::chmod((root_ + "/a").c_str(), 0700);
}

TEST_F(FolderSourceTest, PatternsHiddenAndLabels) {
  Write("2024/a.jpg", "");
  Write("2024/b.png", "");
  Write("2023/c.jpg", "");
  Write(".git/d.jpg", "");
  Write("\xff/e.jpg", "");
  options_.label_from_folder = true;
  auto items = List();
  EXPECT_THAT(Names(items), ElementsAre("2023/c.jpg", "2024/a.jpg", "2024/b.png", "%FF/e.jpg"));
  EXPECT_EQ(items[0].label, "2023");
  EXPECT_EQ(items[3].label, "%FF");
  EXPECT_EQ(source_->skipped(), 1);
  options_.include = {"*.jpg"};
  options_.exclude = {"2023"};
  EXPECT_THAT(Names(List()), ElementsAre("2024/a.jpg", "%FF/e.jpg"));
  EXPECT_EQ(source_->skipped(), 3);
  EXPECT_THAT(source_->complete_roots(), IsEmpty());
  options_ = {};
  options_.hidden = true;
  EXPECT_THAT(Names(List()),
              ElementsAre(".git/d.jpg", "2023/c.jpg", "2024/a.jpg", "2024/b.png", "%FF/e.jpg"));
}

// 1,500 levels of names of 20 bytes: more than PATH_MAX, and more than descriptors allow.
TEST_F(FolderSourceTest, DeepFoldersBeyondPathMax) {
  int fd = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
  const std::string name(20, 'd');
  for (int level = 0; level < 1500; ++level) {
    const int file = ::openat(fd, "z.jpg", O_WRONLY | O_CREAT, 0600);
    const std::string text = std::to_string(level);
    ASSERT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(file);
    ASSERT_EQ(::mkdirat(fd, name.c_str(), 0700), 0);
    const int below = ::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(fd);
    ASSERT_GE(below, 0);
    fd = below;
  }
  ::close(fd);
  const auto items = List();
  ASSERT_EQ(items.size(), 1500);
  for (size_t i = 0; i < items.size(); ++i) {
    ASSERT_TRUE(items[i].problem.ok()) << items[i].problem.message();
    EXPECT_EQ(Content(items[i]), std::to_string(1499 - i));
    EXPECT_EQ(items[i].path.empty(), items[i].bytes != nullptr);
  }
  EXPECT_GT(items[0].uri.size(), 30000);
  options_.max_buffered_bytes = 1;
  const auto bounded = List();
  EXPECT_EQ(CodeOf(bounded[0].problem), ErrorCode::kUnsupported);
  EXPECT_THAT(bounded[0].problem.message(), HasSubstr("move it up"));
}

TEST_F(FolderSourceTest, NamedFilesPatternsAndFoldersTogether) {
  Write("a1.jpg", "1");
  Write("a2.jpg", "2");
  Write("sub/a3.jpg", "3");
  Write("[x].jpg", "x");
  EXPECT_THAT(Names(List({root_ + "/a*.jpg"})), ElementsAre("a1.jpg", "a2.jpg"));
  EXPECT_THAT(Names(List({root_ + "/**/a*.jpg"})), ElementsAre("a1.jpg", "a2.jpg", "sub/a3.jpg"));
  EXPECT_THAT(Names(List({root_ + "/[x].jpg"})), ElementsAre("%5Bx%5D.jpg"));
  // Each once, whoever names it.
  EXPECT_THAT(Names(List({root_ + "/a2.jpg", root_, root_ + "/sub", root_ + "/./a2.jpg"})),
              ElementsAre("a2.jpg", "%5Bx%5D.jpg", "a1.jpg", "sub/a3.jpg"));
  const Status missing = OpenSources({root_ + "/*.png"}, options_).status();
  EXPECT_EQ(CodeOf(missing), ErrorCode::kNotFound);
  EXPECT_THAT(missing.message(), HasSubstr("/*.png"));
  EXPECT_EQ(CodeOf(OpenSources({root_ + "/nothing"}, options_).status()), ErrorCode::kNotFound);
}

TEST_F(FolderSourceTest, AStopEndsIt) {
  for (int i = 0; i < 10; ++i) Write(std::to_string(i), "x");
  ASSERT_TRUE(Shell("tar -cf a.tar 1 2 3"));
  for (const std::string& argument : {root_, root_ + "/a.tar"}) {
    StopSource stop;
    const StopScope scope(stop.token());
    auto source = OpenSources({argument}, options_).ValueOrDie();
    std::vector<SourceItem> items;
    EXPECT_TRUE(source->Next(1, 1, &items).ok());
    stop.Stop();
    EXPECT_EQ(CodeOf(source->Next(1 << 20, 100, &items).status()), ErrorCode::kCancelled) << argument;
  }
}

TEST_F(FolderSourceTest, BatchesEndAtTheirBounds) {
  for (int i = 0; i < 10; ++i) Write(std::to_string(i), std::string(100, 'x'));
  auto source = OpenSources({root_}, options_).ValueOrDie();
  std::vector<SourceItem> items;
  EXPECT_TRUE(source->Next(250, 100, &items).ValueOrDie());
  EXPECT_EQ(items.size(), 3);
  EXPECT_TRUE(source->Next(0, 100, &items).ValueOrDie());
  EXPECT_EQ(items.size(), 4);
  EXPECT_TRUE(source->Next(1 << 20, 2, &items).ValueOrDie());
  EXPECT_EQ(items.size(), 6);
  EXPECT_FALSE(source->Next(1 << 20, 100, &items).ValueOrDie());
  EXPECT_EQ(items.size(), 10);
}

}  // namespace
}  // namespace pixlake::ingest
