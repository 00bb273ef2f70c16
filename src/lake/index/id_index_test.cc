#include "lake/index/id_index.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "base/uuid.h"
#include "image/hash/sha256.h"
#include "table/data_file_writer.h"

namespace pixlake::lake {
namespace {

namespace fs = std::filesystem;

// A table's files and nothing else.
class FilesSnapshot : public table::Snapshot {
 public:
  FilesSnapshot(std::shared_ptr<arrow::Schema> schema, std::vector<table::ScanTask> tasks)
      : tasks_(std::move(tasks)) {
    definition_.schema = std::move(schema);
  }
  int64_t version() const override { return 0; }
  int64_t timestamp_ms() const override { return 0; }
  const table::TableDefinition& definition() const override { return definition_; }
  const std::string& table_id() const override { return definition_.name; }
  Result<table::SnapshotTotals> Totals() const override { return table::SnapshotTotals(); }
  Result<table::ScanPlan> PlanScan(const table::ScanRequest& request) const override {
    table::ScanPlan plan;
    plan.table_schema = plan.output_schema = definition_.schema;
    for (const auto& field : definition_.schema->fields()) plan.mapping.push_back({field->name(), -1, {}});
    if (request.columns) {
      arrow::FieldVector fields;
      for (const auto& name : *request.columns) fields.push_back(plan.table_schema->GetFieldByName(name));
      plan.output_schema = arrow::schema(fields);
    }
    plan.batch_rows = request.batch_rows;
    plan.batch_bytes = request.batch_bytes;
    plan.tasks = tasks_;
    return plan;
  }
  Result<std::vector<table::DataFile>> Files(const table::Predicate&) const override {
    return Error(ErrorCode::kUnsupported, "only scanned here");
  }
  Result<table::ScanPlan> PlanFiles(const table::ScanRequest&,
                                    const std::vector<table::DataFile>&) const override {
    return Error(ErrorCode::kUnsupported, "only scanned here");
  }
  std::optional<int64_t> TxnVersion(const std::string&) const override { return std::nullopt; }
  std::vector<std::pair<std::string, std::string>> Facts() const override { return {}; }

 private:
  table::TableDefinition definition_;
  const std::vector<table::ScanTask> tasks_;
};

struct Image {
  std::string id;  // as in the table
  std::optional<std::string> content;
};

class IdIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_ids_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    table_ = io::Locate(pattern, io::LocalOptions{.sync = false}).ValueOrDie();
  }
  void TearDown() override { fs::remove_all(table_.path); }

