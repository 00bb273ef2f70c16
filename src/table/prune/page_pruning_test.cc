// Arrow writes the files, Arrow's filter over the rows that were written says what must come.
#include <filesystem>
#include <fstream>
#include <random>

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/compute/initialize.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include "base/uuid.h"
#include "io/local_store.h"
#include "table/predicate/row_evaluator.h"
#include "table/read/task_reader_internal.h"
#include "table/scan.h"

namespace pixlake::table {
namespace {

using arrow::field;

const auto kSchema = arrow::schema(
    {field("id", arrow::int64(), false), field("day", arrow::date32()), field("name", arrow::utf8()),
     field("score", arrow::float64()), field("content", arrow::binary()),
     field("price", arrow::decimal128(12, 2)), field("place", arrow::struct_({field("x", arrow::int32())})),
     field("tags", arrow::list(arrow::int32()))});
constexpr int64_t kRows = 20'000;

class PagePruningTest : public testing::Test {
 protected:
  PagePruningTest() {
    std::filesystem::create_directories(folder_);
    EXPECT_TRUE(arrow::compute::Initialize().ok());
  }
  ~PagePruningTest() override { std::filesystem::remove_all(folder_); }

  // Ids in order, days in runs with nulls among them and pages of nothing but nulls.
  static std::shared_ptr<arrow::RecordBatch> Rows() {
    std::mt19937 random(7);
    arrow::Int64Builder ids;
    arrow::Date32Builder days;
    arrow::StringBuilder names;
    arrow::DoubleBuilder scores;
    arrow::BinaryBuilder contents;
    arrow::Decimal128Builder prices(arrow::decimal128(12, 2));
    const auto x = std::make_shared<arrow::Int32Builder>();
    arrow::StructBuilder places(kSchema->field(6)->type(), arrow::default_memory_pool(), {x});
    const auto tag = std::make_shared<arrow::Int32Builder>();
    arrow::ListBuilder tags(arrow::default_memory_pool(), tag);
    for (int32_t i = 0; i < kRows; ++i) {
      const bool null = i % 13 == 5 || (i > 9000 && i < 14000);
      EXPECT_TRUE(ids.Append(i).ok());
      EXPECT_TRUE((null ? days.AppendNull() : days.Append(18000 + i / 500)).ok());
      EXPECT_TRUE((i % 17 == 3 ? names.AppendNull() : names.Append("n" + std::to_string(100000 + i))).ok());
      EXPECT_TRUE(scores.Append(i % 900 == 0 ? NAN : static_cast<double>(random() % 1000)).ok());
      EXPECT_TRUE(contents.Append(std::string(random() % 300, static_cast<char>(i))).ok());
      EXPECT_TRUE(prices.Append(arrow::Decimal128(i * 25)).ok());
      EXPECT_TRUE(places.Append().ok() && x->Append(i / 3).ok());
      EXPECT_TRUE(tags.Append().ok());
      for (int n = 0; n < i % 3; ++n) EXPECT_TRUE(tag->Append(i).ok());
    }
    arrow::ArrayVector arrays;
    for (arrow::ArrayBuilder* one : std::initializer_list<arrow::ArrayBuilder*>{
             &ids, &days, &names, &scores, &contents, &prices, &places, &tags})
      arrays.push_back(one->Finish().ValueOrDie());
    return arrow::RecordBatch::Make(kSchema, kRows, std::move(arrays));
  }

  struct Kind {
    const char* name;
    bool dictionary;
    parquet::Compression::type codec;
    parquet::ParquetDataPageVersion version;
  };

  ScanTask Write(const std::shared_ptr<arrow::RecordBatch>& rows, const Kind& kind) {
    ScanTask task;
    task.path = folder_ + "/" + NewUuid() + ".parquet";
    task.num_rows = kRows;
    parquet::WriterProperties::Builder builder;
    if (!kind.dictionary) builder.disable_dictionary();
    builder.enable_write_page_index()
        ->compression(kind.codec)
        ->data_page_version(kind.version)
        ->data_pagesize(3000)
        ->write_batch_size(100);
    auto out = arrow::io::FileOutputStream::Open(task.path).ValueOrDie();
    const auto table = arrow::Table::FromRecordBatches({rows}).ValueOrDie();
    EXPECT_TRUE(
        parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 8000, builder.build()).ok());
    EXPECT_TRUE(out->Close().ok());
    return task;
  }

