// A table format that is none of ours goes through everything that does not ask for more than the
// core of table.h. docs/extending.md walks through it.
#include <filesystem>
#include <map>
#include <numeric>

#include <arrow/api.h>
#include <arrow/ipc/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/uuid.h"
#include "engine/export/export.h"
#include "engine/session.h"
#include "engine/sql.h"
#include "engine/table_listing.h"
#include "image/codec/png.h"
#include "lake/content/image_lookup.h"
#include "query/session/open_sql_session.h"
#include "query/statement/statement.h"
#include "table/codec/plan_codec.h"
#include "table/data_file_writer.h"
#include "table/row/value_deletes.h"

namespace pixlake::engine {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// extending:snapshot
// A version of a table: `_shelf/<version>.json` names all of its files.
class ShelfSnapshot : public table::Snapshot {
 public:
  ShelfSnapshot(io::Location place, int64_t version, const json& body)
      : place_(std::move(place)), version_(version) {
    time_ms_ = body.at("time_ms");
    for (const auto& field : body.at("columns")) {
      const bool blob = field.at("type") == "binary";
      fields_.push_back(
          arrow::field(field.at("name").get<std::string>(), blob ? arrow::binary() : arrow::utf8()));
    }
    definition_.schema = arrow::schema(fields_);
    for (const json& file : body.at("files")) files_.push_back(table::DecodeStagedFile(file).ValueOrDie());
    // Names that were taken from the shelves when there were so many files: from those alone.
    std::vector<table::DeletedKeys> gone;
    for (const auto& [name, files] : body.value("gone", std::map<std::string, int64_t>())) {
      std::vector<int64_t> ordinals(static_cast<size_t>(files));
      std::iota(ordinals.begin(), ordinals.end(), 0);
      const auto key = arrow::MakeArrayFromScalar(arrow::StringScalar(name), 1).ValueOrDie();
      gone.push_back({arrow::RecordBatch::Make(
                          arrow::schema({definition_.schema->GetFieldByName("filename")}), 1, {key}),
                      std::make_shared<const std::vector<int64_t>>(std::move(ordinals))});
    }
    if (!gone.empty()) gone_ = table::MakeValueDeletes(*definition_.schema, gone).ValueOrDie();
  }

  int64_t version() const override { return version_; }
  int64_t timestamp_ms() const override { return time_ms_; }
  const table::TableDefinition& definition() const override { return definition_; }
  const std::string& table_id() const override { return place_.path; }
  std::optional<int64_t> TxnVersion(const std::string&) const override { return std::nullopt; }
  std::vector<std::pair<std::string, std::string>> Facts() const override { return {{"shelves", "1"}}; }

  Result<table::SnapshotTotals> Totals() const override {
    table::SnapshotTotals totals{static_cast<int64_t>(files_.size()), 0, 0};
    for (const auto& file : files_) {
      totals.size_bytes += file.size;
      *totals.num_rows += file.statistics.num_rows;
    }
    return totals;
  }

  Result<std::vector<table::DataFile>> Files(const table::Predicate&) const override {
    std::vector<table::DataFile> out;
    for (const auto& file : files_) {
      table::DataFile& to = out.emplace_back();
      to.ordinal = static_cast<int64_t>(out.size()) - 1;
      to.path = place_.Child(file.name);
      to.size = file.size;
      to.num_rows = file.statistics.num_rows;
    }
    return out;
  }

  Result<table::ScanPlan> PlanScan(const table::ScanRequest& request) const override {
    PL_ASSIGN_OR_RETURN(const auto files, Files({}));
    return PlanFiles(request, files);
  }

  Result<table::ScanPlan> PlanFiles(const table::ScanRequest& request,
                                    const std::vector<table::DataFile>& files) const override {
    const auto plan = [&](const table::ScanRequest& widened) { return Plan(widened, files); };
    return gone_ == nullptr ? plan(request) : table::PlanWithGate(gone_, request, plan);
  }