  std::vector<Image> Images(int count, int most, bool nulls = false) {
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) {
      std::string content(random_() % static_cast<uint32_t>(most), '\0');
      for (char& c : content) c = static_cast<char>(random_());
      content += std::to_string(made_++);
      images.push_back({image::Sha256Hex(content), content});
      if (nulls && i % 4 == 1) images.back().content.reset();
    }
    return images;
  }

  std::shared_ptr<arrow::RecordBatch> Batch(const std::vector<Image>& images, bool sizes = true) const {
    arrow::StringBuilder ids;
    arrow::BinaryBuilder contents;
    arrow::Int64Builder lengths;
    for (const Image& image : images) {
      EXPECT_TRUE(ids.Append(image.id).ok());
      EXPECT_TRUE((image.content ? contents.Append(*image.content) : contents.AppendNull()).ok());
      const auto size = static_cast<int64_t>(image.content.value_or("").size());
      EXPECT_TRUE((sizes ? lengths.Append(size) : lengths.AppendNull()).ok());
    }
    return arrow::RecordBatch::Make(
        kSchema, static_cast<int64_t>(images.size()),
        {ids.Finish().ValueOrDie(), contents.Finish().ValueOrDie(), lengths.Finish().ValueOrDie()});
  }

  void Append(const std::vector<Image>& images, bool sizes = true) {
    table::DataFileOptions options;
    options.parquet.page_bytes = 16 << 10;
    options.parquet.row_group_bytes = 300 << 10;
    auto writer = table::DataFileWriter::Make(table_, kSchema, options).ValueOrDie();
    ASSERT_TRUE(writer->Write(*Batch(images, sizes)).ok());
    for (const auto& file : writer->Finish().ValueOrDie()) AddTask(file.name, file.size);
  }

  void AddTask(const std::string& name, int64_t size) {
    table::ScanTask task;
    task.path = table_.Child(name);
    task.size = size;
    tasks_.push_back(task);
  }

  Result<std::unique_ptr<IdIndex>> TryOpen(int64_t memory = 64 << 20) const {
    IdIndexOptions options;
    options.memory_bytes = memory;
    return IdIndex::Open(table_, std::make_shared<FilesSnapshot>(kSchema, tasks_), options);
  }
  std::unique_ptr<IdIndex> Open(int64_t memory = 64 << 20) const {
    auto index = TryOpen(memory);
    EXPECT_TRUE(index.ok()) << index.status();
    return *std::move(index);
  }

  static std::array<uint8_t, 32> Digest(const std::string& hex) {
    std::array<uint8_t, 32> bytes;
    for (size_t i = 0; i < 32; ++i)
      bytes[i] = static_cast<uint8_t>(std::stoul(hex.substr(2 * i, 2), nullptr, 16));
    return bytes;
  }
  static std::optional<IdPlace> Find(const IdIndex& index, const std::string& hex) {
    const auto digest = Digest(hex);
    const auto place = index.Find(digest);
    EXPECT_TRUE(place.ok()) << place.status();
    return *place;
  }

  static void ExpectAll(const IdIndex& index, const std::vector<Image>& images, bool placed = true) {
    for (const Image& image : images) {
      const auto place = Find(index, image.id);
      ASSERT_TRUE(place.has_value()) << image.id;
      if (image.content) {
        EXPECT_EQ(place->offset >= 0, placed);
      }
      const auto bytes = index.Read(*place);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      ASSERT_EQ(*bytes != nullptr, image.content.has_value());
      if (*bytes != nullptr) {
        EXPECT_EQ((*bytes)->ToString(), *image.content);
      }
    }
  }

  std::vector<fs::path> Runs() const {
    std::vector<fs::path> runs;
    for (const auto& entry : fs::directory_iterator(fs::path(table_.path) / "_pixlake" / "ids"))
      runs.push_back(entry.path());
    return runs;
  }

  static inline const auto kSchema =
      arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("content", arrow::binary()),
                     arrow::field("size", arrow::int64())});
  io::Location table_;
  std::vector<table::ScanTask> tasks_;
  std::mt19937 random_{1};
  int made_ = 0;
};

TEST_F(IdIndexTest, FindsAndReadsWhatAScanGives) {
  Append(Images(700, 3000));
  Append(Images(300, 3000, /*nulls=*/true));
  Append(Images(200, 3000), /*sizes=*/false);
  const auto index = Open();
  // The scan knows nothing of pages, places or the index.
  const FilesSnapshot snapshot(kSchema, tasks_);
  const auto plan = std::make_shared<table::ScanPlan>(snapshot.PlanScan({}).ValueOrDie());
  const auto rows = table::ReadAll(table_.store, plan).ValueOrDie()->ToRecordBatches().ValueOrDie();
  int64_t count = 0;
  for (const auto& batch : rows) {
    for (int64_t i = 0; i < batch->num_rows(); ++i, ++count) {
      const auto& ids = static_cast<const arrow::StringArray&>(*batch->column(0));
      const auto& contents = static_cast<const arrow::BinaryArray&>(*batch->column(1));
      ExpectAll(*index, {{ids.GetString(i),
                          contents.IsNull(i) ? std::optional<std::string>() : contents.GetString(i)}});
    }
  }
  EXPECT_EQ(count, 1200);
  EXPECT_EQ(index->num_ids(), 1200);
  for (const Image& image : Images(100, 10)) EXPECT_FALSE(Find(*index, image.id).has_value());
}

TEST_F(IdIndexTest, FollowsTheTableInBothDirections) {
  std::vector<std::vector<Image>> appended;
  for (int i = 0; i < 12; ++i) {
    appended.push_back(Images(30, 500));
    Append(appended.back());
    const auto index = Open();
    for (const auto& images : appended) ExpectAll(*index, images);
    EXPECT_LE(Runs().size(), 8u);
  }
  const auto first = tasks_.front();
  tasks_.erase(tasks_.begin());
  auto index = Open();
  for (const Image& image : appended[0]) EXPECT_FALSE(Find(*index, image.id).has_value());
  ExpectAll(*index, appended[1]);
  EXPECT_EQ(index->num_ids(), 11 * 30);
  tasks_ = {first};  // an older version
  index = Open();
  ExpectAll(*index, appended[0]);
  EXPECT_EQ(index->num_ids(), 30);
}

TEST_F(IdIndexTest, RunsOfFilesThatAreGoneGo) {
  Append(Images(10, 100));
  Open();
  fs::remove(tasks_[0].path);
  tasks_.clear();
  const auto images = Images(10, 100);
  Append(images);
  ExpectAll(*Open(), images);
  EXPECT_EQ(Runs().size(), 1u);
}

