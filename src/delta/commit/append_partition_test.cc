#include <fmt/format.h>

#include "delta/testing_internal.h"
#include "table/data_file_writer.h"

namespace pixlake::delta {
namespace {

using testing::FailsWith;
using testing::Must;

Result<table::CommitOutcome> AppendOne(table::Table* table, int64_t id,
                                       std::map<std::string, std::optional<std::string>> partition) {
  table::DataFileOptions options;
  options.partition_values = std::move(partition);
  const auto schema = arrow::schema({arrow::field("id", arrow::int64())});
  PL_ASSIGN_OR_RETURN(auto writer, table::DataFileWriter::Make(table->location(), schema, options));
  arrow::Int64Builder ids;
  PL_RETURN_NOT_OK(ids.Append(id));
  PL_ASSIGN_OR_RETURN(auto array, ids.Finish());
  PL_RETURN_NOT_OK(writer->Write(*arrow::RecordBatch::Make(schema, 1, {array})));
  PL_ASSIGN_OR_RETURN(auto files, writer->Finish());
  PL_ASSIGN_OR_RETURN(auto snapshot, table->Load({}));
  PL_ASSIGN_OR_RETURN(auto transaction, table->BeginAppend(snapshot));
  for (auto& file : files) transaction->Append(std::move(file));
  return transaction->Commit();
}

class AppendPartition : public ::testing::Test {
 protected:
  void SetUp() override {
    table::TableDefinition definition;
    definition.schema =
        arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()),
                       arrow::field("date_partition", arrow::date32(), false)});
    definition.partition_columns = {"date_partition", "name"};
    table_ = Must(MakeDeltaFormat()->Create(folder_.location(), definition));
  }

  // The ids of rows with the name, and how many files were read for them.
  std::string Named(const std::string& name) const {
    table::ScanRequest request;
    request.predicate =
        table::Compare({"name"}, table::CompareOp::kEq, {std::make_shared<arrow::StringScalar>(name)});
    const auto snapshot = Must(table_->Load());
    const auto rows = Must(testing::ScanAll(table_->location(), *snapshot, request));
    return fmt::format("{} of {}", fmt::join(testing::RowsAsText(*rows, {"id", "name"}), ";"),
                       Must(snapshot->PlanScan(request)).tasks.size());
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<table::Table> table_;
};

TEST_F(AppendPartition, WhateverTheValuesTheyAreReadBack) {
  const std::vector<std::string> names = {"plain", "a:b/50% é", "x=y#'\"?", "%41"};
  for (size_t i = 0; i < names.size(); ++i) {
    Must(AppendOne(table_.get(), static_cast<int64_t>(i),
                   {{"date_partition", "2026-11-21"}, {"name", names[i]}}));
  }
  Must(AppendOne(table_.get(), 9, {{"date_partition", "2026-11-22"}, {"name", std::nullopt}}));
  EXPECT_TRUE(std::filesystem::is_directory(folder_.path() / "table" / "date_partition=2026-11-21" /
                                            "name=a%3Ab%2F50%25 é"));
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_THAT(Named(names[i]),
                ::testing::AllOf(::testing::HasSubstr(names[i]), ::testing::HasSubstr(std::to_string(i)),
                                 ::testing::EndsWith(" of 1")));
  }
  EXPECT_EQ(Must(testing::ScanAll(table_->location(), *Must(table_->Load())))->num_rows(), 5);
  const auto report = Must(table_->Check());
  EXPECT_THAT(report.problems, ::testing::IsEmpty());
  EXPECT_EQ(report.unreferenced_files, 0);
}

TEST_F(AppendPartition, ValuesThatDoNotFitTheColumnAreRefused) {
  EXPECT_THAT(AppendOne(table_.get(), 1, {{"date_partition", "soon"}, {"name", "x"}}),
              FailsWith(ErrorCode::kSchemaMismatch, "soon"));
  EXPECT_THAT(AppendOne(table_.get(), 1, {{"date_partition", std::nullopt}, {"name", "x"}}),
              FailsWith(ErrorCode::kSchemaMismatch, "may not be null"));
  EXPECT_THAT(AppendOne(table_.get(), 1, {{"date_partition", "2026-11-21"}}),
              FailsWith(ErrorCode::kSchemaMismatch, "no value for partition column `name`"));
}

}  // namespace
}  // namespace pixlake::delta
