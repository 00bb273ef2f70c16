#include "file/list/url_list.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pixlake::file {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  Status status;
  std::vector<std::string> urls;
  std::vector<std::string> problems;
  int64_t blank = 0;
};

Read ReadList(const std::string& text, const std::string& column = "url", char delimiter = 0,
              Quoting quoting = Quoting::kByDelimiter) {
  Read read;
  auto opened =
      UrlListReader::Open(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(text)), "list",
                          {column, delimiter, quoting});
  read.status = opened.status();
  if (!opened.ok()) return read;
  std::vector<UrlListRow> rows;
  while (true) {
    const auto more = (*opened)->Next(&rows);
    read.status = more.status();
    if (!more.ok() || !*more) break;
  }
  for (const UrlListRow& row : rows) {
    if (row.problem.empty()) {
      read.urls.push_back(row.url);
    } else {
      read.problems.push_back(row.problem);
    }
  }
  read.blank = (*opened)->blank();
  return read;
}

std::string Utf16(const std::u16string& text, bool little) {
  std::string bytes;
  for (const char16_t unit : text) {
    const auto low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
    bytes += little ? std::string{low, high} : std::string{high, low};
  }
  return bytes;
}

TEST(UrlListTest, FindsTheDelimiterByTheColumn) {
  for (const char* text :
       {"id,url\n1,a.jpg\n2,b.jpg\n", "id\turl\n1\ta.jpg\n2\tb.jpg\n", "id;url\n1;a.jpg\n2;b.jpg\n",
        "id|url\n1|a.jpg\n2|b.jpg", "id,url\r\n1,a.jpg\r\n2,b.jpg\r\n"}) {
    const Read read = ReadList(text);
    EXPECT_TRUE(read.status.ok()) << read.status;
    EXPECT_THAT(read.urls, ElementsAre("a.jpg", "b.jpg")) << text;
  }
}

TEST(UrlListTest, UnquotesAsRfc4180HasIt) {
  const Read read =
      ReadList("\"the url\",\"note\"\n\"a,\"\"1\"\".jpg\",\"two\nlines\"\n b.jpg ,x\n", "the url");
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_THAT(read.urls, ElementsAre("a,\"1\".jpg", "b.jpg"));
}

TEST(UrlListTest, TakesCommasInTheOnlyColumn) {
  EXPECT_THAT(ReadList("url\nhttp://h/w_1,h_2/a.jpg\nhttp://h/b.jpg\n").urls,
              ElementsAre("http://h/w_1,h_2/a.jpg", "http://h/b.jpg"));
}

TEST(UrlListTest, DecodesWhatListsComeIn) {
  EXPECT_THAT(ReadList("\xEF\xBB\xBFurl,n\na.jpg,1\n").urls, ElementsAre("a.jpg"));
  const std::u16string wide = u"url,n\nä\U0001F600.jpg,1\n";
  const std::string utf8 = "ä\U0001F600.jpg";
  EXPECT_THAT(ReadList("\xFF\xFE" + Utf16(wide, true)).urls, ElementsAre(utf8));
  EXPECT_THAT(ReadList("\xFE\xFF" + Utf16(wide, false)).urls, ElementsAre(utf8));
  EXPECT_THAT(ReadList(Utf16(u"url,n\na.jpg,1\nb.jpg,2\n", true)).urls, ElementsAre("a.jpg", "b.jpg"));
  EXPECT_THAT(ReadList("url,gr\xF6\xDF"
                       "e\nb\xE4r\x80.jpg,1\n")
                  .urls,
              ElementsAre("bär€.jpg"));
}

TEST(UrlListTest, UnpacksGzip) {
  const std::string text = "url\na.jpg\n";
  const auto codec = *arrow::util::Codec::Create(arrow::Compression::GZIP);
  const auto out = *arrow::io::BufferOutputStream::Create();
  const auto packed = *arrow::io::CompressedOutputStream::Make(codec.get(), out);
  ASSERT_TRUE(packed->Write(text).ok());
  ASSERT_TRUE(packed->Close().ok());
  const std::string bytes = (*out->Finish())->ToString();
  EXPECT_THAT(ReadList(bytes).urls, ElementsAre("a.jpg"));
  const Read cut = ReadList(bytes.substr(0, bytes.size() / 2));
  EXPECT_FALSE(cut.status.ok() && cut.urls.size() == 1);
}

TEST(UrlListTest, NamesTheColumnsThereAre) {
  const Read read = ReadList("id,address\n1,a.jpg\n");
  EXPECT_EQ(CodeOf(read.status), ErrorCode::kUsage);
  EXPECT_THAT(read.status.message(), HasSubstr("'id', 'address'"));
  EXPECT_EQ(CodeOf(ReadList("url,url\na,b\n").status), ErrorCode::kUsage);
  EXPECT_EQ(CodeOf(ReadList("").status), ErrorCode::kUsage);
}