  static ScanPlan Plan(const std::vector<Comparison>& all_of, const std::vector<std::string>& columns) {
    ScanPlan plan;
    plan.table_schema = kSchema;
    plan.output_schema = OutputSchema(kSchema, columns, "").ValueOrDie();
    for (const auto& column : kSchema->fields()) {
      plan.mapping.push_back({column->name(), -1, {}});
      if (column->name() == "place") plan.mapping.back().children = {{"x", -1, {}}};
      if (column->name() == "tags") plan.mapping.back().children = {{"", -1, {}}};
    }
    std::vector<Predicate> parts;
    for (const Comparison& one : all_of) parts.push_back(Compare(one.column, one.op, one.values));
    plan.predicate = BoundPredicate::Bind(And(std::move(parts)), *kSchema);
    return plan;
  }

  Result<std::shared_ptr<arrow::Table>> Read(const ScanPlan& plan, const ScanTask& task) {
    TaskReader reader(plan, task);
    PL_RETURN_NOT_OK(reader.Open(store_));
    PL_ASSIGN_OR_RETURN(const auto batches, reader.ToRecordBatches());
    for (const auto& batch : batches) PL_RETURN_NOT_OK(batch->ValidateFull());
    PL_ASSIGN_OR_RETURN(const auto table, arrow::Table::FromRecordBatches(plan.output_schema, batches));
    return table->CombineChunks();
  }

