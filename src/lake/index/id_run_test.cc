#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <isa-l/crc.h>

#include "io/location.h"
#include "lake/index/id_run_builder_internal.h"
#include "lake/index/id_run_format_internal.h"
#include "lake/index/id_run_internal.h"

namespace pixlake::lake {
namespace {

namespace fs = std::filesystem;

class IdRunTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "pixlake_run_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = io::Locate(pattern).ValueOrDie();
  }
  void TearDown() override { fs::remove_all(folder_.path); }

  std::string Path() const { return folder_.Child("a.run"); }

  Result<std::shared_ptr<IdRun>> Write(const std::vector<IdEntry>& entries) {
    fs::remove(Path());
    PL_ASSIGN_OR_RETURN(const auto writer,
                        IdRunWriter::Create(folder_.store.get(), Path(), {"id", "content"},
                                            {{"one.parquet", 100, 0}, {"two.parquet", 200, 0}}));
    for (const IdEntry& entry : entries) PL_RETURN_NOT_OK(writer->Append(entry));
    return writer->Finish();
  }

  std::string Bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(Path(), std::ios::binary).rdbuf();
    return bytes.str();
  }
  void Overwrite(const std::string& bytes) {
    fs::remove(Path());  // not in place: runs are mapped
    std::ofstream(Path(), std::ios::binary) << bytes;
  }

  io::Location folder_;
};

