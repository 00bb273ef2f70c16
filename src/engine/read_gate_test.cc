// A gate that hides rows and blurs a column is bypassed by no way out of a table.
#include <filesystem>
#include <fstream>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "engine/export/export.h"
#include "engine/ingest/ingest.h"
#include "engine/ingest/metadata.h"
#include "engine/session.h"
#include "engine/show.h"
#include "engine/sql.h"
#include "image/codec/png.h"
#include "image/hash/sha256.h"
#include "lake/content/image_finder.h"
#include "lake/content/image_lookup.h"
#include "query/session/open_sql_session.h"
#include "query/upkeep/clone.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// No row whose filename begins with "secret"; no content but "blurred".
class Blur : public table::RowGate {
 public:
  explicit Blur(bool has_content)
      : masks_(has_content ? std::vector<std::string>{"content"} : std::vector<std::string>{}) {}
  const std::vector<std::string>& needs() const override { return needs_; }
  const std::vector<std::string>& masks() const override { return masks_; }

  Result<std::shared_ptr<arrow::RecordBatch>> Pass(std::shared_ptr<arrow::RecordBatch> batch) const override {
    const auto& names = static_cast<const arrow::StringArray&>(*batch->GetColumnByName("filename"));
    arrow::ArrayVector columns = batch->columns();
    const int content = batch->schema()->GetFieldIndex("content");
    if (content >= 0) {
      PL_ASSIGN_OR_RETURN(columns[static_cast<size_t>(content)],
                          arrow::MakeArrayFromScalar(arrow::BinaryScalar("blurred"), batch->num_rows()));
    }
    const auto blurred = arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), columns);
    arrow::RecordBatchVector seen;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      if (!names.GetView(row).starts_with("secret")) seen.push_back(blurred->Slice(row, 1));
    }
    PL_ASSIGN_OR_RETURN(const auto table, arrow::Table::FromRecordBatches(batch->schema(), seen));
    return table->CombineChunksToBatch();
  }

 private:
  const std::vector<std::string> needs_ = {"filename"};
  const std::vector<std::string> masks_;
};

class BlurImages : public ReadPolicy {
 public:
  Result<std::shared_ptr<const table::RowGate>> GateFor(const Principal& principal,
                                                        const table::Table& table) const override {
    if (principal.name == "owner") return nullptr;
    const bool images = table.location().path.ends_with("raw/images");
    return images ? std::make_shared<Blur>(true) : nullptr;
  }
};

class ReadGateTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("pixlake_gate_" + NewUuid());
    fs::create_directories(folder_ / "in");
    for (const std::string name : {"a.png", "secret.png", "b.png"}) {
      const std::vector<uint8_t> pixels(size_t{3} * 8 * 8, static_cast<uint8_t>(name.size() * 7 + name[0]));
      std::vector<uint8_t> png;
      ASSERT_TRUE(image::PngEncoder::Make()->Encode(image::RgbView{8, 8, pixels}, &png).ok());
      images_[name] = {png.begin(), png.end()};
      std::ofstream(folder_ / "in" / name, std::ios::binary) << images_[name];
    }
    engine_ = MakeRegistry().ValueOrDie();
    engine_->SetReadPolicy(std::make_shared<BlurImages>());
    IngestRequest request;
    request.sources = {(folder_ / "in").string()};
    request.lake = Path("lake");
    ASSERT_TRUE(Ingest(*As("owner"), request).ok());
    guest_ = As("guest");
  }
  void TearDown() override {
    guest_.reset();
    fs::remove_all(folder_);
  }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  std::string Id(const std::string& name) const { return image::Sha256Hex(images_.at(name)); }

  std::unique_ptr<Session> As(const std::string& name) const {
    SessionOptions options;
    options.principal = Principal{name, {}};
    options.lake = Path("lake");
    options.sync = false;
    return Session::Make(engine_, options).ValueOrDie();
  }

  std::vector<std::string> Ask(const Session& session, const std::string& sql) const {
    const auto opened = query::OpenSqlSession(session).ValueOrDie();
    const auto rows = opened->Query(sql);
    EXPECT_TRUE(rows.ok()) << sql << ": " << rows.status().ToString();
    std::vector<std::string> out;
    while (rows.ok()) {
      const auto batch = (*rows)->Next().ValueOrDie();
      if (batch == nullptr) break;
      for (int64_t i = 0; i < batch->num_rows(); ++i)
        out.push_back(batch->column(0)->GetScalar(i).ValueOrDie()->ToString());
    }
    return out;
  }

  fs::path folder_;
  std::map<std::string, std::string> images_;
  std::shared_ptr<Registry> engine_;
  std::unique_ptr<Session> guest_;
};

