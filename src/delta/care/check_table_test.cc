#include <algorithm>

#include "delta/testing_internal.h"

namespace pixlake::delta {
namespace {

namespace fs = std::filesystem;
using testing::Must;

TEST(CheckTable, FindsAFlippedByteOfData) {
  testing::TemporaryFolder folder;
  table::TableDefinition definition;
  definition.schema = testing::IdNameSchema();
  const auto table = Must(MakeDeltaFormat()->Create(folder.location(), definition));
  Must(testing::AppendRows(table.get(), {1, 2, 3}));
  EXPECT_THAT(Must(table->Check()).problems, ::testing::IsEmpty());
  const auto file = std::find_if(fs::directory_iterator(folder.path() / "table"), fs::directory_iterator(),
                                 [](const auto& entry) { return entry.path().extension() == ".parquet"; });
  std::string bytes = testing::ReadText(file->path());
  bytes[60] = static_cast<char>(bytes[60] ^ 0x04);  // in the first page
  testing::WriteText(file->path(), bytes);
  const auto report = Must(table->Check());
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_THAT(report.problems[0].what, ::testing::HasSubstr("row group 0 column `id`"));
}

}  // namespace
}  // namespace pixlake::delta
