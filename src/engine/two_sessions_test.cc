// Sessions of one registry, side by side.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/descriptor.h"
#include "base/uuid.h"
#include "engine/ingest/ingest.h"
#include "engine/ingest/metadata.h"
#include "engine/session.h"
#include "engine/sql.h"
#include "image/codec/png.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;

constexpr int kImages = 3000;

// Keeps what is written and calls `on_work` whenever work goes on.
class TestOutput : public Output {
 public:
  explicit TestOutput(std::function<void()> on_work = nullptr) : on_work_(std::move(on_work)) {}
  Status Write(std::string_view bytes) override {
    written_ += bytes;
    return Status::OK();
  }
  std::unique_ptr<WorkWatch> Watch(std::string /*what*/, int64_t /*total*/) override {
    class Calls : public WorkWatch {
     public:
      explicit Calls(std::function<void()> call) : call_(std::move(call)) {}
      void Add(int64_t /*items*/, int64_t /*bytes*/) override { call_(); }

     private:
      const std::function<void()> call_;
    };
    return on_work_ ? std::make_unique<Calls>(on_work_) : nullptr;
  }
  const std::string& written() const { return written_; }

 private:
  const std::function<void()> on_work_;
  std::string written_;
};

// This process's threads, once no more than `most` are left or time is up.
size_t ThreadsLeft(size_t most) {
  const auto count = [] {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
  };
  for (int i = 0; i < 100 && count() > most; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return count();
}

// Takes connections and answers nothing.
class SilentServer {
 public:
  SilentServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), any, size), 0);
    EXPECT_EQ(listen(socket_.get(), 128), 0);
    EXPECT_EQ(getsockname(socket_.get(), any, &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
  const std::string& url() const { return url_; }

 private:
  const Descriptor socket_{socket(AF_INET, SOCK_STREAM, 0)};
  std::string url_;
};

class TwoSessionsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("pixlake_sessions_" + NewUuid());
    fs::create_directories(folder_ / "images");
    auto encoder = image::PngEncoder::Make().ValueOrDie();
    std::ofstream list(folder_ / "list.csv");
    list << "url\n";
    for (int i = 0; i < kImages; ++i) {
      std::vector<uint8_t> pixels(size_t{8} * 8 * 3, 7);
      pixels[0] = static_cast<uint8_t>(i);
      pixels[1] = static_cast<uint8_t>(i >> 8);
      std::vector<uint8_t> png;
      ASSERT_TRUE(encoder.Encode(image::RgbView{8, 8, pixels}, &png).ok());
      const std::string path = Path("images/" + std::to_string(i) + ".png");
      std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(png.data()), png.size());
      list << path << "\n";
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  std::unique_ptr<Session> Open(std::shared_ptr<Output> output, const std::string& lake = "") const {
    SessionOptions options;
    options.memory_bytes = int64_t{128} << 20;
    options.threads = 2;
    options.sync = false;
    options.lake = lake;
    options.output = std::move(output);
    return Session::Make(engine_, options).ValueOrDie();
  }

  Result<ingest::LakeIngestReport> IngestInto(const Session& session, const std::string& lake) const {
    IngestRequest request;
    request.sources = {Path("images")};
    request.lake = Path(lake);
    return Ingest(session, request);
  }

  Result<ingest::DescribeReport> Describe(const Session& session, const std::string& list,
                                          const std::string& sinks) const {
    MetadataRequest request;
    request.list = Path(list);
    request.success = Path(sinks + "_good");
    request.failure = Path(sinks + "_bad");
    request.options.fetch.allow_private = true;
    return DescribeImages(session, &request);
  }

  fs::path folder_;
  const std::shared_ptr<Registry> engine_ = MakeRegistry().ValueOrDie();
};