TEST_F(ReadGateTest, Sql) {
  EXPECT_THAT(Ask(*As("owner"), "SELECT count(*) FROM raw.images"), ElementsAre("3"));
  EXPECT_THAT(Ask(*guest_, "SELECT count(*) FROM raw.images"), ElementsAre("2"));
  EXPECT_THAT(Ask(*guest_, "SELECT filename FROM raw.images ORDER BY 1"), ElementsAre("a.png", "b.png"));
  EXPECT_THAT(Ask(*guest_, "SELECT DISTINCT content FROM raw.images"), ElementsAre("blurred"));
  EXPECT_THAT(Ask(*guest_, "SELECT filename FROM raw.images WHERE filename = 'secret.png'"), IsEmpty());
  EXPECT_THAT(Ask(*guest_, "SELECT content FROM raw.images ORDER BY filename"),
              ElementsAre("blurred", "blurred"));
  const std::string place = "'" + Path("lake/raw/images") + "'";
  EXPECT_THAT(Ask(*guest_, "SELECT count(*) FROM " + place), ElementsAre("2"));
  EXPECT_THAT(Ask(*guest_, "SELECT count(*) FROM table_scan(" + place + ")"), ElementsAre("2"));
  EXPECT_THAT(Ask(*guest_, "SELECT count(*) FROM delta_scan(" + place + ")"), ElementsAre("2"));
  EXPECT_THAT(Ask(*guest_, "SELECT count(*) FROM raw.images VERSION AS OF 1"), ElementsAre("2"));
  EXPECT_THAT(Ask(*guest_, "SELECT count(*) FROM raw.images WHERE content = 'blurred'::BLOB"),
              ElementsAre("2"));
}

TEST_F(ReadGateTest, FilesByTheirPaths) {
  const auto opened = query::OpenSqlSession(*guest_).ValueOrDie();
  const std::string files = "'" + Path("lake/raw/images") + "/**/*.parquet'";
  for (const std::string& from :
       {"read_parquet(" + files + ")", "read_blob(" + files + ")", "parquet_metadata(" + files + ")",
        "glob(" + files + ")", "read_parquet(concat(" + files + ", ''))", files,
        "read_blob('" + Path("in/secret.png") + "')"}) {
    const auto status = opened->Query("SELECT * FROM " + from).status();
    EXPECT_EQ(CodeOf(status), ErrorCode::kUnauthorised) << from << status.ToString();
  }
}

TEST_F(ReadGateTest, NoCloneOfItsFiles) {
  const Status status = query::CloneShallow(*guest_, {"raw.images", {}}, Path("clone")).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kUnauthorised) << status.ToString();
  EXPECT_FALSE(fs::exists(folder_ / "clone"));
}

TEST_F(ReadGateTest, SingleImages) {
  lake::LookupRequest request;
  request.table = "raw.images";
  request.id = Id("secret.png");
  EXPECT_EQ(lake::FindImage(*As("owner"), request).ValueOrDie().bytes->ToString(), images_.at("secret.png"));
  EXPECT_EQ(CodeOf(lake::FindImage(*guest_, request).status()), ErrorCode::kNotFound);
  request.id = Id("a.png");
  EXPECT_EQ(lake::FindImage(*guest_, request).ValueOrDie().bytes->ToString(), "blurred");
  request.id.reset();
  for (request.row = 0; *request.row < 2; ++*request.row)
    EXPECT_EQ(lake::FindImage(*guest_, request).ValueOrDie().bytes->ToString(), "blurred");
  EXPECT_EQ(CodeOf(lake::FindImage(*guest_, request).status()), ErrorCode::kNotFound);
  const auto finder = lake::ImageFinder::Open(*guest_, "raw.images").ValueOrDie();
  EXPECT_FALSE(finder->Find(Id("secret.png")).ValueOrDie().has_value());
  EXPECT_EQ(finder->Find(Id("b.png")).ValueOrDie()->bytes->ToString(), "blurred");
}

TEST_F(ReadGateTest, ManyImages) {
  ExportRequest request;
  request.rows.table = "raw.images";
  request.destination = Path("out");
  ASSERT_TRUE(Export(*guest_, request).ok());
  int64_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out")) {
    if (!entry.is_regular_file()) continue;
    ++files;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes, "blurred") << entry.path();
  }
  EXPECT_EQ(files, 2);
  ShowRequest show;
  show.rows.table = "raw.images";
  show.output = Path("sheet.png");
  const auto shown = Show(*guest_, show);
  EXPECT_THAT(shown.status().message(), HasSubstr("none of 2 images"));
}

TEST_F(ReadGateTest, Metadata) {
  MetadataRequest request;
  request.list = "raw.images";
  request.success = Path("success");
  request.failure = Path("failure");
  const auto report = DescribeImages(*guest_, &request).ValueOrDie();
  EXPECT_EQ(report.succeeded, 0);
  EXPECT_EQ(report.failed, 2);
}

}  // namespace
}  // namespace pixlake::engine
