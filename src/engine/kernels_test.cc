// Whatever judges images in the registry judges them everywhere.
#include <filesystem>
#include <fstream>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "engine/ingest/ingest.h"
#include "engine/ingest/metadata.h"
#include "engine/ingest/mnist_to_delta.h"
#include "engine/inspect.h"
#include "engine/quarantine.h"
#include "engine/session.h"
#include "image/codec/png.h"
#include "kernel/judge_options.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;
using kernel::Kernel;
using testing::HasSubstr;

// `judge`, but for the verdict.
class Decided : public Kernel {
 public:
  Decided(std::unique_ptr<Kernel> judge, std::string verdict)
      : judge_(std::move(judge)), verdict_(std::move(verdict)) {}
  const kernel::KernelInfo& info() const override { return judge_->info(); }
  Result<std::shared_ptr<arrow::RecordBatch>> Run(const arrow::RecordBatch& batch,
                                                  const kernel::Context& context) const override {
    PL_ASSIGN_OR_RETURN(const auto rows, judge_->Run(batch, context));
    PL_ASSIGN_OR_RETURN(const auto verdicts,
                        arrow::MakeArrayFromScalar(arrow::StringScalar(verdict_), rows->num_rows()));
    return rows->SetColumn(0, rows->schema()->field(0), verdicts);
  }

 private:
  const std::unique_ptr<Kernel> judge_;
  const std::string verdict_;
};

class KernelsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("pixlake_kernels_" + NewUuid());
    fs::create_directories(folder_ / "images");
    const std::vector<uint8_t> pixels(size_t{28} * 28 * 3, 7);
    std::vector<uint8_t> png;
    ASSERT_TRUE(image::PngEncoder::Make()->Encode(image::RgbView{28, 28, pixels}, &png).ok());
    Write("images/a.png", {png.begin(), png.end()});
    Write("list.csv", "url\n" + Path("images/a.png") + "\n");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

  // Whose `judge` finds every image so.
  std::unique_ptr<Session> Deciding(const std::string& verdict) const {
    SessionOptions options;
    options.lake = Path("lake");
    options.sync = false;
    options.memory_bytes = int64_t{128} << 20;
    const auto engine = MakeRegistry().ValueOrDie();
    const auto own = std::make_shared<kernel::KernelRegistry>(engine->kernels());
    EXPECT_EQ(engine->mutable_kernels()->Register(
                  kernel::JudgeParameters(),
                  [own, verdict](const kernel::ParameterValues& given) -> Result<std::unique_ptr<Kernel>> {
                    PL_ASSIGN_OR_RETURN(auto judge, own->Make("judge", given));
                    return std::make_unique<Decided>(std::move(judge), verdict);
                  }),
              Status::OK());
    return Session::Make(engine, options).ValueOrDie();
  }

  Result<ingest::LakeIngestReport> IngestWith(const Session& session) const {
    IngestRequest request;
    request.sources = {Path("images")};
    request.lake = Path("lake");
    return Ingest(session, request);
  }

  fs::path folder_;
};

TEST_F(KernelsTest, IngestAndReplayBelieveAnotherJudge) {
  const auto refused = IngestWith(*Deciding("corrupt")).ValueOrDie();
  EXPECT_EQ(refused.added.images, 0);
  EXPECT_EQ(refused.added.quarantined, 1);
  EXPECT_EQ(refused.added.verdicts.at("corrupt"), 1);
  ingest::LakeIngestOptions options;
  const auto kept = ReplayQuarantine(*Deciding("bomb"), {}, options).ValueOrDie();
  EXPECT_EQ(kept.released, 0);
  const auto released = ReplayQuarantine(*Deciding("ok"), {}, options).ValueOrDie();
  EXPECT_EQ(released.released, 1);
  EXPECT_EQ(released.left, 0);
}

TEST_F(KernelsTest, MetadataBelievesAnotherJudge) {
  MetadataRequest request;
  request.list = Path("list.csv");
  request.success = Path("success");
  request.failure = Path("failure");
  const auto report = DescribeImages(*Deciding("bomb"), &request).ValueOrDie();
  EXPECT_EQ(report.succeeded, 0);
  EXPECT_EQ(report.codes.at("bomb"), 1);
}

TEST_F(KernelsTest, InspectBelievesAnotherJudge) {
  sandbox::ExamineOptions options;
  options.describe = true;
  const auto judge = Deciding("corrupt")->MakeJudge(options).ValueOrDie();
  Inspection inspection;
  ASSERT_TRUE(Inspect({{Path("images/a.png"), Path("images/a.png")}}, *judge, {}, {}, [&](Inspection one) {
                inspection = std::move(one);
                return Status::OK();
              }).ok());
  EXPECT_FALSE(inspection.sound);
  EXPECT_THAT(inspection.json, HasSubstr(R"("verdict":"corrupt")"));
}

TEST_F(KernelsTest, MnistBelievesAnotherJudge) {
  const std::string image(28 * 28, '\x40');
  for (const std::string part : {"train", "t10k"}) {
    Write("mnist/" + part + "-images-idx3-ubyte",
          std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x1C\0\0\0\x1C", 16) + image);
    Write("mnist/" + part + "-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\x01\x05", 9));
  }
  MnistRequest request;
  request.source = Path("mnist");
  request.out = Path("out");
  request.checksums = "none";
  const Status refused = RunMnistToDelta(*Deciding("corrupt"), request, TextPictures::kNone, 80).status();
  EXPECT_EQ(CodeOf(refused), ErrorCode::kInternal);
  EXPECT_THAT(refused.message(), HasSubstr("was judged corrupt"));
  EXPECT_EQ(RunMnistToDelta(*Deciding("ok"), request, TextPictures::kNone, 80).ValueOrDie().images, 2);
}

}  // namespace
}  // namespace pixlake::engine
