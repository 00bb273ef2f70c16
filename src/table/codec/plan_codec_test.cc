#include "table/codec/plan_codec.h"

#include <limits>

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace pixlake::table {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Scalars = std::vector<std::shared_ptr<arrow::Scalar>>;

std::shared_ptr<arrow::Scalar> Parsed(const std::shared_ptr<arrow::DataType>& type, const std::string& text) {
  return arrow::Scalar::Parse(type, text).ValueOrDie();
}

// A value of each type that a partition or a bound can have.
Scalars Values() {
  return {arrow::MakeScalar(true),
          arrow::MakeScalar(int8_t{-128}),
          arrow::MakeScalar(std::numeric_limits<int64_t>::min()),
          arrow::MakeScalar(-0.0),
          arrow::MakeScalar(std::numeric_limits<double>::denorm_min()),
          arrow::MakeScalar(std::numeric_limits<float>::infinity()),
          arrow::MakeScalar(std::string("a\0\xC3\xA9", 4)),
          std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString("\xFF\x00")),
          Parsed(arrow::date32(), "1582-10-04"),
          Parsed(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "9999-12-31 23:59:59.999999Z"),
          Parsed(arrow::timestamp(arrow::TimeUnit::MICRO), "0001-01-01 00:00:00"),
          std::make_shared<arrow::Decimal128Scalar>(
              arrow::Decimal128("12345678901234567890123456780123456789"), arrow::decimal128(38, 10)),
          arrow::MakeNullScalar(arrow::int32())};
}

StagedFile File() {
  StagedFile file;
  file.name = "date_partition=2026-11-21/a.parquet";
  file.size = std::numeric_limits<int64_t>::max();
  file.modified_ms = 1;
  file.partition_values = {{"d", "2026-11-21"}, {"n", std::nullopt}, {"e", ""}};
  file.tags = {{"ZCUBE_ID", "x"}};
  file.clustering_provider = "liquid";
  file.statistics.num_rows = 7;
  for (const auto& value : Values()) {
    const bool null = !value->is_valid;
    file.statistics.columns.push_back(
        {{"s", value->type->ToString()}, null ? nullptr : value, null ? nullptr : value, null ? -1 : 3});
  }
  return file;
}

TEST(PlanCodecTest, AStagedFileComesBack) {
  const StagedFile file = File();
  const json object = EncodeStagedFile(file).ValueOrDie();
  const StagedFile back = DecodeStagedFile(json::parse(object.dump())).ValueOrDie();
  EXPECT_EQ(back.name, file.name);
  EXPECT_EQ(back.size, file.size);
  EXPECT_EQ(back.modified_ms, file.modified_ms);
  EXPECT_EQ(back.partition_values, file.partition_values);
  EXPECT_EQ(back.tags, file.tags);
  EXPECT_EQ(back.clustering_provider, file.clustering_provider);
  EXPECT_EQ(back.statistics.num_rows, 7);
  ASSERT_EQ(back.statistics.columns.size(), file.statistics.columns.size());
  for (size_t i = 0; i < file.statistics.columns.size(); ++i) {
    const file::ColumnStatistics &a = file.statistics.columns[i], &b = back.statistics.columns[i];
    EXPECT_EQ(a.path, b.path);
    EXPECT_EQ(a.null_count, b.null_count);
    ASSERT_EQ(a.min == nullptr, b.min == nullptr) << i;
    if (a.min == nullptr) continue;
    EXPECT_TRUE(a.min->Equals(*b.min)) << a.min->ToString() << " " << b.min->ToString();
    EXPECT_TRUE(a.min->type->Equals(*b.min->type));
  }
  // The same again: what a file says does not depend on who writes it down.
  EXPECT_EQ(EncodeStagedFile(back).ValueOrDie(), object);
}

ScanPlan Plan() {
  ScanPlan plan;
  plan.table_schema =
      arrow::schema({arrow::field("a", arrow::int64()),
                     arrow::field("s", arrow::struct_({arrow::field("b", arrow::list(arrow::utf8()))}), false,
                                  arrow::key_value_metadata({"PARQUET:field_id"}, {"2"}))});
  plan.output_schema = arrow::schema({arrow::field("a", arrow::int64())});
  plan.mapping = {{"col-1", 1, {}}, {"col-2", 2, {{"col-3", 3, {{"element", 4, {}}}}}}};
  plan.batch_rows = 100;
  plan.batch_bytes = 1 << 20;
  plan.files_total = 5;
  plan.files_skipped = 4;
  ScanTask task;
  task.path = "/t/ä b.parquet";
  task.size = 10;
  task.num_rows = 1000000;
  task.ordinal = 3;
  for (const auto& value : Values()) task.partition_values.emplace_back(value->type->ToString(), value);
  std::vector<uint64_t> positions;
  for (uint64_t i = 0; i < 1000; ++i) positions.push_back(i * i);
  task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(positions);
  ScanTask bare;
  bare.path = "/t/b";
  plan.tasks = {task, bare};
  return plan;
}

