#include <arrow/api.h>
#include <gtest/gtest.h>

#include "engine/session.h"
#include "engine/tables.h"
#include "image/hash/sha256.h"
#include "table/data_file_writer.h"

#include "testing/temporary_folder.h"

namespace pixlake::engine {
namespace {

class ImageLookupTest : public testing::Test {
 protected:
  void SetUp() override { session_ = MakeSession(SessionOptions()).ValueOrDie(); }

  // Three commits of 100 rows; row i of the table holds "image <i>".
  void MakeTable(bool with_id) {
    arrow::FieldVector fields{arrow::field("content", arrow::binary())};
    if (with_id) fields.insert(fields.begin(), arrow::field("id", arrow::utf8()));
    const auto schema = arrow::schema(fields);
    auto* format = session_->Format("delta").ValueOrDie();
    const io::Location location = session_->Locate(folder_ + "/t").ValueOrDie();
    const auto table = format->Create(location, {schema, {}, {}, "t", ""}).ValueOrDie();
    for (int commit = 0; commit < 3; ++commit) {
      arrow::StringBuilder ids;
      arrow::BinaryBuilder blobs;
      for (int i = commit * 100; i < commit * 100 + 100; ++i) {
        ASSERT_TRUE(ids.Append("id" + std::to_string(i)).ok());
        ASSERT_TRUE(blobs.Append("image " + std::to_string(i)).ok());
      }
      arrow::ArrayVector columns{blobs.Finish().ValueOrDie()};
      if (with_id) columns.insert(columns.begin(), ids.Finish().ValueOrDie());
      auto writer = table::DataFileWriter::Make(location, schema).ValueOrDie();
      ASSERT_TRUE(writer->Write(*arrow::RecordBatch::Make(schema, 100, columns)).ok());
      auto transaction = table->BeginAppend(table->Load().ValueOrDie()).ValueOrDie();
      for (auto& file : writer->Finish().ValueOrDie()) transaction->Append(std::move(file));
      ASSERT_TRUE(transaction->Commit().ok());
    }
  }

  Result<std::string> Find(lake::LookupRequest request) {
    request.table = folder_ + "/t";
    PL_ASSIGN_OR_RETURN(const lake::FoundImage found, lake::FindImage(*session_, request));
    return found.bytes->ToString();
  }

  const test::TemporaryFolder temporary_;
  const std::string folder_ = temporary_.path();
  std::unique_ptr<Session> session_;
};

TEST_F(ImageLookupTest, FindsByIdInAnyFile) {
  MakeTable(true);
  for (const int i : {0, 99, 100, 299}) {
    lake::LookupRequest request;
    request.id = "id" + std::to_string(i);
    EXPECT_EQ(Find(request).ValueOrDie(), "image " + std::to_string(i));
  }
  lake::LookupRequest missing;
  missing.id = "id300";
  EXPECT_EQ(CodeOf(Find(missing).status()), ErrorCode::kNotFound);
}

TEST_F(ImageLookupTest, WithoutAnIdColumnItFindsByContent) {
  MakeTable(false);
  lake::LookupRequest request;
  request.id = image::Sha256Hex(std::string_view("image 217"));
  EXPECT_EQ(Find(request).ValueOrDie(), "image 217");
  request.id = "id217";
  EXPECT_EQ(CodeOf(Find(request).status()), ErrorCode::kUsage);
}

TEST_F(ImageLookupTest, EveryRowIsFoundOnceByPosition) {
  MakeTable(false);
  std::set<std::string> found;
  for (int64_t row = 0; row < 300; ++row) {
    lake::LookupRequest request;
    request.row = row;
    found.insert(Find(request).ValueOrDie());
  }
  EXPECT_EQ(found.size(), 300u);
  lake::LookupRequest past;
  past.row = 300;
  EXPECT_EQ(CodeOf(Find(past).status()), ErrorCode::kNotFound);
}

TEST_F(ImageLookupTest, TheBlobColumnIsSaidWhenItIsNotPlain) {
  const auto two = arrow::schema({arrow::field("a", arrow::binary()), arrow::field("b", arrow::binary())});
  EXPECT_EQ(CodeOf(lake::BlobColumnOf(*two, "").status()), ErrorCode::kUsage);
  EXPECT_EQ(lake::BlobColumnOf(*two, "b").ValueOrDie(), "b");
  EXPECT_EQ(CodeOf(lake::BlobColumnOf(*two, "c").status()), ErrorCode::kUsage);
}

}  // namespace
}  // namespace pixlake::engine
