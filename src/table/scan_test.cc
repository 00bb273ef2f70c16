#include "table/scan.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

#include "base/uuid.h"
#include "io/local_store.h"

namespace pixlake::table {
namespace {

using arrow::field;
using testing::HasSubstr;
using TypePtr = std::shared_ptr<arrow::DataType>;

std::shared_ptr<arrow::Array> FromJson(const TypePtr& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

class ScanTest : public testing::Test {
 protected:
  ScanTest() { std::filesystem::create_directories(folder_); }
  ~ScanTest() override { std::filesystem::remove_all(folder_); }

  // Writes a table given as JSON rows; returns the path.
  std::string WriteFile(const std::shared_ptr<arrow::Schema>& schema, const std::string& rows,
                        int64_t row_group_rows = 1 << 20, bool int96 = false) {
    const auto structs = FromJson(arrow::struct_(schema->fields()), rows);
    const auto batch = arrow::RecordBatch::FromStructArray(structs).ValueOrDie();
    const auto table = arrow::Table::Make(schema, batch->columns());
    return WriteTable(*table, row_group_rows, int96);
  }

  std::string WriteTable(const arrow::Table& table, int64_t row_group_rows, bool int96 = false) {
    std::string path = folder_ + "/" + std::to_string(files_++) + ".parquet";
    auto out = arrow::io::FileOutputStream::Open(path).ValueOrDie();
    auto arrow_properties = parquet::ArrowWriterProperties::Builder();
    if (int96) arrow_properties.enable_deprecated_int96_timestamps();
    EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, row_group_rows,
                                           parquet::default_writer_properties(), arrow_properties.build())
                    .ok());
    EXPECT_TRUE(out->Close().ok());
    return path;
  }

  static ScanPlan Plan(const std::shared_ptr<arrow::Schema>& schema) {
    ScanPlan plan;
    plan.table_schema = plan.output_schema = schema;
    for (const auto& column : schema->fields()) plan.mapping.push_back({column->name(), -1, {}});
    return plan;
  }

  Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> Batches(const ScanPlan& plan,
                                                                   const ScanTask& task) {
    PL_ASSIGN_OR_RETURN(auto reader, ReadTask(store_, plan, task));
    return reader->ToRecordBatches();
  }

  Result<std::shared_ptr<arrow::Table>> Read(const ScanPlan& plan, const ScanTask& task) {
    PL_ASSIGN_OR_RETURN(auto batches, Batches(plan, task));
    for (const auto& batch : batches) PL_RETURN_NOT_OK(batch->ValidateFull());
    return arrow::Table::FromRecordBatches(plan.output_schema, batches);
  }

  // The one column of the plan as read, against JSON of its type.
  void ExpectColumn(const ScanPlan& plan, const ScanTask& task, const std::string& json) {
    const auto read = Read(plan, task);
    ASSERT_TRUE(read.ok()) << read.status();
    const auto expected = FromJson(plan.output_schema->field(0)->type(), json);
    ASSERT_EQ((*read)->num_rows(), expected->length());
    const auto actual = (*read)->column(0);
    EXPECT_TRUE(arrow::ChunkedArray(expected).Equals(*actual)) << actual->ToString();
  }

  void ExpectCast(const TypePtr& file_type, const std::string& file_rows, const TypePtr& table_type,
                  const std::string& expected) {
    const auto path = WriteFile(arrow::schema({field("c", file_type)}), file_rows);
    SCOPED_TRACE(file_type->ToString() + " as " + table_type->ToString());
    ExpectColumn(Plan(arrow::schema({field("c", table_type)})), Task(path), expected);
  }

  static ScanTask Task(const std::string& path) {
    ScanTask task;
    task.path = path;
    return task;
  }

