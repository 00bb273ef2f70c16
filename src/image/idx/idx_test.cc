#include "image/idx/idx.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<uint8_t> Bytes(std::initializer_list<int> values) {
  return {values.begin(), values.end()};
}

TEST(IdxTest, ReadsAnyTypeAndRank) {
  // 2x3 of int16: -1 1 / 256 ...
  const auto bytes = Bytes({0, 0, 0x0B, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0xFF, 0xFF, 1, 0});
  const IdxView view = ParseIdx(bytes, "f").ValueOrDie();
  EXPECT_THAT(view.header.dimensions, ElementsAre(2u, 1u));
  EXPECT_EQ(view.header.item_count, 2);
  EXPECT_EQ(view.header.item_bytes, 2);
  EXPECT_EQ(IdxElement(view.header.type, view.data, 0), -1);
  EXPECT_EQ(IdxElement(view.header.type, view.data, 1), 256);

  const auto float_bytes = Bytes({0, 0, 0x0D, 0, 0x3F, 0xC0, 0, 0});
  const IdxView number = ParseIdx(float_bytes, "f").ValueOrDie();
  EXPECT_EQ(number.header.item_count, 1);
  EXPECT_EQ(IdxElement(number.header.type, number.data, 0), 1.5);

  const auto wide_bytes = Bytes({0, 0, 0x0E, 1, 0, 0, 0, 1, 0xC0, 0x04, 0, 0, 0, 0, 0, 0});
  const IdxView wide = ParseIdx(wide_bytes, "f").ValueOrDie();
  EXPECT_EQ(IdxElement(wide.header.type, wide.data, 0), -2.5);
  const auto int_bytes = Bytes({0, 0, 0x0C, 1, 0, 0, 0, 1, 0x80, 0, 0, 0});
  const IdxView ints = ParseIdx(int_bytes, "f").ValueOrDie();
  EXPECT_EQ(IdxElement(ints.header.type, ints.data, 0), -2147483648.0);
  const auto small_bytes = Bytes({0, 0, 0x09, 1, 0, 0, 0, 1, 0xFE});
  const IdxView bytes8 = ParseIdx(small_bytes, "f").ValueOrDie();
  EXPECT_EQ(IdxElement(bytes8.header.type, bytes8.data, 0), -2);
}

TEST(IdxTest, AZeroDimensionIsEmptyHoweverLargeTheOthers) {
  const auto view =
      ParseIdx(Bytes({0, 0, 0x08, 3, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255}), "f").ValueOrDie();
  EXPECT_EQ(view.header.data_bytes, 0);
}

TEST(IdxTest, ErrorsNameFileOffsetAndWhatWasExpected) {
  const auto message = [](const std::vector<uint8_t>& bytes) {
    return ParseIdx(bytes, "train.idx").status().message();
  };
  EXPECT_THAT(message({}), HasSubstr("train.idx: offset 0: the file ends; expected the 4 bytes"));
  EXPECT_THAT(message(Bytes({0x1F, 0x8B, 8, 0})), HasSubstr("looks like a gzip file"));
  EXPECT_THAT(message(Bytes({0, 0, 0x0A, 1})), HasSubstr("offset 2: expected an IDX element type"));
  EXPECT_THAT(message(Bytes({0, 0, 8, 3, 0, 0})),
              HasSubstr("offset 6: the file ends inside its header; expected 16 bytes"));
  EXPECT_THAT(message(Bytes({0, 0, 8, 1, 0, 0, 0, 3, 1, 2})),
              HasSubstr("offset 10: the file ends; expected 11 bytes for 3 elements of uint8"));
  EXPECT_THAT(message(Bytes({0, 0, 8, 1, 0, 0, 0, 1, 1, 2})),
              HasSubstr("offset 9: more bytes follow; expected 9 bytes"));
}

TEST(IdxTest, DimensionsThatOverflowAreRefused) {
  std::vector<uint8_t> bytes = Bytes({0, 0, 0x0E, 255});
  bytes.resize(4 + 255 * 4, 0xFF);
  EXPECT_EQ(CodeOf(ParseIdxHeader(bytes, "f").status()), ErrorCode::kCorrupt);
  const auto two = Bytes({0, 0, 0x0E, 2, 255, 255, 255, 255, 255, 255, 255, 255});
  EXPECT_EQ(CodeOf(ParseIdxHeader(two, "f").status()), ErrorCode::kCorrupt);
}

TEST(IdxTest, NoBytesCrashIt) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes(random() % 40);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : random() % 16);
    if (bytes.size() > 2) bytes[0] = bytes[1] = 0;
    (void)ParseIdx(bytes, "f");
  }
}

}  // namespace
}  // namespace pixlake::image