TEST(UrlListTest, RefusesMixedDelimiters) {
  const Read read = ReadList("id,url\n1,a.jpg\n2;b.jpg\n3,c.jpg\n");
  EXPECT_EQ(CodeOf(read.status), ErrorCode::kCorrupt);
  EXPECT_THAT(read.status.message(), HasSubstr("delimited by ';'"));
}

TEST(UrlListTest, TellsLinesThatAreNoRows) {
  const Read read = ReadList("id,url,n\n1,a.jpg,1\n2,b.jpg,1,2\n3,c.jpg,1\n4\n");
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_THAT(read.urls, ElementsAre("a.jpg", "c.jpg"));
  EXPECT_THAT(read.problems, ElementsAre(HasSubstr("4 values, the header has 3"), HasSubstr("1 values")));
}

// Judge: python's csv, with QUOTE_NONE for tabs.
TEST(UrlListTest, TakesQuotesBetweenTabsForLetters) {
  const std::string text = "n\turl\n\"open\ta\nx\tb\nclose\"\tc\n\"q\"\td\n";
  EXPECT_THAT(ReadList(text).urls, ElementsAre("a", "b", "c", "d"));
  // Which in CSV is one value over three lines.
  EXPECT_THAT(ReadList(text, "url", 0, Quoting::kCsv).urls, ElementsAre("c", "d"));
  EXPECT_THAT(ReadList("n,url\n\"open,a\nx,b\n", "url", 0, Quoting::kNone).urls, ElementsAre("a", "b"));
}

TEST(UrlListTest, LosesOneLineToAQuoteThatNothingCloses) {
  const Read read = ReadList("n,url\n\"a\nb\",1\n\"open,2\n,3\nclose\" x,4\n\"end,5");
  EXPECT_THAT(read.urls, ElementsAre("1", "3", "4"));
  EXPECT_THAT(read.problems, ElementsAre(HasSubstr("line 4"), HasSubstr("line 7")));
  std::string many = "n,url\n";
  for (int i = 0; i < 200000; ++i) many += "\"a,u\n";
  many += "x,last\n";
  const Read last = ReadList(many);
  EXPECT_THAT(last.urls, ElementsAre("last"));
  EXPECT_EQ(last.problems.size(), 200000u);
}

TEST(UrlListTest, CountsLinesOfTheFile) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string text;
    for (const char* line : {"", "", "url,n", "a,1", "", "\"b", "c\",2", "d", "e,1,2"}) text += line + end;
    const Read read = ReadList(text);
    EXPECT_THAT(read.urls.size(), 2u);
    EXPECT_THAT(read.problems, ElementsAre(HasSubstr("line 8 has 1"), HasSubstr("line 9 has 3")))
        << end.size();
  }
}

TEST(UrlListTest, RefusesALineWithoutEnd) {
  const Read read = ReadList("url,n\na,1\n" + std::string(9 << 20, 'x'));
  EXPECT_EQ(CodeOf(read.status), ErrorCode::kCorrupt);
  EXPECT_THAT(read.status.message(), HasSubstr("line 3"));
}

TEST(UrlListTest, PassesOverAMillionEmptyLines) {
  const std::string empty(1000000, '\n'), more(5 << 20, '\n');
  const Read read = ReadList(empty + "id,url\n" + more + "1,a.jpg\n" + more + "2,\n3,b.jpg\n" + empty);
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_THAT(read.urls, ElementsAre("a.jpg", "b.jpg"));
  EXPECT_EQ(read.blank, 1);
}

TEST(UrlListTest, TakesAHeaderAlone) {
  EXPECT_TRUE(ReadList("id,url").status.ok());
  EXPECT_TRUE(ReadList("id,url\n\n\n").status.ok());
}

TEST(UrlListTest, ReadsManyBlocksInOrder) {
  std::string text = "n,url,pad\n";
  const std::string pad(100, 'x');
  for (int i = 0; i < 200000; ++i) text += std::to_string(i) + ",u" + std::to_string(i) + "," + pad + "\n";
  const Read read = ReadList(text);
  ASSERT_TRUE(read.status.ok()) << read.status;
  ASSERT_EQ(read.urls.size(), 200000u);
  for (size_t i = 0; i < read.urls.size(); ++i) ASSERT_EQ(read.urls[i], "u" + std::to_string(i));
}

TEST(UrlListTest, ListNames) {
  for (const char* name : {"a.csv", "a.tsv", "a.csv.gz", "A.Csv", "s3://b/a.tsv.zst"})
    EXPECT_TRUE(IsUrlListName(name)) << name;
  for (const char* name : {"a.jpg", "csv", "a.gz", ""}) EXPECT_FALSE(IsUrlListName(name)) << name;
}

}  // namespace
}  // namespace pixlake::file