  const std::string folder_ = testing::TempDir() + "/scan-" + NewUuid();
  std::shared_ptr<io::Store> store_ = io::MakeLocalStore();
  int files_ = 0;
};

TEST_F(ScanTest, GivesColumnsInTheOrderAskedFor) {
  const auto schema =
      arrow::schema({field("a", arrow::int64()), field("b", arrow::utf8()), field("c", arrow::boolean())});
  const auto path = WriteFile(schema, R"([{"a":1,"b":"x","c":true},{"a":2,"b":null,"c":false}])");
  auto plan = Plan(schema);
  plan.output_schema = arrow::schema({schema->field(2), schema->field(0)});
  const auto table = Read(plan, Task(path)).ValueOrDie();
  ASSERT_EQ(table->num_columns(), 2);
  EXPECT_TRUE(table->column(0)->Equals(arrow::ChunkedArray(FromJson(arrow::boolean(), "[true,false]"))));
  EXPECT_TRUE(table->column(1)->Equals(arrow::ChunkedArray(FromJson(arrow::int64(), "[1,2]"))));
}

TEST_F(ScanTest, WidensTypes) {
  ExpectCast(arrow::int32(), R"([{"c":1},{"c":null}])", arrow::int64(), "[1,null]");
  ExpectCast(arrow::int32(), R"([{"c":-7}])", arrow::int8(), "[-7]");
  ExpectCast(arrow::float32(), R"([{"c":1.5}])", arrow::float64(), "[1.5]");
  ExpectCast(arrow::int32(), R"([{"c":3}])", arrow::float64(), "[3.0]");
  ExpectCast(arrow::decimal128(5, 2), R"([{"c":"1.25"}])", arrow::decimal128(12, 4), R"(["1.2500"])");
  ExpectCast(arrow::int32(), R"([{"c":4}])", arrow::decimal128(12, 1), R"(["4.0"])");
  ExpectCast(arrow::date32(), R"([{"c":1}])", arrow::timestamp(arrow::TimeUnit::MICRO), "[86400000000]");
  ExpectCast(arrow::dictionary(arrow::int8(), arrow::utf8()), R"([{"c":"x"},{"c":"x"}])", arrow::utf8(),
             R"(["x","x"])");
  ExpectCast(arrow::large_utf8(), R"([{"c":"x"}])", arrow::utf8(), R"(["x"])");
}

TEST_F(ScanTest, ReadsTimestampsOfAnyUnitAndZone) {
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const auto naive = arrow::timestamp(arrow::TimeUnit::MICRO);
  ExpectCast(arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), R"([{"c":5}])", micros, "[5000]");
  ExpectCast(arrow::timestamp(arrow::TimeUnit::MILLI), R"([{"c":5}])", micros, "[5000]");
  ExpectCast(micros, R"([{"c":5}])", naive, "[5]");
  const auto nanos = arrow::schema({field("c", arrow::timestamp(arrow::TimeUnit::NANO))});
  const auto int96 = WriteFile(nanos, R"([{"c":"2024-01-02 03:04:05.000006"}])", 10, /*int96=*/true);
  ExpectColumn(Plan(arrow::schema({field("c", micros)})), Task(int96), R"(["2024-01-02 03:04:05.000006"])");
}

TEST_F(ScanTest, RefusesTypesThatDoNotWiden) {
  const struct {
    TypePtr file, table;
    std::string rows;
  } cases[] = {
      {arrow::utf8(), arrow::int64(), R"([{"c":"1"}])"},
      {arrow::float64(), arrow::float32(), R"([{"c":1}])"},
      {arrow::int64(), arrow::float64(), R"([{"c":1}])"},
      {arrow::list(arrow::int32()), arrow::int32(), R"([{"c":[1]}])"},
      {arrow::int32(), arrow::struct_({field("x", arrow::int32())}), R"([{"c":1}])"},
      {arrow::date32(), arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), R"([{"c":1}])"},
  };
  for (const auto& c : cases) {
    const auto path = WriteFile(arrow::schema({field("c", c.file)}), c.rows);
    const auto read = Read(Plan(arrow::schema({field("c", c.table)})), Task(path));
    ASSERT_FALSE(read.ok()) << c.file->ToString() << " as " << c.table->ToString();
    EXPECT_EQ(CodeOf(read.status()), ErrorCode::kSchemaMismatch);
    EXPECT_THAT(read.status().message(), HasSubstr(path));
  }
}