TEST_F(IdIndexTest, OneOfSeveralRowsThatIsNotDeletedIsFound) {
  auto images = Images(3, 100);
  images[2].id = images[0].id;
  Append(images);
  const auto digest = Digest(images[0].id);
  tasks_[0].deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{0, 1});
  const auto index = Open();
  EXPECT_EQ(index->Find(digest).ValueOrDie()->row, 2);
  EXPECT_FALSE(Find(*index, images[1].id).has_value());
  tasks_[0].deleted_rows = nullptr;
  EXPECT_TRUE(Find(*Open(), images[1].id).has_value());
}

TEST_F(IdIndexTest, LittleMemoryGivesTheSameIndex) {
  const auto images = Images(5000, 50);
  Append(images);
  const auto index = Open(/*memory=*/1);  // 64 KiB of entries at a time
  ExpectAll(*index, images);
  EXPECT_EQ(Runs().size(), 1u);
}

TEST_F(IdIndexTest, DamagedRunsAreBuiltAgain) {
  const auto images = Images(500, 100);
  Append(images);
  Open();
  for (const int64_t cut : {1, 100, 5000}) {
    fs::resize_file(Runs().at(0), fs::file_size(Runs().at(0)) - static_cast<uintmax_t>(cut));
    ExpectAll(*Open(), images);
  }
  std::ofstream(Runs().at(0), std::ios::binary | std::ios::trunc) << "PXLIDS1\n";
  ExpectAll(*Open(), images);
  {
    std::fstream run(Runs().at(0), std::ios::in | std::ios::out | std::ios::binary);
    run.seekp(4096 + 100);
    run.write("damage", 6);
  }
  const auto damaged = Open();  // entries are looked at when they are needed
  const auto digest = Digest(images[0].id);
  bool failed = false;
  for (const Image& image : images) failed |= !damaged->Find(Digest(image.id)).ok();
  EXPECT_TRUE(failed);
  ExpectAll(*Open(), images);
  EXPECT_TRUE(Open()->Find(digest).ValueOrDie().has_value());
}

TEST_F(IdIndexTest, SeveralMayBuildAtOnce) {
  std::vector<Image> all;
  for (int i = 0; i < 10; ++i) {
    const auto images = Images(100, 300);
    Append(images);
    all.insert(all.end(), images.begin(), images.end());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) threads.emplace_back([&] { ExpectAll(*Open(), all); });
    for (std::thread& thread : threads) thread.join();
  }
  ExpectAll(*Open(), all);
  EXPECT_LE(Runs().size(), 8u);
}

TEST_F(IdIndexTest, ForeignFilesAreReadByTheirPages) {
  const auto images = Images(400, 2000, /*nulls=*/true);
  const auto table = arrow::Table::FromRecordBatches({Batch(images)}).ValueOrDie();
  const std::string path = table_.Child("foreign.parquet");
  auto out = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  const auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 150, properties).ok());
  ASSERT_TRUE(out->Close().ok());
  AddTask("foreign.parquet", static_cast<int64_t>(fs::file_size(path)));
  ExpectAll(*Open(), images, /*placed=*/false);
}

TEST_F(IdIndexTest, OtherTextsAreLeftOut) {
  auto images = Images(3, 100);
  images[1].id = "image-1";
  Append(images);
  EXPECT_EQ(Open()->num_ids(), 2);
}

TEST_F(IdIndexTest, ContentThatChangedUnderItIsCorrupt) {
  const auto images = Images(2, 100);
  Append(images);
  const auto index = Open();
  IdPlace place = *Find(*index, images[0].id);
  place.length += 1;
  EXPECT_EQ(CodeOf(index->Read(place).status()), ErrorCode::kCorrupt);
  for (const auto& [offset, length] : std::vector<std::pair<int64_t, int64_t>>{
           {2, 10}, {int64_t{1} << 60, 10}, {100, int64_t{1} << 62}, {100, INT64_MAX}, {100, -5}}) {
    EXPECT_FALSE(index->Read({place.file, 0, offset, length}).ok());
  }
}

TEST_F(IdIndexTest, AnEmptyTableHasNoIds) {
  const auto index = Open();
  EXPECT_EQ(index->num_ids(), 0);
  EXPECT_FALSE(Find(*index, std::string(64, '0')).has_value());
}

}  // namespace
}  // namespace pixlake::lake