 private:
  Result<table::ScanPlan> Plan(const table::ScanRequest& request,
                               const std::vector<table::DataFile>& files) const {
    table::ScanPlan plan;
    plan.table_schema = definition_.schema;
    PL_ASSIGN_OR_RETURN(plan.output_schema,
                        table::OutputSchema(definition_.schema, request.columns, place_.path));
    for (const auto& field : fields_) plan.mapping.push_back({field->name(), -1, {}});
    plan.batch_rows = request.batch_rows;
    plan.batch_bytes = request.batch_bytes;
    plan.files_total = static_cast<int64_t>(files_.size());
    for (const auto& file : files) {
      table::ScanTask& task = plan.tasks.emplace_back();
      task.path = file.path;
      task.size = file.size;
      task.num_rows = file.num_rows;
      task.ordinal = file.ordinal;
    }
    return plan;
  }

  io::Location place_;
  int64_t version_;
  int64_t time_ms_ = 0;
  arrow::FieldVector fields_;
  table::TableDefinition definition_;
  std::vector<table::StagedFile> files_;
  std::shared_ptr<const table::RowGate> gone_;
};
// extending:end

std::string VersionPath(const io::Location& place, int64_t version) {
  return place.Child("_shelf/" + std::to_string(version) + ".json");
}

Result<json> ReadVersion(const io::Location& place, int64_t version) {
  PL_ASSIGN_OR_RETURN(const std::string text, place.store->ReadAll(VersionPath(place, version)));
  return json::parse(text);
}

// extending:table
class ShelfTable : public table::Table {
 public:
  explicit ShelfTable(io::Location place) : place_(std::move(place)) {}
  std::string_view format() const override { return "shelf"; }
  const io::Location& location() const override { return place_; }

  Result<int64_t> Latest() const {
    PL_ASSIGN_OR_RETURN(const auto versions, place_.store->List(place_.Child("_shelf")));
    return static_cast<int64_t>(versions.size()) - 1;
  }

  Result<std::shared_ptr<const table::Snapshot>> Load(const table::VersionSpec& spec) override {
    PL_ASSIGN_OR_RETURN(int64_t version, Latest());
    if (spec.version) version = *spec.version;
    for (; spec.as_of_ms; --version) {
      PL_ASSIGN_OR_RETURN(const json body, ReadVersion(place_, version));
      if (body.at("time_ms") <= *spec.as_of_ms) break;
    }
    PL_ASSIGN_OR_RETURN(const json body, ReadVersion(place_, version));
    return std::make_shared<ShelfSnapshot>(place_, version, body);
  }

  Result<std::unique_ptr<table::Transaction>> Begin(std::shared_ptr<const table::Snapshot>) override {
    return Error(ErrorCode::kUnsupported, "shelves are written by whoever has them");
  }

  Result<std::vector<table::HistoryEntry>> History(int64_t limit) override {
    PL_ASSIGN_OR_RETURN(const int64_t latest, Latest());
    std::vector<table::HistoryEntry> out;
    for (int64_t version = latest; version >= 0 && (limit == 0 || latest - version < limit); --version) {
      PL_ASSIGN_OR_RETURN(const json body, ReadVersion(place_, version));
      table::HistoryEntry& entry = out.emplace_back();
      entry.version = version;
      entry.timestamp_ms = body.at("time_ms");
      entry.operation = "SHELVE";
    }
    return out;
  }

  Result<table::CheckReport> Check() override {
    PL_ASSIGN_OR_RETURN(const auto snapshot, Load({}));
    PL_ASSIGN_OR_RETURN(const auto files, snapshot->Files());
    table::CheckReport report;
    report.version = snapshot->version();
    for (const auto& file : files) {
      const auto there = place_.store->Stat(file.path);
      ++report.files_checked;
      report.rows += file.num_rows;
      if (!there.ok()) report.problems.push_back({file.path, "is not there", ""});
    }
    return report;
  }

