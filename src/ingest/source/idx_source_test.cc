#include "image/codec/png.h"
#include "ingest/source/source_testing_internal.h"

namespace pixlake::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class IdxSourceTest : public SourceTest {
 protected:
  static std::string BigEndian(uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
            static_cast<char>(value)};
  }
  // `count` images of 3 x 2, pixel p of image i is i * 6 + p.
  static std::string Images(uint32_t count) {
    std::string bytes = std::string("\0\0\x08\x03", 4) + BigEndian(count) + BigEndian(2) + BigEndian(3);
    for (uint32_t i = 0; i < count * 6; ++i) bytes.push_back(static_cast<char>(i));
    return bytes;
  }
  static std::string Labels(uint32_t count) {
    std::string bytes = std::string("\0\0\x08\x01", 4) + BigEndian(count);
    for (uint32_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(9 - i));
    return bytes;
  }
  static constexpr char kImages[] = "train-images-idx3-ubyte";
  static constexpr char kLabels[] = "train-labels-idx1-ubyte";
};

TEST_F(IdxSourceTest, ImagesBecomePngsWithLabels) {
  Write(kImages, Images(2));
  Write(kLabels, Labels(2));
  Write("z.jpg", "z");
  ASSERT_TRUE(Shell(std::string("gzip ") + kImages));
  const auto items = List();
  ASSERT_THAT(Names(items), ElementsAre("train-images-idx3-ubyte.gz#0", "train-images-idx3-ubyte.gz#1",
                                        "=train-images-idx3-ubyte.gz", "=train-labels-idx1-ubyte", "z.jpg"));
  EXPECT_EQ(items[1].filename, "train-images_1.png");
  EXPECT_EQ(items[0].label, "9");
  EXPECT_EQ(items[1].label, "8");
  EXPECT_EQ(items[0].etag, items[2].etag + "+" + items[3].etag);
  const auto image =
      image::DecodePngToGray({items[1].bytes->data(), static_cast<size_t>(items[1].bytes->size())})
          .ValueOrDie();
  EXPECT_EQ(image.width, 3);
  EXPECT_EQ(image.height, 2);
  EXPECT_THAT(image.pixels, ElementsAre(6, 7, 8, 9, 10, 11));
  EXPECT_THAT(source_->complete_roots(), testing::SizeIs(1));
}

TEST_F(IdxSourceTest, EitherFileNamesThePairBothNameItOnce) {
  Write("t10k-images.idx3-ubyte", Images(1));
  Write("t10k-labels.idx1-ubyte", Labels(1));
  const std::string images = root_ + "/t10k-images.idx3-ubyte", labels = root_ + "/t10k-labels.idx1-ubyte";
  const auto expected =
      ElementsAre("t10k-images.idx3-ubyte#0", "=t10k-images.idx3-ubyte", "=t10k-labels.idx1-ubyte");
  EXPECT_THAT(Names(List({images})), expected);
  EXPECT_THAT(Names(List({labels})), expected);
  EXPECT_THAT(Names(List({labels, images})), expected);
  EXPECT_THAT(Names(List({labels, root_})), expected);
  EXPECT_THAT(Names(List({root_ + "/*ubyte"})), expected);
}

TEST_F(IdxSourceTest, AloneImagesHaveNoLabelsAndLabelsAreAFile) {
  Write(std::string("a/") + kImages, Images(1));
  Write(std::string("b/") + kLabels, Labels(1));
  const auto items = List();
  ASSERT_THAT(Names(items), ElementsAre("a/train-images-idx3-ubyte#0", "=a/train-images-idx3-ubyte",
                                        "b/train-labels-idx1-ubyte"));
  EXPECT_EQ(items[0].label, std::nullopt);
}

TEST_F(IdxSourceTest, WhatIsWrongIsOneProblemForThePair) {
  Write(std::string("count/") + kImages, Images(2));
  Write(std::string("count/") + kLabels, Labels(3));
  Write(std::string("cut/") + kImages, Images(2).substr(0, 20));
  Write(std::string("none/") + kImages, "no IDX");
  Write(std::string("rank/") + kImages, Labels(3));
  const auto items = List();
  ASSERT_THAT(
      Names(items),
      ElementsAre("count/train-images-idx3-ubyte!corrupt", "cut/train-images-idx3-ubyte!corrupt",
                  "none/train-images-idx3-ubyte!corrupt", "rank/train-images-idx3-ubyte!unsupported"));
  EXPECT_THAT(items[0].problem.message(), HasSubstr("has 3 labels"));
  EXPECT_THAT(source_->complete_roots(), IsEmpty());
}

TEST_F(IdxSourceTest, KnownPairsGiveNothing) {
  Write(kImages, Images(1));
  Write(kLabels, Labels(1));
  const auto first = List();
  options_.known = [&](const std::string& uri, const std::string&) { return uri == first[1].uri; };
  EXPECT_EQ(List().size(), 3);  // one of the two alone is not enough
  options_.known = [](const std::string&, const std::string&) { return true; };
  EXPECT_THAT(List(), IsEmpty());
}

TEST_F(IdxSourceTest, CountsThatNoMemoryHoldsAreRefused) {
  Write(kImages,
        std::string("\0\0\x08\x03", 4) + BigEndian(1) + BigEndian(0x7fffffff) + BigEndian(0x7fffffff));
  EXPECT_THAT(Names(List()), ElementsAre("train-images-idx3-ubyte!over_budget"));
  Write(kImages, std::string("\0\0\x08\x03", 4) + BigEndian(0) + BigEndian(28) + BigEndian(28));
  EXPECT_THAT(Names(List()), ElementsAre("=train-images-idx3-ubyte"));
}

}  // namespace
}  // namespace pixlake::ingest