TEST_F(ScanTest, AnIntegerThatDoesNotFitIsAnError) {
  const auto path = WriteFile(arrow::schema({field("c", arrow::int32())}), R"([{"c":300}])");
  const auto read = Read(Plan(arrow::schema({field("c", arrow::int8())})), Task(path));
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.status().message(), HasSubstr("column c"));
}

TEST_F(ScanTest, FillsWhatTheFileDoesNotHaveWithNulls) {
  const auto file = arrow::schema({field("s", arrow::struct_({field("x", arrow::int32())}))});
  const auto path = WriteFile(file, R"([{"s":{"x":1}},{"s":null}])");
  const auto table =
      arrow::schema({field("s", arrow::struct_({field("y", arrow::utf8()), field("x", arrow::int64())})),
                     field("new", arrow::list(arrow::int32()))});
  const auto read = Read(Plan(table), Task(path)).ValueOrDie();
  EXPECT_TRUE(read->column(0)->Equals(
      arrow::ChunkedArray(FromJson(table->field(0)->type(), R"([{"y":null,"x":1},null])"))));
  EXPECT_EQ(read->column(1)->null_count(), 2);
}

TEST_F(ScanTest, AStructWithNoKnownFieldKeepsItsNulls) {
  const auto file = arrow::schema({field("s", arrow::struct_({field("x", arrow::int32())}))});
  const auto path = WriteFile(file, R"([{"s":{"x":1}},{"s":null}])");
  ExpectColumn(Plan(arrow::schema({field("s", arrow::struct_({field("z", arrow::utf8())}))})), Task(path),
               R"([{"z":null},null])");
}

TEST_F(ScanTest, FindsNestedFieldsByMapping) {
  const auto inner = arrow::struct_({field("col-1", arrow::int32()), field("col-2", arrow::utf8())});
  const auto file = arrow::schema(
      {field("p", arrow::list(field("array", inner))), field("m", arrow::map(arrow::utf8(), inner))});
  const auto path =
      WriteFile(file, R"([{"p":[{"col-1":1,"col-2":"a"},null],"m":[["k",{"col-1":2,"col-2":"b"}]]},)"
                      R"({"p":[],"m":null}])");
  const auto logical = arrow::struct_({field("b", arrow::utf8()), field("a", arrow::int64())});
  const auto table = arrow::schema(
      {field("l", arrow::list(field("element", logical))), field("m", arrow::map(arrow::utf8(), logical))});
  auto plan = Plan(table);
  const FieldMapping element{"", -1, {{"col-2", -1, {}}, {"col-1", -1, {}}}};
  plan.mapping = {{"p", -1, {element}}, {"m", -1, {{"key", -1, {}}, element}}};
  const auto read = Read(plan, Task(path)).ValueOrDie();
  EXPECT_TRUE(read->column(0)->Equals(
      arrow::ChunkedArray(FromJson(table->field(0)->type(), R"([[{"b":"a","a":1},null],[]])"))));
  EXPECT_TRUE(read->column(1)->Equals(
      arrow::ChunkedArray(FromJson(table->field(1)->type(), R"([[["k",{"b":"b","a":2}]],null])"))));
  EXPECT_TRUE(read->schema()->Equals(*table));
}