std::vector<IdEntry> Sorted(int count, uint32_t seed) {
  std::mt19937_64 random(seed);
  std::vector<IdEntry> entries;
  for (int i = 0; i < count; ++i) {
    entries.push_back({random(), random(), static_cast<uint32_t>(i % 2), static_cast<uint32_t>(i),
                       static_cast<int64_t>(random() >> 1), i});
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<IdEntry> Found(const IdRun& run, const IdEntry& wanted) {
  std::vector<IdEntry> found;
  EXPECT_EQ(run.Visit(wanted.high, wanted.low,
                      [&](const IdEntry& entry) {
                        found.push_back(entry);
                        return false;
                      }),
            Status::OK());
  return found;
}

TEST_F(IdRunTest, GivesEveryEntryAndNoOther) {
  for (const int count : {0, 1, 408, 409, 410, 5000}) {
    const auto entries = Sorted(count, 1);
    const auto run = Write(entries).ValueOrDie();
    EXPECT_EQ(run->num_entries(), count);
    for (const IdEntry& entry : entries) EXPECT_EQ(Found(*run, entry), std::vector<IdEntry>{entry});
    for (const IdEntry& entry : Sorted(200, 2)) EXPECT_TRUE(Found(*run, entry).empty());
    ASSERT_EQ(run->files().size(), 2u);
    EXPECT_EQ(run->files()[0].ids + run->files()[1].ids, count);
    EXPECT_EQ(run->files()[1].path, "two.parquet");
    EXPECT_EQ(run->files()[1].size, 200);
  }
}

TEST_F(IdRunTest, OfANewerPixlakeIsNotCalledDamaged) {
  ASSERT_TRUE(Write(Sorted(5, 1)).ok());
  std::string bytes = Bytes();
  bytes[kIdRunVersionAt] = bytes[bytes.size() - 2] = '2';
  Overwrite(bytes);
  EXPECT_EQ(CodeOf(IdRun::Open(Path(), Path()).status()), ErrorCode::kUnsupported);
}

TEST_F(IdRunTest, OneIdMayFillSeveralBlocks) {
  std::vector<IdEntry> entries = Sorted(600, 3);
  const IdEntry often = entries[300];
  for (uint32_t i = 0; i < 2000; ++i) entries.push_back({often.high, often.low, 1, 10000 + i, 5, 6});
  std::sort(entries.begin(), entries.end());
  const auto run = Write(entries).ValueOrDie();
  EXPECT_EQ(Found(*run, often).size(), 2001u);
  EXPECT_EQ(Found(*run, entries.front()).size(), 1u);
  EXPECT_EQ(Found(*run, entries.back()).size(), 1u);
}

TEST_F(IdRunTest, CutAnywhereItIsNoRun) {
  ASSERT_TRUE(Write(Sorted(1000, 4)).ok());
  const std::string bytes = Bytes();
  for (size_t size = 0; size < bytes.size(); size += size < bytes.size() - 300 ? 997 : 1) {
    Overwrite(bytes.substr(0, size));
    EXPECT_EQ(CodeOf(IdRun::Open(Path(), Path()).status()), ErrorCode::kCorrupt) << size;
  }
  Overwrite(bytes + "x");
  EXPECT_FALSE(IdRun::Open(Path(), Path()).ok());
}

TEST_F(IdRunTest, AnyFlippedByteOfWhatIsUsedIsFound) {
  const auto entries = Sorted(1000, 5);
  ASSERT_TRUE(Write(entries).ok());
  const std::string bytes = Bytes();
  std::mt19937 random(6);
  for (int round = 0; round < 600; ++round) {
    std::string damaged = bytes;
    // Also where it is dense: index and footer. The header's zeros mean nothing.
    const size_t at = round % 2 == 0 ? kIdRunHeaderBytes + random() % (bytes.size() - kIdRunHeaderBytes)
                                     : bytes.size() - 1 - random() % 200;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    Overwrite(damaged);
    const auto run = IdRun::Open(Path(), Path());
    if (!run.ok()) continue;
    bool found = false;
    for (int64_t block = 0; block < (*run)->num_blocks(); ++block) found |= !(*run)->Block(block).ok();
    EXPECT_TRUE(found) << at;
  }
}

// Whoever forges a run makes its checksums right too.
TEST_F(IdRunTest, ForgedFieldsMayGiveWrongAnswersButNothingWorse) {
  ASSERT_TRUE(Write(Sorted(1000, 7)).ok());
  const std::string bytes = Bytes();
  const auto crc = [](const void* data, size_t size) {
    return ::crc32_gzip_refl(0, static_cast<const unsigned char*>(data), size);
  };
  std::mt19937_64 random(8);
  for (int round = 0; round < 3000; ++round) {
    std::string forged = bytes;
    IdRunFooter footer;
    char* const at = forged.data() + forged.size() - sizeof(footer);
    std::memcpy(&footer, at, sizeof(footer));
    const uint64_t extremes[] = {
        0, 1, UINT64_MAX, uint64_t{1} << 63, uint64_t{1} << 32, footer.num_blocks + 1};
    const uint64_t value = round % 3 == 0 ? random() % 100000 : extremes[random() % 6];
    const size_t index_at = kIdRunHeaderBytes + footer.num_blocks * kIdBlockBytes;
    if (round % 4 == 0) footer.num_entries = value;
    if (round % 4 == 1) footer.num_blocks = value;
    if (round % 4 == 2) footer.index_bytes = value;
    if (round % 4 == 3) {
      const size_t field = index_at + random() % (footer.index_bytes - 8);
      std::memcpy(forged.data() + field, &value, round % 8 == 3 ? 4 : 8);
      footer.index_crc = crc(forged.data() + index_at, footer.index_bytes);
    }
    footer.crc = crc(&footer, offsetof(IdRunFooter, crc));
    std::memcpy(at, &footer, sizeof(footer));
    Overwrite(forged);
    const auto run = IdRun::Open(Path(), Path());
    if (!run.ok()) continue;
    for (const uint64_t high : {uint64_t{0}, UINT64_MAX, random()})
      (void)(*run)->Visit(high, random(), [](const IdEntry&) { return false; });
  }
}

TEST(ParseIdTest, Takes64HexDigitsAlone) {
  uint64_t high = 0, low = 0;
  const std::string id = "00112233445566778899aAbBcCdDeEfF" + std::string(32, '0');
  ASSERT_TRUE(ParseId(id, &high, &low));
  EXPECT_EQ(high, 0x0011223344556677U);
  EXPECT_EQ(low, 0x8899aabbccddeeffU);
  EXPECT_FALSE(ParseId("", &high, &low));
  EXPECT_FALSE(ParseId(id.substr(1), &high, &low));
  EXPECT_FALSE(ParseId(id + "0", &high, &low));
  EXPECT_FALSE(ParseId("g" + id.substr(1), &high, &low));
}

}  // namespace
}  // namespace pixlake::lake
