#include "image/metadata/metadata.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

#include "image/json.h"
#include "image/metadata/metadata_fixture_internal.h"
#include "image/metadata/metadata_internal.h"
#include "image/metadata/text_encoding.h"

namespace pixlake::image {
namespace {

using testing::HasSubstr;

constexpr auto kXmpHeader = "http://ns.adobe.com/xap/1.0/\0"sv;

std::string Rdf(std::string_view body) {
  return "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
         "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
         "<rdf:Description rdf:about='' xmlns:d='http://purl.org/dc/elements/1.1/' "
         "xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' "
         "xmlns:s='http://ns.adobe.com/xap/1.0/sType/ResourceRef#' "
         "xmlns:xmpNote='http://ns.adobe.com/xmp/note/' d:format='image/jpeg'>" +
         std::string(body) + "</rdf:Description></rdf:RDF></x:xmpmeta>";
}

std::vector<uint8_t> WithXmp(std::string_view packet) {
  return JpegWith(JpegSegment(0xE1, std::string(kXmpHeader) + std::string(packet)));
}

TEST(Xmp, IsFlattenedToQualifiedNames) {
  const auto metadata = Read(WithXmp(
      Rdf("<d:subject><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b &amp; c</rdf:li></rdf:Bag></d:subject>"
          "<d:title><rdf:Alt><rdf:li xml:lang='x-default'>T</rdf:li><rdf:li "
          "xml:lang='fr'>U</rdf:li></rdf:Alt></d:title>"
          "<xmpMM:DerivedFrom rdf:parseType='Resource'><s:documentID>1</s:documentID></xmpMM:DerivedFrom>"
          "<xmpMM:Ingredients><rdf:Seq><rdf:li s:documentID='2'/></rdf:Seq></xmpMM:Ingredients>")));
  EXPECT_THAT(JsonOf(metadata),
              HasSubstr(R"("xmp":{"dc:format":"image/jpeg","dc:subject":["a","b & c"],"dc:title":"T",)"
                        R"("dc:title[fr]":"U","xmpMM:DerivedFrom/stRef:documentID":"1",)"
                        R"("xmpMM:Ingredients[1]/stRef:documentID":"2"})"));
  EXPECT_TRUE(metadata.notes.empty());
}

TEST(Xmp, AListIsOneByItsNameAlone) {
  const auto metadata = Read(
      WithXmp(Rdf("<d:subject>alone</d:subject><d:source><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></d:source>")));
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("dc:subject":["alone"],"dc:source[]":["a"])"));
}

TEST(Xmp, AValueTooLongIsNull) {
  ImageMetadata metadata;
  const std::string large =
      Rdf("<d:source>" + std::string(70000, 'a') + "</d:source><d:subject><rdf:Bag><rdf:li>" +
          std::string(70000, 'b') + "</rdf:li><rdf:li>c</rdf:li></rdf:Bag></d:subject>");
  ReadXmp(BytesOf(large), -1, &metadata);
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("dc:source":null,"dc:subject":["c"])"));
  EXPECT_TRUE(metadata.HasNote("xmp_value_left_out"));
}

TEST(Xmp, ExpandsNoEntity) {
  const auto metadata = Read(WithXmp("<!DOCTYPE a [<!ENTITY b 'bbbb'>]>" + Rdf("<d:title>&b;</d:title>")));
  EXPECT_TRUE(metadata.xmp.empty());
  EXPECT_TRUE(metadata.HasNote("damaged_xmp"));
}

TEST(Xmp, BoundsDepthAndSize) {
  std::string deep, wide;
  for (int i = 0; i < 3000; ++i) deep += "<d:a rdf:parseType='Resource'>";
  EXPECT_TRUE(Read(WithXmp(Rdf(deep))).HasNote("damaged_xmp"));
  for (int i = 0; i < 5000; ++i) wide += "<d:a" + std::to_string(i) + "/>";
  const auto metadata = Read(WithXmp(Rdf(wide.substr(0, 60000))));
  EXPECT_LE(metadata.xmp.size(), 4097u);
}

TEST(Xmp, PutsExtendedXmpTogetherByGuid) {
  const std::string guid(32, 'A'), rest = Rdf("<d:source>far</d:source>");
  const auto portion = [&](size_t from, size_t size, const std::string& of) {
    return JpegSegment(0xE1, "http://ns.adobe.com/xmp/extension/\0"s + of + Number(rest.size(), 4, true) +
                                 Number(from, 4, true) + rest.substr(from, size));
  };
  const std::string packet = JpegSegment(
      0xE1, std::string(kXmpHeader) + Rdf("<xmpNote:HasExtendedXMP>" + guid + "</xmpNote:HasExtendedXMP>"));
  const auto metadata = Read(JpegWith(packet + portion(100, 9999, guid) +
                                      portion(0, 9999, std::string(32, 'B')) + portion(0, 100, guid)));
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("dc:source":"far")"));
  EXPECT_TRUE(Read(JpegWith(packet + portion(0, 100, guid))).HasNote("damaged_xmp"));
}

TEST(Xmp, ASecondPacketAddsWhatTheFirstDoesNotSay) {
  const auto packet = [](std::string_view body) {
    return JpegSegment(0xE1, std::string(kXmpHeader) + Rdf(body));
  };
  const auto metadata = Read(JpegWith(packet("<d:title>first</d:title>") +
                                      packet("<d:title>second</d:title><d:source>river</d:source>")));
  EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("dc:title":"first","dc:source":"river")"));
  EXPECT_TRUE(metadata.HasNote("second_xmp"));
  EXPECT_FALSE(Read(JpegWith(packet("<d:title>first</d:title>"))).HasNote("second_xmp"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += packet("<d:a" + std::to_string(i) + "/>");
  EXPECT_LE(Read(JpegWith(many)).xmp.size(), 10u);
}

std::string Dataset(int record, int number, std::string_view value) {
  return "\x1C" + std::string{static_cast<char>(record), static_cast<char>(number)} +
         Number(value.size(), 2, true) + std::string(value);
}

std::vector<uint8_t> WithIptc(const std::string& iptc) {
  return JpegWith(
      JpegSegment(0xED, "Photoshop 3.0\0"s + "8BIM\4\4\0\0"s + Number(iptc.size(), 4, true) + iptc));
}

TEST(Iptc, NamesDatasetsAndTakesTheDeclaredEncoding) {
  const auto metadata =
      Read(WithIptc(Dataset(1, 90, "\x1B%G") + Dataset(2, 0, "\0\4"sv) + Dataset(2, 25, "caf\xC3\xA9") +
                    Dataset(2, 5, "Title") + Dataset(2, 25, "two") + Dataset(2, 250, "x")));
  EXPECT_THAT(
      JsonOf(metadata),
      HasSubstr("\"ApplicationRecordVersion\":4,\"ObjectName\":\"Title\",\"Keywords\":[\"caf\xC3\xA9\","
                "\"two\"],\"2:250\":[\"x\"]}"));
  EXPECT_TRUE(metadata.notes.empty());
}

TEST(Iptc, OfWhatMayNotBeRepeatedTheFirstHasTheName) {
  const auto metadata = Read(
      WithIptc(Dataset(2, 5, "one") + Dataset(2, 5, "two") + Dataset(2, 5, "three") + Dataset(2, 25, "k")));
  EXPECT_THAT(JsonOf(metadata),
              HasSubstr(R"("iptc":{"ObjectName":"one","2:5":["two","three"],"Keywords":["k"]})"));
}

// Photoshop 3 and others: IPTC as LONGs, written in the machine's order.
std::vector<uint8_t> TiffWithIptc(std::string iptc, uint16_t type, size_t turned) {
  iptc.resize((iptc.size() + 3) / 4 * 4, '\0');
  for (size_t i = 0; turned > 1 && i < iptc.size(); i += turned) {
    std::reverse(iptc.begin() + static_cast<ptrdiff_t>(i), iptc.begin() + static_cast<ptrdiff_t>(i + turned));
  }
  const uint64_t count = iptc.size() / (type == kExifLong ? 4 : type == kExifShort ? 2 : 1);
  return Bytes(TiffStart() + Directory(8, {{33723, type, count, iptc}}));
}

TEST(Iptc, ReadsNumbersInTheOtherByteOrder) {
  const std::string iptc = Dataset(2, 25, "river") + Dataset(2, 120, "A caption.");
  for (const auto& [type, turned] : {std::pair(kExifLong, 4), std::pair(kExifShort, 2),
                                     std::pair(kExifLong, 1), std::pair(kExifUndefined, 1)}) {
    const auto metadata = Read(TiffWithIptc(iptc, type, static_cast<size_t>(turned)));
    EXPECT_THAT(JsonOf(metadata), HasSubstr(R"("Keywords":["river"],"Caption-Abstract":"A caption.")"))
        << type;
    EXPECT_EQ(metadata.HasNote("iptc_swapped"), turned > 1);
  }
  EXPECT_TRUE(Read(TiffWithIptc("\0\1 what is none"s, kExifLong, 1)).HasNote("damaged_iptc"));
}

TEST(Iptc, KeepsWhatComesBeforeDamage) {
  const auto metadata = Read(WithIptc(Dataset(2, 5, "Title") + "\x1C\2\5\xFF\xFF"));
  ASSERT_EQ(metadata.iptc.size(), 1u);
  EXPECT_TRUE(metadata.HasNote("damaged_iptc"));
}

TEST(Metadata, NotesBytesBehindAJpeg) {
  auto bytes = JpegWith("");
  EXPECT_EQ(Read(bytes).mode, "L");
  EXPECT_TRUE(Read(bytes).notes.empty());
  bytes.insert(bytes.end(), 10, 'x');
  EXPECT_EQ(Read(bytes).notes.at(0).code, "trailing_bytes");
}

TEST(Metadata, NotesANameThatClaimsAnotherFormat) {
  const auto bytes = JpegWith("");
  auto metadata = Read(bytes);
  NoteFileName("a/b.JPEG", &metadata);
  EXPECT_FALSE(metadata.HasNote("mislabelled_name"));
  NoteFileName("a/b.png", &metadata);
  EXPECT_TRUE(metadata.HasNote("mislabelled_name"));
}

std::string Deflated(const std::string& text) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_zlib_compress_bound(compressor, text.size()), '\0');
  out.resize(libdeflate_zlib_compress(compressor, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::vector<uint8_t> PngWith(std::string_view chunks) {
  return Bytes(PngStart(2, 2, 8, 2) + std::string(chunks) + PngChunk("IDAT", "x") + PngChunk("IEND", ""));
}

TEST(Metadata, ReadsExifAndTextsOfPng) {
  const std::string tiff = TiffStart() + Directory(8, {{0x0112, kExifShort, 1, Number(6, 2)}});
  const auto metadata = Read(PngWith(PngChunk("eXIf", tiff) + PngChunk("tEXt", "Author\0Jos\xE9"s) +
                                     PngChunk("zTXt", "Long\0\0"s + Deflated("text")) +
                                     PngChunk("acTL", Number(3, 4, true) + Number(0, 4, true))));
  EXPECT_THAT(JsonOf(metadata),
              HasSubstr(R"("exif":{"IFD0":{"Orientation":{"value":6,"text":"Rotate 90 CW"}}})"));
  EXPECT_THAT(JsonOf(metadata), HasSubstr("\"text\":{\"Author\":\"Jos\xC3\xA9\",\"Long\":\"text\"}"));
  EXPECT_TRUE(metadata.HasNote("animated"));
  EXPECT_EQ(metadata.mode, "RGB");
}

TEST(Metadata, TextsUnderOneKeywordAreCounted) {
  const auto metadata = Read(PngWith(PngChunk("tEXt", "A\0one"s) + PngChunk("tEXt", "A[2]\0its own"s) +
                                     PngChunk("tEXt", "A\0two"s) + PngChunk("tEXt", "A\0three"s)));
  EXPECT_THAT(JsonOf(metadata),
              HasSubstr(R"("text":{"A":"one","A[2]":"its own","A[3]":"two","A[4]":"three"})"));
}

TEST(Metadata, BoundsWhatPngTextsInflateTo) {
  std::string chunks;
  const std::string bomb = Deflated(std::string(3 << 20, 'a'));
  for (int i = 0; i < 100; ++i) chunks += PngChunk("zTXt", "Raw profile type exif\0\0"s + bomb);
  uint64_t kept = 0;
  const auto metadata = Read(PngWith(chunks));
  for (const auto& buffer : metadata.buffers) kept += buffer.size();
  EXPECT_LT(kept, 24u << 20);
}

TEST(TextEncoding, TakesUtf16InTheOrderThatItIs) {
  EXPECT_EQ(DecodeCharsetText(BytesOf("UNICODE\0a\0b\0"sv), true).utf8, "ab");
  EXPECT_TRUE(DecodeCharsetText(BytesOf("UNICODE\0a\0b\0"sv), true).guessed);
  EXPECT_FALSE(DecodeCharsetText(BytesOf("UNICODE\0\0a\0b"sv), true).guessed);
  EXPECT_EQ(DecodeUtf16(BytesOf("\x3D\xD8\x00\xDE"sv), false).utf8, "\xF0\x9F\x98\x80");
  EXPECT_EQ(DecodeUtf16(BytesOf("\x3D\xD8\x41\x00"sv), false).utf8, "\xEF\xBF\xBD\x41");
}

TEST(TextEncoding, TellsTheByteOrderOfEveryScript) {
  const std::u16string_view texts[] = {u"A quiet street, in spring",
                                       u"Кириллица",
                                       u"Да",
                                       u"Москва, Moscow 2021",
                                       u"Ελλάδα",
                                       u"ירושלים",
                                       u"القاهرة",
                                       u"ประเทศไทย",
                                       u"दिल्ली",
                                       u"今日は良い天気です",
                                       u"我们今天去公园",
                                       u"서울특별시",
                                       u"Việt Nam",
                                       u"Ärger €5",
                                       u"\U0001F600\U0001F601 ok"};
  for (const auto text : texts) {
    for (const bool stored_big : {false, true}) {
      std::string bytes = "UNICODE\0"s;
      for (const char16_t unit : text) bytes += Number(unit, 2, stored_big);
      bytes += std::string(6, '\0');
      std::string expected = DecodeCharsetText(BytesOf(bytes), stored_big).utf8;
      const DecodedText other = DecodeCharsetText(BytesOf(bytes), !stored_big);
      EXPECT_EQ(other.utf8, expected);
      EXPECT_EQ(expected, DecodeUtf16(BytesOf(bytes).subspan(8), stored_big).utf8);
      EXPECT_TRUE(other.guessed) << expected;
    }
  }
  EXPECT_FALSE(DecodeCharsetText(BytesOf("UNICODE\0\xFF\xFE\x1F\x04"sv), true).guessed);  // its mark says so
}

TEST(TextEncoding, JsonIsUtf8WhateverTheBytes) {
  std::string json;
  AppendJsonString("a\xFF\"\n\1\xC3"sv, &json);
  EXPECT_EQ(json, "\"a\xEF\xBF\xBD\\\"\\n\\u0001\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace pixlake::image