TEST_F(TwoSessionsTest, AnIngestThatIsStoppedDisturbsNoQuery) {
  const auto loading = Open(std::make_shared<TestOutput>());
  ASSERT_EQ(IngestInto(*loading, "whole").ValueOrDie().added.images, kImages);

  // The ingest goes on only once a query runs, and is stopped in its midst.
  std::promise<void> query_runs;
  std::shared_future<void> running = query_runs.get_future().share();
  Session* stopped = nullptr;
  const auto ingesting = Open(std::make_shared<TestOutput>([&] {
    running.wait();
    stopped->Stop();
  }));
  stopped = ingesting.get();

  std::atomic<bool> ended = false;
  auto queries = std::async(std::launch::async, [&] {
    const auto asking = Open(std::make_shared<TestOutput>(), Path("whole"));
    bool last = false;
    for (int i = 0; !last; ++i) {
      last = ended;
      SqlRequest request;
      request.sql = "SELECT count(*) AS n, sum(octet_length(content)) > 0 AS some FROM raw.images";
      if (i == 0) query_runs.set_value();
      const auto output = std::make_shared<TestOutput>();
      const auto session = Open(output, Path("whole"));
      EXPECT_EQ(RunSqlAsJson(*session, request).status(), Status::OK());
      EXPECT_THAT(output->written(), testing::HasSubstr(R"("n":3000,"some":true)"));
    }
    EXPECT_FALSE(asking->stop_token().stopped());
  });
  const auto report = IngestInto(*ingesting, "half");
  ended = true;
  queries.get();
  EXPECT_EQ(CodeOf(report.status()), ErrorCode::kCancelled);

  // What was stopped is finished by whoever runs it again.
  const auto again = Open(std::make_shared<TestOutput>());
  ASSERT_TRUE(IngestInto(*again, "half").ok());
  const auto output = std::make_shared<TestOutput>();
  SqlRequest count;
  count.sql = "SELECT count(*) AS n FROM raw.images";
  ASSERT_TRUE(RunSqlAsJson(*Open(output, Path("half")), count).ok());
  EXPECT_THAT(output->written(), testing::HasSubstr(R"("n":3000)"));
}

TEST_F(TwoSessionsTest, AQueryThatIsStoppedDisturbsNoDescribing) {
  const auto asking = Open(std::make_shared<TestOutput>());
  std::atomic<bool> begun = false;
  auto query = std::async(std::launch::async, [&] {
    SqlRequest request;
    request.sql = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b";
    begun = true;
    return RunSqlAsJson(*asking, request).status();
  });
  const auto describing = Open(std::make_shared<TestOutput>([&] {
    if (begun) asking->Stop();
  }));
  const auto report = Describe(*describing, "list.csv", "beside_a_query");
  asking->Stop();
  EXPECT_EQ(CodeOf(query.get()), ErrorCode::kCancelled);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->succeeded, kImages);
  EXPECT_EQ(report->failed, 0);
}

// What has threads of its own for the whole process, Arrow for one, has begun them.
TEST_F(TwoSessionsTest, DownloadsThatAreStoppedDisturbNobodyAndLeaveNoThread) {
  const SilentServer server;
  {
    std::ofstream list(folder_ / "remote.csv");
    list << "url\n";
    for (int i = 0; i < 100; ++i) list << server.url() << i << ".png\n";
  }
  size_t before = 0;
  for (const bool warm : {false, true}) {
    if (warm) before = ThreadsLeft(0);
    const std::string run = warm ? "second" : "first";
    auto waiting = Open(std::make_shared<TestOutput>());
    auto downloads = std::async(std::launch::async,
                                [&] { return Describe(*waiting, "remote.csv", run + "_remote").status(); });
    {
      // In the middle of one session's work on its arena the other's waiting ends.
      const auto working = Open(std::make_shared<TestOutput>([&] {
        if (waiting != nullptr) waiting->Stop();
      }));
      const auto report = Describe(*working, "list.csv", run + "_local");
      EXPECT_EQ(CodeOf(downloads.get()), ErrorCode::kCancelled);
      ASSERT_TRUE(report.ok()) << report.status().ToString();
      EXPECT_EQ(report->succeeded, kImages);
      waiting.reset();
      EXPECT_FALSE(working->stop_token().stopped());
      ASSERT_TRUE(IngestInto(*working, run + "_lake").ok());
    }
    {
      const auto asking = Open(std::make_shared<TestOutput>(), Path(run + "_lake"));
      SqlRequest request;
      request.sql = "SELECT count(*) FROM raw.images";
      EXPECT_EQ(RunSqlAsJson(*asking, request).status(), Status::OK());
    }
  }
  EXPECT_LE(ThreadsLeft(before), before);
}

// Work of both arenas at once, one of them stopped and gone: the other's is all done.
TEST_F(TwoSessionsTest, AnIngestThatIsStoppedAndGoneLeavesAnotherItsThreads) {
  std::unique_ptr<Session> stopped;
  std::promise<void> works;
  std::atomic<bool> told = false;
  const auto output = std::make_shared<TestOutput>([&] {
    if (!told.exchange(true)) works.set_value();
    stopped->Stop();
  });
  stopped = Open(output);
  auto ended = std::async(std::launch::async, [&] { return IngestInto(*stopped, "stopped").status(); });
  std::atomic<bool> gone = false;
  const auto staying = Open(std::make_shared<TestOutput>([&] {
    if (gone.exchange(true)) return;
    works.get_future().wait();
    EXPECT_EQ(CodeOf(ended.get()), ErrorCode::kCancelled);
    stopped.reset();
  }));
  EXPECT_EQ(IngestInto(*staying, "stays").ValueOrDie().added.images, kImages);
}

}  // namespace
}  // namespace pixlake::engine