 private:
  io::Location place_;
};
// extending:end

// extending:format
class ShelfFormat : public table::TableFormat {
 public:
  std::string_view name() const override { return "shelf"; }
  Result<bool> Detect(const io::Location& place) override {
    return place.store->Exists(VersionPath(place, 0));
  }
  Result<std::unique_ptr<table::Table>> Open(const io::Location& place) override {
    return std::make_unique<ShelfTable>(place);
  }
  Result<std::unique_ptr<table::Table>> Create(const io::Location&, const table::TableDefinition&) override {
    return Error(ErrorCode::kUnsupported, "shelves are made by whoever has them");
  }
  Result<std::unique_ptr<table::Table>> Prepare(const io::Location&, const table::TableDefinition&) override {
    return Error(ErrorCode::kUnsupported, "shelves are made by whoever has them");
  }
};
// extending:end

class OtherFormatTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("pixlake_shelf_" + NewUuid());
    place_ = io::Locate((folder_ / "t").string()).ValueOrDie();
    fs::create_directories(place_.path);
    const auto engine = MakeRegistry().ValueOrDie();
    engine->Register(std::make_unique<ShelfFormat>());
    session_ = Session::Make(engine, {}).ValueOrDie();
    AddVersion(0, {"one"}, 1000);
    AddVersion(1, {"two", "three"}, 2000);
  }
  void TearDown() override {
    session_.reset();
    fs::remove_all(folder_);
  }

  static std::string Png(const std::string& name) {
    const std::vector<uint8_t> pixels(size_t{3} * 4 * 4, static_cast<uint8_t>(name.size()));
    std::vector<uint8_t> png;
    EXPECT_TRUE(image::PngEncoder::Make()->Encode(image::RgbView{4, 4, pixels}, &png).ok());
    return {png.begin(), png.end()};
  }

  // One more file with these rows.
  void AddVersion(int64_t version, const std::vector<std::string>& names, int64_t time_ms) {
    arrow::BinaryBuilder contents;
    arrow::StringBuilder filenames;
    for (const std::string& name : names) {
      ASSERT_TRUE(contents.Append(Png(name)).ok());
      ASSERT_TRUE(filenames.Append(name + ".png").ok());
    }
    const auto schema =
        arrow::schema({arrow::field("content", arrow::binary()), arrow::field("filename", arrow::utf8())});
    const auto rows =
        arrow::RecordBatch::Make(schema, static_cast<int64_t>(names.size()),
                                 {contents.Finish().ValueOrDie(), filenames.Finish().ValueOrDie()});
    auto writer = table::DataFileWriter::Make(place_, schema).ValueOrDie();
    ASSERT_TRUE(writer->Write(*rows).ok());
    for (const auto& file : writer->Finish().ValueOrDie())
      files_.push_back(table::EncodeStagedFile(file).ValueOrDie());
    PutVersion(version, time_ms);
  }

  // What is deleted so far is deleted from the files that are there.
  void PutVersion(int64_t version, int64_t time_ms) {
    const json body = {
        {"time_ms", time_ms},
        {"columns", {{{"name", "content"}, {"type", "binary"}}, {{"name", "filename"}, {"type", "text"}}}},
        {"files", files_},
        {"gone", gone_}};
    ASSERT_TRUE(place_.store->PutIfAbsent(VersionPath(place_, version), body.dump()).ok());
  }

  Result<ExportReport> ExportTo(const std::string& where, const std::string& folder) const {
    ExportRequest request;
    request.rows.table = place_.path;
    request.rows.where = where;
    request.destination = (folder_ / folder).string();
    return Export(*session_, request);
  }

  std::vector<std::string> Names(const std::string& sql) {
    const auto sql_session = query::OpenSqlSession(*session_).ValueOrDie();
    auto rows = query::RunStatements({*session_, *sql_session}, sql);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString();
    std::vector<std::string> out;
    if (!rows.ok()) return out;
    while (const auto batch = (*rows)->Next().ValueOrDie()) {
      for (int64_t i = 0; i < batch->num_rows(); ++i)
        out.push_back(batch->column(0)->GetScalar(i).ValueOrDie()->ToString());
    }
    return out;
  }

  fs::path folder_;
  io::Location place_;
  std::unique_ptr<Session> session_;
  std::vector<json> files_;
  std::map<std::string, int64_t> gone_;  // deleted names, and from how many files
};

