// Items, properties and references of HEIF, put together by hand (ISO/IEC 23008-12).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/metadata/metadata_fixture_internal.h"

namespace pixlake::image {
namespace {

using testing::HasSubstr;

std::string Box(std::string_view kind, std::string_view content) {
  return Number(content.size() + 8, 4, true) + std::string(kind) + std::string(content);
}
std::string FullBox(std::string_view kind, std::string_view content, uint64_t version = 0) {
  return Box(kind, Number(version << 24, 4, true) + std::string(content));
}

struct Item {
  uint64_t id;
  std::string kind;
  std::string content;
  std::vector<uint64_t> properties;  // from 1
};
struct Reference {
  std::string kind;
  uint64_t from;
  std::vector<uint64_t> to;
};

// An image file whose primary item is 1.
std::vector<uint8_t> Heif(std::string_view brands, const std::vector<Item>& items,
                          const std::vector<std::string>& properties,
                          const std::vector<Reference>& references) {
  std::string entries, content, associations, referring, all;
  for (const Item& item : items) {
    const std::string type = item.kind == "mime" ? "\0application/rdf+xml\0"s : "\0"s;
    entries += FullBox("infe", Number(item.id, 2, true) + Number(0, 2) + item.kind + type, 2);
    associations += Number(item.id, 2, true) + Number(item.properties.size(), 1);
    for (const uint64_t property : item.properties) associations += Number(property, 1);
    content += item.content;
  }
  for (const Reference& reference : references) {
    std::string body = Number(reference.from, 2, true) + Number(reference.to.size(), 2, true);
    for (const uint64_t to : reference.to) body += Number(to, 2, true);
    referring += Box(reference.kind, body);
  }
  for (const std::string& property : properties) all += property;
  const std::string front = Box("ftyp", brands);
  const auto meta = [&](uint64_t place) {
    std::string locations = Number(0x4400, 2, true) + Number(items.size(), 2, true);
    for (const Item& item : items) {
      locations += Number(item.id, 2, true) + Number(0, 2) + Number(1, 2, true) + Number(place, 4, true) +
                   Number(item.content.size(), 4, true);
      place += item.content.size();
    }
    return FullBox(
        "meta",
        FullBox("pitm", Number(1, 2, true)) + FullBox("iloc", locations) +
            FullBox("iinf", Number(items.size(), 2, true) + entries) + FullBox("iref", referring) +
            Box("iprp", Box("ipco", all) + FullBox("ipma", Number(items.size(), 4, true) + associations)));
  };
  const uint64_t place = front.size() + meta(0).size() + 8;
  return Bytes(front + meta(place) + Box("mdat", content));
}

const std::string kAvif = "avif\0\0\0\0mif1"s, kHeic = "heic\0\0\0\0mif1"s;
const std::string kSize = FullBox("ispe", Number(4, 4, true) + Number(3, 4, true));
const std::string kColour = Box("av1C", "\x81\0\0\0"s), kGrey = Box("av1C", "\x81\0\x10\0"s);
const std::string kTenBits = Box("av1C", "\x81\0\x40\0"s);
const std::string kAlpha = FullBox("auxC", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"s);

std::string Pixi(std::string_view depths) {
  return FullBox("pixi", Number(depths.size(), 1) + std::string(depths));
}

std::string Profile() {
  std::string profile(132, '\0');
  profile.replace(36, 4, "acsp").replace(16, 4, "RGB ");
  return Box("colr", "prof" + profile);
}

TEST(Heif, TheCodecsConfigurationIsBelievedAndNotWhatStandsBesideIt) {
  const auto grey_said = Read(Heif(kAvif, {{1, "av01", "x", {1, 2, 3}}}, {kSize, kColour, Pixi("\10")}, {}));
  EXPECT_EQ(grey_said.mode, "RGB");
  EXPECT_EQ(grey_said.header->bit_depth, 8);
  const auto colour_said =
      Read(Heif(kAvif, {{1, "av01", "x", {1, 2, 3}}}, {kSize, kGrey, Pixi("\10\10\10")}, {}));
  EXPECT_EQ(colour_said.mode, "L");
  const auto depth_said =
      Read(Heif(kAvif, {{1, "av01", "x", {1, 2, 3}}}, {kSize, kTenBits, Pixi("\10\10\10")}, {}));
  EXPECT_EQ(depth_said.header->bit_depth, 10);
  // Of a codec whose configuration is not known it is all there is.
  const auto other = Read(Heif(kHeic, {{1, "unci", "x", {1, 2}}}, {kSize, Pixi("\14")}, {}));
  EXPECT_EQ(other.mode, "L");
  EXPECT_EQ(other.header->bit_depth, 12);
}

// A grid of two tiles; item 5 and 6 are alpha of the tiles, 7 of the grid.
std::vector<uint8_t> Grid(bool alpha_on_both, bool profile_on_grid) {
  return Heif(kAvif,
              {{1, "grid", "x", profile_on_grid ? std::vector<uint64_t>{1, 4} : std::vector<uint64_t>{1}},
               {2, "av01", "x", {1, 2, 4}},
               {3, "av01", "x", {1, 2, 4}},
               {5, "av01", "x", {1, 3, 5}},
               {6, "av01", "x", {1, 3, 5}}},
              {kSize, kTenBits, kGrey, Profile(), kAlpha},
              {{"dimg", 1, {2, 3}}, {"auxl", 5, {2}}, {"auxl", 6, {alpha_on_both ? 3u : 2u}}});
}

TEST(Heif, AGridHasWhatItsTilesHave) {
  const auto metadata = Read(Grid(true, false));
  EXPECT_EQ(metadata.mode, "RGBA");
  EXPECT_EQ(metadata.header->bit_depth, 10);
  ASSERT_TRUE(metadata.icc);
  EXPECT_EQ(metadata.icc->colour_space, "RGB");
  EXPECT_TRUE(Read(Grid(true, true)).icc);
  EXPECT_EQ(Read(Grid(false, false)).mode, "RGB");  // one tile is opaque: so are all
}

TEST(Heif, AnIdentityIsWhatItShows) {
  const auto metadata = Read(
      Heif(kAvif, {{1, "iden", "", {}}, {2, "av01", "x", {1, 2}}}, {kSize, kTenBits}, {{"dimg", 1, {2}}}));
  EXPECT_EQ(metadata.judgement.verdict, Verdict::kOk) << metadata.judgement.message;
  EXPECT_EQ(metadata.header->width, 4);
  EXPECT_EQ(metadata.header->bit_depth, 10);
}

TEST(Heif, DerivationsThatGoInCirclesEnd) {
  const auto metadata = Read(Heif(kAvif, {{1, "grid", "x", {1}}, {2, "grid", "x", {1}}}, {kSize},
                                  {{"dimg", 1, {2, 1}}, {"dimg", 2, {1, 2}}}));
  EXPECT_EQ(metadata.mode, "RGB");
}

std::string ExifOf(std::string_view make) {
  return Number(0, 4) + TiffStart() +
         Directory(8, {{0x010F, kExifAscii, make.size() + 1, std::string(make) + '\0'}});
}

std::string XmpOf(std::string_view source) {
  return "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
         "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
         "<rdf:Description xmlns:d='http://purl.org/dc/elements/1.1/' d:source='" +
         std::string(source) + "'/></rdf:RDF></x:xmpmeta>";
}

// Item 2 is an auxiliary image with EXIF 3 and XMP 4; 5 and 6 describe the primary one, or nothing.
ImageMetadata Described(const std::vector<Reference>& references, bool with_own = true) {
  std::vector<Item> items{{1, "av01", "x", {1, 2}},
                          {2, "av01", "x", {1, 2, 3}},
                          {3, "Exif", ExifOf("AUXILIARY"), {}},
                          {4, "mime", XmpOf("aux"), {}}};
  if (with_own) {
    items.push_back({5, "Exif", ExifOf("PRIMARY"), {}});
    items.push_back({6, "mime", XmpOf("primary"), {}});
  }
  return Read(Heif(kAvif, items, {kSize, kColour, kAlpha}, references));
}

TEST(Heif, MetadataIsTheItemsThatDescribeThePrimaryImage) {
  const std::vector<Reference> aux{{"auxl", 2, {1}}, {"cdsc", 3, {2}}, {"cdsc", 4, {2}}};
  auto all = aux;
  all.insert(all.end(), {{"cdsc", 5, {1}}, {"cdsc", 6, {1}}});
  for (const auto& references : {all, aux}) {
    const std::string json = JsonOf(Described(references));
    EXPECT_THAT(json, HasSubstr(R"("Make":"PRIMARY")"));
    EXPECT_THAT(json, HasSubstr(R"("dc:source":"primary")"));
    EXPECT_THAT(json, testing::Not(HasSubstr("second_")));
  }
  const auto none = Described(aux, false);
  EXPECT_FALSE(none.exif.present);
  EXPECT_TRUE(none.xmp.empty());
  EXPECT_TRUE(none.HasNote("other_image_metadata"));
  // Without any reference, as of old.
  EXPECT_THAT(JsonOf(Described({}, false)), HasSubstr(R"("Make":"AUXILIARY")"));
  // What describes a tile describes the grid.
  EXPECT_THAT(JsonOf(Described({{"dimg", 1, {2}}, {"cdsc", 3, {2}}, {"cdsc", 4, {2}}}, false)),
              HasSubstr(R"("Make":"AUXILIARY")"));
}

TEST(Heif, TurningMirroringAndCroppingAreTold) {
  const std::string crop = Number(2, 4, true) + Number(1, 4, true) + Number(3, 4, true) + Number(2, 4, true) +
                           Number(0xFFFFFFFF, 4, true) + Number(2, 4, true) + Number(0, 4) +
                           Number(1, 4, true);
  const auto metadata =
      Read(Heif(kAvif, {{1, "av01", "x", {1, 2, 3, 4, 5}}},
                {kSize, kColour, Box("clap", crop), Box("irot", "\1"), Box("imir", "\1")}, {}));
  EXPECT_EQ(metadata.header->width, 4);
  ASSERT_EQ(metadata.notes.size(), 3u);
  EXPECT_EQ(metadata.notes[0].message, "to be cropped to 2x1.5 pixels, its centre off the image's by -0.5,0");
  EXPECT_EQ(metadata.notes[1].message, "to be turned anticlockwise by 90 degrees");
  EXPECT_EQ(metadata.notes[2].message, "to be mirrored: left and right change places");
}

TEST(Heif, TheMinimizedBoxIsAnImageThatIsNotRead) {
  const auto bytes = Bytes(Box("ftyp", "mif3avif"s) + Box("mini", "\x08\x08\x1f"s));
  EXPECT_EQ(DetectFormat(bytes), ImageFormat::kAvif);
  EXPECT_EQ(ReadHeader(bytes).judgement.verdict, Verdict::kUnsupported);
  EXPECT_EQ(GuessMimeType(bytes, "a.heif"), "image/avif");
  EXPECT_EQ(DetectFormat(Bytes(Box("ftyp", "mif3heic"s) + Box("mini", "x"))), ImageFormat::kHeif);
}

TEST(Heif, NamesThatAreRightAreNotCalledMislabelled) {
  const auto noted = [](const std::string& brands, std::string_view name) {
    auto metadata = Read(Heif(brands, {{1, "av01", "x", {1, 2}}}, {kSize, kColour}, {}));
    NoteFileName(name, &metadata);
    return metadata.HasNote("mislabelled_name");
  };
  for (const std::string_view name : {"a.heic", "a.HEIF", "a.hif", "a.heics", "a.heifs"})
    EXPECT_FALSE(noted(kHeic, name)) << name;
  for (const std::string_view name : {"a.avif", "a.avifs", "a.heif", "a.hif"})
    EXPECT_FALSE(noted(kAvif, name)) << name;
  EXPECT_TRUE(noted(kHeic, "a.avif"));
  EXPECT_TRUE(noted(kAvif, "a.heic"));
  EXPECT_TRUE(noted(kHeic, "a.jpg"));
  for (const std::string_view name : {"a.hif", "a.heics", "a.heifs", "a.avifs"})
    EXPECT_TRUE(NameClaimsImage(name));
}

}  // namespace
}  // namespace pixlake::image