  const std::string folder_ = testing::TempDir() + "/pages-" + NewUuid();
  std::shared_ptr<io::Store> store_ = io::MakeLocalStore();
};

constexpr auto kV1 = parquet::ParquetDataPageVersion::V1;
constexpr auto kV2 = parquet::ParquetDataPageVersion::V2;

std::shared_ptr<arrow::Scalar> Day(int32_t day) {
  return std::make_shared<arrow::Date32Scalar>(day);
}

std::vector<std::vector<Comparison>> Conditions() {
  const auto id = [](CompareOp op, std::vector<int64_t> values) {
    Comparison comparison{{"id"}, op, {}};
    for (const int64_t value : values) comparison.values.push_back(arrow::MakeScalar(value));
    return comparison;
  };
  return {
      {id(CompareOp::kEq, {12345})},
      {id(CompareOp::kIn, {3, 7999, 8000, 19999})},
      {id(CompareOp::kGe, {7900}), id(CompareOp::kLt, {8100})},
      {id(CompareOp::kLt, {0})},
      {id(CompareOp::kLt, {100}), {{"day"}, CompareOp::kGt, {Day(18010)}}},
      {{{"day"}, CompareOp::kEq, {Day(18005)}}},
      {{{"day"}, CompareOp::kIsNull, {}}, id(CompareOp::kGt, {13000})},
      {{{"day"}, CompareOp::kIsNotNull, {}}, id(CompareOp::kGt, {13500}), id(CompareOp::kLt, {14100})},
      {{{"name"}, CompareOp::kEq, {arrow::MakeScalar("n104321")}}},
      {{{"score"}, CompareOp::kLt, {arrow::MakeScalar(3.0)}}, id(CompareOp::kLt, {700})},
      {{{"price"},
        CompareOp::kLe,
        {std::make_shared<arrow::Decimal128Scalar>(arrow::Decimal128(2500), arrow::decimal128(12, 2))}}},
      {{{"place", "x"}, CompareOp::kEq, {arrow::MakeScalar(int32_t{2000})}}},
  };
}

// The rows of `table` that satisfy the conditions, by Arrow.
std::shared_ptr<arrow::Table> Satisfying(const std::shared_ptr<arrow::Table>& table,
                                         const std::vector<Comparison>& all_of) {
  std::shared_ptr<arrow::Table> kept = table;
  for (const Comparison& comparison : all_of) {
    arrow::Datum column = kept->GetColumnByName(comparison.column[0])->chunk(0);
    if (comparison.column.size() == 2)
      column = static_cast<const arrow::StructArray&>(*column.make_array()).field(0);
    const auto call = [&](const char* name, std::vector<arrow::Datum> arguments) {
      return arrow::compute::CallFunction(name, arguments).ValueOrDie();
    };
    arrow::Datum mask;
    switch (comparison.op) {
      case CompareOp::kIsNull:
        mask = call("is_null", {column});
        break;
      case CompareOp::kIsNotNull:
        mask = call("is_valid", {column});
        break;
      case CompareOp::kEq:
        mask = call("equal", {column, comparison.values[0]});
        break;
      case CompareOp::kLt:
        mask = call("less", {column, comparison.values[0]});
        break;
      case CompareOp::kLe:
        mask = call("less_equal", {column, comparison.values[0]});
        break;
      case CompareOp::kGt:
        mask = call("greater", {column, comparison.values[0]});
        break;
      case CompareOp::kGe:
        mask = call("greater_equal", {column, comparison.values[0]});
        break;
      default: {
        mask = call("equal", {column, comparison.values[0]});
        for (size_t i = 1; i < comparison.values.size(); ++i)
          mask = call("or", {mask, call("equal", {column, comparison.values[i]})});
      }
    }
    kept = arrow::compute::Filter(kept, mask).ValueOrDie().table()->CombineChunks().ValueOrDie();
    if (kept->num_rows() == 0) break;
  }
  return kept;
}

TEST_F(PagePruningTest, NoRowThatMatchesIsLost) {
  const auto rows = Rows();
  const auto written = arrow::Table::FromRecordBatches({rows}).ValueOrDie();
  for (const Kind& kind : {Kind{"plain", false, parquet::Compression::UNCOMPRESSED, kV1},
                           Kind{"dictionary", true, parquet::Compression::SNAPPY, kV1},
                           Kind{"v2", true, parquet::Compression::ZSTD, kV2}}) {
    const ScanTask task = Write(rows, kind);
    for (const std::vector<Comparison>& all_of : Conditions()) {
      for (const auto& columns : std::vector<std::vector<std::string>>{
               {"id", "day", "name", "score", "content", "price"},
               {"id", "day", "name", "score", "content", "price", "place", "tags"}}) {
        ScanPlan plan = Plan(all_of, columns);
        plan.batch_rows = 777;
        const bool nested = all_of[0].column.size() == 2;
        if (nested && columns.size() == 6) continue;  // the judge needs the column
        const auto found = Read(plan, task);
        ASSERT_TRUE(found.ok()) << kind.name << ": " << found.status();
        const auto expected = Satisfying(written, all_of);
        if (expected->num_rows() == 0 || (*found)->num_rows() == 0) {
          EXPECT_EQ(expected->num_rows(), 0);
          continue;
        }
        const auto kept = Satisfying(*found, all_of);
        ASSERT_EQ(kept->num_rows(), expected->num_rows()) << kind.name << " " << all_of[0].column[0];
        for (const std::string& column : columns) {
          EXPECT_TRUE(kept->GetColumnByName(column)->Equals(*expected->GetColumnByName(column),
                                                            arrow::EqualOptions().nans_equal(true)))
              << kind.name << " " << column;
        }
      }
    }
  }
}

TEST_F(PagePruningTest, FewRowsAreReadForOneId) {
  const ScanTask task = Write(Rows(), {"plain", false, parquet::Compression::ZSTD, kV1});
  const std::vector<Comparison> one = {{{"id"}, CompareOp::kEq, {arrow::MakeScalar(int64_t{12345})}}};
  ScanPlan plan = Plan(one, {"name", "content"});
  EXPECT_LT(Read(plan, task).ValueOrDie()->num_rows(), 500);
  // A list has pages that begin elsewhere: the row group is read.
  plan = Plan(one, {"id", "tags"});
  EXPECT_EQ(Read(plan, task).ValueOrDie()->num_rows(), 8000);
}

TEST_F(PagePruningTest, RowsOfEitherConditionAndOfNone) {
  const ScanTask task = Write(Rows(), {"plain", false, parquet::Compression::ZSTD, kV1});
  const auto id = [](CompareOp op, int64_t value) { return Compare({"id"}, op, {arrow::MakeScalar(value)}); };
  const auto read = [&](const Predicate& predicate) {
    ScanPlan plan = Plan({}, {"id", "name"});
    plan.predicate = BoundPredicate::Bind(predicate, *kSchema);
    const auto found = Read(plan, task).ValueOrDie();
    const auto ids = std::static_pointer_cast<arrow::Int64Array>(found->column(0)->chunk(0));
    std::vector<int64_t> wanted;
    const auto keep = MayMatchRows(plan.predicate, *arrow::TableBatchReader(*found).Next().ValueOrDie());
    for (int64_t i = 0; i < ids->length(); ++i) {
      if (keep[static_cast<size_t>(i)]) wanted.push_back(ids->Value(i));
    }
    return std::pair(found->num_rows(), wanted);
  };
  const auto [rows, ids] =
      read(Or({id(CompareOp::kEq, 12345), id(CompareOp::kEq, 17), id(CompareOp::kEq, 18)}));
  EXPECT_LT(rows, 1500);
  EXPECT_EQ(ids, (std::vector<int64_t>{17, 18, 12345}));
  const auto [fewer, between] = read(Not(Or({id(CompareOp::kLt, 12345), id(CompareOp::kGe, 12347)})));
  EXPECT_LT(fewer, 1000);
  EXPECT_EQ(between, (std::vector<int64_t>{12345, 12346}));
}

TEST_F(PagePruningTest, PositionsAndDeletedRowsAreThoseOfTheFile) {
  ScanTask task = Write(Rows(), {"plain", false, parquet::Compression::ZSTD, kV1});
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{5, 12345, 12400});
  const auto id = [](int64_t value) { return arrow::MakeScalar(value); };
  ScanPlan plan = Plan({{{"id"}, CompareOp::kGe, {id(12340)}}, {{"id"}, CompareOp::kLt, {id(12350)}}},
                       {"id", kPositionColumn});
  const auto found = Read(plan, task).ValueOrDie();
  EXPECT_LT(found->num_rows(), 1000);
  EXPECT_TRUE(found->column(0)->Equals(*found->column(1)));
  const auto ids = std::static_pointer_cast<arrow::Int64Array>(found->column(0)->chunk(0));
  int64_t wanted = 0;
  for (int64_t i = 0; i < ids->length(); ++i) {
    EXPECT_NE(ids->Value(i), 12345);
    wanted += ids->Value(i) >= 12340 && ids->Value(i) < 12350 ? 1 : 0;
  }
  EXPECT_EQ(wanted, 9);
}