TEST_F(OtherFormatTest, IsListedAndDescribed) {
  const auto listed = ListTables(*session_, folder_.string()).ValueOrDie();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].format, "shelf");
  EXPECT_EQ(listed[0].version, 1);
  EXPECT_EQ(listed[0].num_rows, 3);
  const auto table = session_->OpenTable(place_.path).ValueOrDie();
  EXPECT_THAT(table->Load().ValueOrDie()->Facts(), ElementsAre(testing::Pair("shelves", "1")));
  EXPECT_THAT(table->History(1).ValueOrDie(), testing::SizeIs(1));
  EXPECT_TRUE(table->Check().ValueOrDie().problems.empty());
}

TEST_F(OtherFormatTest, IsAskedInSqlAtAnyVersion) {
  const std::string at = "'" + place_.path + "'";
  EXPECT_THAT(Names("SELECT filename FROM " + at + " ORDER BY 1"),
              ElementsAre("one.png", "three.png", "two.png"));
  EXPECT_THAT(Names("SELECT filename FROM table_scan(" + at + ", version := 0)"), ElementsAre("one.png"));
  EXPECT_THAT(Names("SELECT filename FROM " + at + " VERSION AS OF 0"), ElementsAre("one.png"));
  EXPECT_THAT(Names("SELECT filename FROM " + at + " TIMESTAMP AS OF '1970-01-01 00:00:01.5'"),
              ElementsAre("one.png"));
  EXPECT_THAT(Names("DESCRIBE HISTORY " + at), ElementsAre("1", "0"));
}

TEST_F(OtherFormatTest, GivesItsImagesBack) {
  lake::LookupRequest request;
  request.table = place_.path;
  request.row = 1;
  EXPECT_EQ(lake::FindImage(*session_, request).ValueOrDie().bytes->ToString(), Png("two"));
  request.version.version = 0;
  EXPECT_EQ(CodeOf(lake::FindImage(*session_, request).status()), ErrorCode::kNotFound);
  const auto exported = ExportTo("filename <> 'one.png'", "out").ValueOrDie();
  EXPECT_EQ(exported.files, 2);
}

TEST_F(OtherFormatTest, RowsDeletedByValueAreNowhere) {
  gone_["two.png"] = 2;
  PutVersion(2, 3000);
  AddVersion(3, {"two", "four"}, 4000);
  const std::string at = "'" + place_.path + "'";
  EXPECT_THAT(Names("SELECT filename FROM " + at + " VERSION AS OF 2 ORDER BY 1"),
              ElementsAre("one.png", "three.png"));
  EXPECT_THAT(Names("SELECT count(*) FROM " + at + " VERSION AS OF 2"), ElementsAre("2"));
  EXPECT_THAT(Names("SELECT filename FROM " + at + " ORDER BY 1"),
              ElementsAre("four.png", "one.png", "three.png", "two.png"));
  EXPECT_THAT(Names("SELECT count(content) FROM " + at + " WHERE filename = 'two.png'"), ElementsAre("1"));
  EXPECT_THAT(Names("SELECT octet_length(content) FROM " + at + " ORDER BY filename LIMIT 1"),
              ElementsAre(std::to_string(Png("four").size())));
  lake::LookupRequest request;
  request.table = place_.path;
  request.row = 1;
  EXPECT_EQ(lake::FindImage(*session_, request).ValueOrDie().bytes->ToString(), Png("three"));
  const auto exported = ExportTo("", "out").ValueOrDie();
  EXPECT_EQ(exported.files, 4);
}

TEST_F(OtherFormatTest, WhatItDoesNotHaveIsToldByName) {
  const auto table = session_->OpenTable(place_.path).ValueOrDie();
  for (const Status& status :
       {table->change_feed().status(), table->log_care().status(), table->file_care().status()}) {
    EXPECT_EQ(CodeOf(status), ErrorCode::kUnsupported);
    EXPECT_THAT(status.message(), HasSubstr("tables of format shelf have no"));
  }
}

}  // namespace
}  // namespace pixlake::engine