TEST_F(ScanTest, FindsFieldsByParquetId) {
  const auto with_id = [](const std::string& name, const TypePtr& type, const std::string& id) {
    return field(name, type)->WithMetadata(arrow::key_value_metadata({"PARQUET:field_id"}, {id}));
  };
  const auto path =
      WriteFile(arrow::schema({with_id("a", arrow::int32(), "7"), with_id("b", arrow::int32(), "8")}),
                R"([{"a":1,"b":2}])");
  auto plan = Plan(arrow::schema({field("a", arrow::int32())}));
  plan.mapping = {{"a", 8, {}}};
  ExpectColumn(plan, Task(path), "[2]");
  plan.mapping = {{"a", 9, {}}};
  ExpectColumn(plan, Task(path), "[null]");
}

TEST_F(ScanTest, PartitionValuesWinOverTheFilesOwnColumn) {
  const auto schema = arrow::schema({field("day", arrow::utf8()), field("a", arrow::int32())});
  const auto path = WriteFile(schema, R"([{"day":"in the file","a":1},{"day":null,"a":2}])");
  ScanTask task = Task(path);
  task.partition_values = {{"day", arrow::MakeScalar("monday")}};
  ExpectColumn(Plan(schema), task, R"(["monday","monday"])");
  task.partition_values = {{"day", nullptr}};
  ExpectColumn(Plan(schema), task, "[null,null]");
}

std::string Numbers(int count) {
  std::string rows = "[";
  for (int i = 0; i < count; ++i) rows += (i ? ",{\"c\":" : "{\"c\":") + std::to_string(i) + "}";
  return rows + "]";
}

TEST_F(ScanTest, SkipsRowGroupsAndStillDropsTheRightRows) {
  const auto schema = arrow::schema({field("c", arrow::int64())});
  ScanTask task = Task(WriteFile(schema, Numbers(30), /*row_group_rows=*/10));
  task.num_rows = 30;
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{0, 9, 20, 22, 29});
  auto plan = Plan(schema);
  plan.predicate =
      BoundPredicate::Bind(Compare({"c"}, CompareOp::kGe, {arrow::MakeScalar(int64_t{25})}), *schema);
  ExpectColumn(plan, task, "[21,23,24,25,26,27,28]");
  plan.output_schema = arrow::schema(arrow::FieldVector{});
  task.num_rows = -1;
  int64_t rows = 0;
  for (const auto& batch : Batches(plan, task).ValueOrDie()) rows += batch->num_rows();
  EXPECT_EQ(rows, 7);
}

TEST_F(ScanTest, DropsDeletedRowsWithinABatch) {
  const auto schema = arrow::schema({field("c", arrow::int64())});
  ScanTask task = Task(WriteFile(schema, Numbers(6), 4));
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{1, 3, 4});
  ExpectColumn(Plan(schema), task, "[0,2,5]");
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{6});
  const auto read = Read(Plan(schema), task);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(CodeOf(read.status()), ErrorCode::kCorrupt);
}

TEST_F(ScanTest, CountsWithoutOpeningTheFileWhenTheTableKnows) {
  auto plan = Plan(arrow::schema({field("c", arrow::int64())}));
  plan.output_schema = arrow::schema(arrow::FieldVector{});
  ScanTask task = Task(folder_ + "/never-opened.parquet");
  task.num_rows = 100000;
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{5, 99999});
  int64_t rows = 0;
  for (const auto& batch : Batches(plan, task).ValueOrDie()) rows += batch->num_rows();
  EXPECT_EQ(rows, 99998);
}

TEST_F(ScanTest, BatchesKeepToRowsAndBytes) {
  arrow::BinaryBuilder blobs;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(blobs.Append(std::string(i == 50 ? 50000 : 1000, 'x')).ok());
  const auto schema = arrow::schema({field("c", arrow::binary())});
  const auto path = WriteTable(*arrow::Table::Make(schema, {blobs.Finish().ValueOrDie()}), 1000);
  auto plan = Plan(schema);
  plan.batch_rows = 30;
  plan.batch_bytes = 20000;
  int64_t rows = 0;
  for (const auto& batch : Batches(plan, Task(path)).ValueOrDie()) {
    rows += batch->num_rows();
    const auto& column = static_cast<const arrow::BinaryArray&>(*batch->column(0));
    EXPECT_TRUE(column.total_values_length() <= 20000 || batch->num_rows() == 1)
        << column.total_values_length();
    EXPECT_LE(batch->num_rows(), 30);
  }
  EXPECT_EQ(rows, 100);
}