TEST(PlanCodecTest, APlanComesBack) {
  const ScanPlan plan = Plan();
  const json object = EncodeScanPlan(plan).ValueOrDie();
  const ScanPlan back = DecodeScanPlan(json::parse(object.dump())).ValueOrDie();
  EXPECT_TRUE(back.table_schema->Equals(*plan.table_schema, true));
  EXPECT_TRUE(back.output_schema->Equals(*plan.output_schema, true));
  EXPECT_EQ(back.mapping[1].children[0].children[0].field_id, 4);
  EXPECT_EQ(back.mapping[1].children[0].physical_name, "col-3");
  EXPECT_EQ(back.batch_rows, 100);
  EXPECT_EQ(back.files_skipped, 4);
  ASSERT_EQ(back.tasks.size(), 2U);
  EXPECT_EQ(back.tasks[0].path, "/t/ä b.parquet");
  EXPECT_EQ(*back.tasks[0].deleted_rows, *plan.tasks[0].deleted_rows);
  EXPECT_EQ(back.tasks[0].selected_rows, nullptr);
  EXPECT_EQ(back.tasks[1].deleted_rows, nullptr);
  for (size_t i = 0; i < Values().size(); ++i) {
    const auto& [name, value] = back.tasks[0].partition_values[i];
    EXPECT_TRUE(value->Equals(*Values()[i])) << name;
    EXPECT_EQ(name, Values()[i]->type->ToString());
  }
  EXPECT_EQ(EncodeScanPlan(back).ValueOrDie(), object);
  EXPECT_TRUE(DecodeScanPlan(EncodeScanPlan(plan, false).ValueOrDie()).ValueOrDie().tasks.empty());
}

TEST(PlanCodecTest, ALaterCodecIsRefused) {
  json object = EncodeStagedFile(File()).ValueOrDie();
  object["codec"] = kPlanCodecVersion + 1;
  const Status status = DecodeStagedFile(object).status();
  EXPECT_EQ(CodeOf(status), ErrorCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("newer pixlake"));
}

TEST(PlanCodecTest, PositionsAscend) {
  ScanTask task;
  task.path = "/t/a";
  for (const std::vector<uint64_t>& wrong : {std::vector<uint64_t>{2, 1}, {1, 1}}) {
    task.deleted_rows = std::make_shared<const std::vector<uint64_t>>(wrong);
    const Status status = DecodeScanTask(EncodeScanTask(task).ValueOrDie()).status();
    EXPECT_EQ(CodeOf(status), ErrorCode::kCorrupt);
    EXPECT_THAT(status.message(), HasSubstr("\"deleted_rows\""));
  }
}

// Whatever stands where a member was: an answer, kCorrupt or not, and never a crash.
void Mangle(json* root, json* node, const std::function<void()>& decode) {
  for (auto& member : node->items()) {
    const json was = member.value();
    const std::vector<json> instead = {
        json(),   json(-2),   json(INT64_MAX), json(1e300),    json("AAAA"),
        json(""), json(true), json::array(),   json::object(), json::array({json()})};
    for (const json& other : instead) {
      member.value() = other;
      decode();
    }
    if (was.is_string()) {
      const std::string text = was.get<std::string>();
      for (size_t i = 0; i < text.size(); i += 3) {
        std::string changed = text;
        changed[i] = changed[i] == 'B' ? '/' : 'B';
        member.value() = changed;
        decode();
        member.value() = text.substr(0, i);
        decode();
      }
    }
    member.value() = was;
    if (member.value().is_structured()) Mangle(root, &member.value(), decode);
  }
}

TEST(PlanCodecTest, HostileFilesAreAnswered) {
  json object = EncodeStagedFile(File()).ValueOrDie();
  int64_t refused = 0;
  Mangle(&object, &object, [&] {
    const auto decoded = DecodeStagedFile(object);
    if (decoded.ok()) return;
    ++refused;
    EXPECT_THAT(CodeOf(decoded.status()), testing::AnyOf(ErrorCode::kCorrupt, ErrorCode::kUnsupported))
        << decoded.status().ToString();
  });
  EXPECT_GT(refused, 50);
}

TEST(PlanCodecTest, HostilePlansAreAnswered) {
  json object = EncodeScanPlan(Plan()).ValueOrDie();
  int64_t refused = 0;
  Mangle(&object, &object, [&] { refused += DecodeScanPlan(object).ok() ? 0 : 1; });
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace pixlake::table
