#include "ingest/source/source_testing_internal.h"

namespace pixlake::ingest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SampleGroupTest : public SourceTest {
 protected:
  // A tar by Python's tarfile with these members; `members` is Python's list of pairs.
  std::vector<SourceItem> Tar(const std::string& members) {
    std::ofstream(folder_ + "/program.py") << "import io, tarfile\n"
                                              "t = tarfile.open('a.tar', 'w')\n"
                                              "for name, data in "
                                           << members
                                           << ":\n"
                                              "    i = tarfile.TarInfo(name)\n"
                                              "    i.size = len(data)\n"
                                              "    t.addfile(i, io.BytesIO(data))\n"
                                              "t.close()\n";
    EXPECT_TRUE(Shell("python3 ../program.py"));
    return List();
  }
  static std::string Label(const SourceItem& item) { return item.label.value_or("-"); }
};

TEST_F(SampleGroupTest, JsonAndClsBeforeOrAfterTheImage) {
  const auto items =
      Tar(R"([('d/1.jpg', b'x'), ('d/1.cls', b' 7\n'), ('d/1.json', b'{"label": "cat", "n": [1]}\n'),
                             ('d/2.json', b'{"class": 3}'), ('d/2.seg.PNG', b'y'), ('d/2.jpg', b'y'),
                             ('d/3.jpg', b'z')])");
  ASSERT_THAT(Names(items), ElementsAre("a.tar#d/1.jpg", "a.tar#d/1.cls", "a.tar#d/1.json", "a.tar#d/2.json",
                                        "a.tar#d/2.seg.PNG", "a.tar#d/2.jpg", "a.tar#d/3.jpg", "=a.tar"));
  EXPECT_EQ(Label(items[0]), "7");
  EXPECT_EQ(items[0].attributes, R"({"label": "cat", "n": [1]})");
  EXPECT_EQ(Label(items[1]), "-");
  EXPECT_EQ(items[2].attributes, "");
  EXPECT_EQ(Label(items[4]), "3");
  EXPECT_EQ(Label(items[5]), "3");
  EXPECT_EQ(items[5].attributes, R"({"class": 3})");
  EXPECT_EQ(Label(items[6]), "-");
}

TEST_F(SampleGroupTest, OnlyObjectsAreAttributesAndOnlyScalarsLabels) {
  const auto items = Tar(
      R"([('1.jpg', b''), ('1.json', b'[1]'), ('2.jpg', b''), ('2.json', b'{"label": [1], "class": true}'),
                             ('3.jpg', b''), ('3.json', b'{"label": "\xff"}'), ('4.jpg', b''), ('4.json', b'{"a": 1'),
                             ('5.jpg', b''), ('5.json', b'{"a":' * 100000), ('6.jpg', b''), ('6.cls', b'\xff'),
                             ('7.jpg', b''), ('7.json', b'{"label": 1.50}'), ('8.jpg', b''), ('8.json', b'{"label": null}')])");
  std::vector<std::string> seen;
  for (const SourceItem& item : items) {
    if (item.filename.ends_with(".jpg")) seen.push_back(Label(item) + " " + item.attributes);
  }
  EXPECT_THAT(seen, ElementsAre("- ", R"(true {"label": [1], "class": true})", "- ", "- ", "- ", "- ",
                                R"(1.5 {"label": 1.50})", R"(- {"label": null})"));
}

TEST_F(SampleGroupTest, KeysOfOtherFoldersAndNoKeysAreApart) {
  const auto items =
      Tar(R"([('a/1.jpg', b''), ('b/1.cls', b'5'), ('.jpg', b''), ('.cls', b'6'), ('x', b''), ('x.cls', b'7'),
                             ('1.jpg', b''), ('2.jpg', b''), ('1.cls', b'8')])");
  for (const SourceItem& item : items) EXPECT_EQ(Label(item), "-") << item.uri;
  EXPECT_EQ(items.size(), 8);  // the hidden ones are skipped
}

TEST_F(SampleGroupTest, SamplesThatAreTooLargeGoOnUngrouped) {
  options_.max_buffered_bytes = 1000;
  const auto items = Tar(
      R"([('1.jpg', b'x' * 600), ('1.png', b'x' * 600), ('1.cls', b'7'), ('2.jpg', b''), ('2.cls', b'8')])");
  ASSERT_THAT(Names(items), ElementsAre("a.tar#1.jpg", "a.tar#1.png", "a.tar#1.cls", "a.tar#2.jpg",
                                        "a.tar#2.cls", "=a.tar"));
  EXPECT_EQ(Label(items[0]), "-");
  EXPECT_EQ(Label(items[1]), "-");
  EXPECT_EQ(Label(items[3]), "8");
}

TEST_F(SampleGroupTest, ClsBeatsTheFolder) {
  options_.label_from_folder = true;
  const auto items = Tar(R"([('cat/1.jpg', b''), ('cat/2.jpg', b''), ('cat/2.cls', b'dog')])");
  EXPECT_EQ(Label(items[0]), "cat");
  EXPECT_EQ(Label(items[1]), "dog");
}

TEST_F(SampleGroupTest, SpilledMembersNobodyTookAreRemoved) {
  options_.max_buffered_bytes = 1000;
  Tar(R"([('1.jpg', b'x' * 5000), ('1.png', b'x' * 5000), ('2.jpg', b'')])");
  for (const auto& entry : std::filesystem::directory_iterator(options_.spill_folder))
    std::filesystem::remove(entry);
  {
    auto source = OpenSources({root_}, options_).ValueOrDie();
    std::vector<SourceItem> items;
    ASSERT_TRUE(source->Next(1 << 20, 1, &items).ValueOrDie());
    ASSERT_TRUE(items[0].temporary);
    std::filesystem::remove(items[0].path);
    EXPECT_FALSE(std::filesystem::is_empty(options_.spill_folder));
  }
  EXPECT_TRUE(std::filesystem::is_empty(options_.spill_folder));
}

}  // namespace
}  // namespace pixlake::ingest