// Every byte of an index is changed, in four ways: right rows, or an error that names the
// file; never other rows.
TEST_F(PagePruningTest, ADamagedIndexGivesNoWrongRows) {
  const auto rows = Rows();
  const ScanTask task = Write(rows, {"plain", false, parquet::Compression::ZSTD, kV1});
  const auto metadata = parquet::ParquetFileReader::OpenFile(task.path)->metadata();
  const auto location = metadata->RowGroup(1)->ColumnChunk(5)->GetOffsetIndexLocation();
  ASSERT_TRUE(location.has_value());
  std::fstream file(task.path, std::ios::in | std::ios::out | std::ios::binary);
  const std::vector<Comparison> one = {{{"id"}, CompareOp::kEq, {arrow::MakeScalar(int64_t{12345})}}};
  const ScanPlan plan = Plan(one, {"id", "price"});
  const auto expected = Satisfying(arrow::Table::FromRecordBatches({rows}).ValueOrDie(), one);
  int errors = 0;
  // Prices have other pages than ids. The changes after the first move a page's rows a little.
  const std::vector<int> changes = {0x55, 0x02, 0x06, 0x40};
  for (int64_t change = 0; change < 4 * location->length; ++change) {
    const int64_t at = location->offset + change / 4;
    file.seekg(at);
    const char byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(byte ^ changes[static_cast<size_t>(change % 4)])).flush();
    const auto found = Read(plan, task);
    if (found.ok()) {
      const auto kept = Satisfying(*found, one);
      ASSERT_EQ(kept->num_rows(), 1) << at;
      EXPECT_TRUE(kept->column(1)->Equals(*expected->GetColumnByName("price"))) << at;
    } else {
      ++errors;
      EXPECT_EQ(CodeOf(found.status()), ErrorCode::kCorrupt) << found.status();
      EXPECT_NE(found.status().message().find(task.path), std::string::npos);
    }
    file.seekp(at);
    file.put(byte).flush();
  }
  EXPECT_GT(errors, 0);
}

}  // namespace
}  // namespace pixlake::table