TEST_F(ScanTest, HostileFilesAreErrorsThatNameTheFile) {
  const auto schema = arrow::schema({field("c", arrow::int64())});
  const auto path = WriteFile(schema, Numbers(1000));
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  const std::string bad_path = folder_ + "/bad.parquet";
  const auto expect_error = [&](const std::string& bytes) {
    std::ofstream(bad_path, std::ios::binary | std::ios::trunc) << bytes;
    const auto read = Read(Plan(schema), Task(bad_path));
    ASSERT_FALSE(read.ok()) << bytes.size();
    EXPECT_EQ(CodeOf(read.status()), ErrorCode::kCorrupt) << read.status();
    EXPECT_THAT(read.status().message(), HasSubstr(bad_path));
  };
  expect_error("");
  expect_error("PAR1");
  expect_error("this is no Parquet file at all");
  for (size_t cut = 1; cut < good.size(); cut += good.size() / 17) expect_error(good.substr(0, cut));
  expect_error(good.substr(0, 4) + good.substr(good.size() / 2));
}

TEST_F(ScanTest, FlippedBytesNeverCrash) {
  const auto schema = arrow::schema({field("c", arrow::int64())});
  const auto path = WriteFile(schema, Numbers(200));
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  const std::string bad_path = folder_ + "/bad.parquet";
  for (size_t at = 0; at < good.size(); at += 3) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x5A);
    std::ofstream(bad_path, std::ios::binary | std::ios::trunc) << bytes;
    const auto read = Read(Plan(schema), Task(bad_path));
    if (!read.ok()) {
      EXPECT_THAT(read.status().message(), HasSubstr(bad_path));
    }
  }
}

TEST_F(ScanTest, AWrongRowCountIsAnError) {
  const auto schema = arrow::schema({field("c", arrow::int64())});
  ScanTask task = Task(WriteFile(schema, Numbers(10)));
  task.num_rows = 11;
  const auto read = Read(Plan(schema), task);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.status().message(), HasSubstr("it has 10 rows, the table says 11"));
}

TEST_F(ScanTest, AMissingFileIsNotFound) {
  const auto read = Read(Plan(arrow::schema({field("c", arrow::int64())})), Task(folder_ + "/none.parquet"));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(CodeOf(read.status()), ErrorCode::kNotFound);
}

TEST_F(ScanTest, TextThatIsNotUtf8IsAnError) {
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.Append("\xFF\xFE").ok());
  const auto schema = arrow::schema({field("c", arrow::utf8())});
  const auto path = WriteTable(*arrow::Table::Make(schema, {texts.Finish().ValueOrDie()}), 10);
  const auto read = Read(Plan(schema), Task(path));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(CodeOf(read.status()), ErrorCode::kCorrupt);
}

TEST_F(ScanTest, TasksAreReadFromSeveralThreads) {
  const auto schema = arrow::schema({field("c", arrow::int64())});
  auto plan = Plan(schema);
  for (int i = 0; i < 8; ++i) plan.tasks.push_back(Task(WriteFile(schema, Numbers(500), 100)));
  std::vector<int64_t> rows(plan.tasks.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    threads.emplace_back([&, i] { rows[i] = Read(plan, plan.tasks[i]).ValueOrDie()->num_rows(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(rows, testing::Each(500));
  const auto all = ReadAll(store_, std::make_shared<const ScanPlan>(plan)).ValueOrDie();
  EXPECT_EQ(all->ToTable().ValueOrDie()->num_rows(), 4000);
}

}  // namespace
}  // namespace pixlake::table
