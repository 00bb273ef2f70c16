#include "delta/testing_internal.h"
#include "delta/vector/deletion_vector_internal.h"

namespace pixlake::delta {
namespace {

using testing::FailsWith;
using testing::Must;

// Rows 3, 4, 7, 11, 18 and 29, as Spark writes them inline.
const DeletionVectorDescriptor kInline = {"i", "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
                                          std::nullopt, 44, 6};

TEST(Z85, DecodesTheStandardsOwnExample) {
  EXPECT_EQ(Must(DecodeZ85("HelloWorld")), "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B");
  EXPECT_EQ(Must(DecodeZ85("")), "");
}

TEST(Z85, RejectsWrongLengthsCharactersAndOverflow) {
  EXPECT_THAT(DecodeZ85("Hell"), FailsWith(ErrorCode::kCorrupt, "multiple of 5"));
  EXPECT_THAT(DecodeZ85("Hell\""), FailsWith(ErrorCode::kCorrupt, "alphabet"));
  EXPECT_THAT(DecodeZ85("#####"), FailsWith(ErrorCode::kCorrupt, "32 bits"));
}

TEST(DeletionVector, ReadsInlineVectors) {
  testing::TemporaryFolder folder;
  EXPECT_THAT(Must(ReadDeletionVector(folder.location(), kInline, 30)),
              ::testing::ElementsAre(3, 4, 7, 11, 18, 29));
}

TEST(DeletionVector, RejectsPositionsOutsideTheFile) {
  testing::TemporaryFolder folder;
  EXPECT_THAT(ReadDeletionVector(folder.location(), kInline, 29), FailsWith(ErrorCode::kCorrupt, "row 29"));
  EXPECT_THAT(ReadDeletionVector(folder.location(), kInline, 5),
              FailsWith(ErrorCode::kCorrupt, "6 of 5 rows"));
}

TEST(DeletionVector, RefusesTheNativeFormat) {
  const std::string bytes("\xD0\xD3\x39\x64\0\0\0\0\0\0\0\0", 12);
  EXPECT_THAT(DecodeRoaringArray(bytes, 0), FailsWith(ErrorCode::kUnsupported, "native"));
}

TEST(DeletionVector, RejectsAnotherCardinality) {
  testing::TemporaryFolder folder;
  DeletionVectorDescriptor vector = kInline;
  for (const int64_t cardinality : {5L, 7L, -1L, INT64_MAX}) {
    vector.cardinality = cardinality;
    EXPECT_THAT(ReadDeletionVector(folder.location(), vector, -1),
                FailsWith(ErrorCode::kCorrupt, "6 positions"));
  }
}

TEST(DeletionVector, RejectsSizesItDoesNotHave) {
  testing::TemporaryFolder folder;
  DeletionVectorDescriptor vector = kInline;
  for (const int64_t size : {int64_t{-1}, int64_t{45}, INT64_MAX}) {
    vector.size_in_bytes = size;
    EXPECT_FALSE(ReadDeletionVector(folder.location(), vector, -1).ok()) << size;
  }
}

TEST(DeletionVector, DamagedBytesNeverCrash) {
  const std::string good = Must(DecodeZ85(kInline.path_or_inline));
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xFF'}) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      const auto rows = DecodeRoaringArray(bytes, 6);
      EXPECT_TRUE(!rows.ok() || rows->size() == 6);
    }
    EXPECT_FALSE(DecodeRoaringArray(good.substr(0, i), 6).ok()) << i;
  }
}

TEST(DeletionVector, NamesFilesFromTheirUuid) {
  testing::TemporaryFolder folder;
  const io::Location table = folder.location();
  DeletionVectorDescriptor vector = {"u", "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  EXPECT_EQ(Must(DeletionVectorPath(table, vector)),
            table.path + "/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  vector.path_or_inline = "../^-aqEH.-t@S}K{vb[*k^";
  EXPECT_THAT(DeletionVectorPath(table, vector), FailsWith(ErrorCode::kCorrupt, "prefix"));
  vector.storage_type = "x";
  EXPECT_THAT(DeletionVectorPath(table, vector), FailsWith(ErrorCode::kCorrupt, "storage type"));
}

std::string BigEndian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

TEST(DeletionVector, ReadsStoredVectorsAndChecksTheirCrc) {
  testing::TemporaryFolder folder;
  const std::string data = Must(DecodeZ85(kInline.path_or_inline));
  const auto path = folder.path() / "vector.bin";
  testing::WriteText(path, "\x01" + BigEndian(44) + data + BigEndian(Crc32(data)));
  DeletionVectorDescriptor vector = {"p", path.string(), 1, 44, 6};
  EXPECT_EQ(Must(ReadDeletionVector(folder.location(), vector, -1)).size(), 6U);
  vector.offset = 44;
  EXPECT_THAT(ReadDeletionVector(folder.location(), vector, -1),
              FailsWith(ErrorCode::kCorrupt, "do not fit"));
  testing::WriteText(path, "\x01" + BigEndian(44) + data + BigEndian(Crc32(data) + 1));
  vector.offset = 1;
  EXPECT_THAT(ReadDeletionVector(folder.location(), vector, -1), FailsWith(ErrorCode::kChecksum, "CRC"));
}

TEST(Crc32, MatchesTheStandardsCheckValue) {
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926U);
}

}  // namespace
}  // namespace pixlake::delta
