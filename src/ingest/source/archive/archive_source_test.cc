#include <gmock/gmock.h>

#include "ingest/source/source_testing_internal.h"

namespace pixlake::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Other people's writers make the archives: tar, gzip, zstd, Python.
class ArchiveSourceTest : public SourceTest {
 protected:
  // A Python program in root_, with what the tests need imported.
  bool Python(const std::string& program) const {
    std::ofstream(folder_ + "/program.py") << "import io, os, struct, sys, tarfile, zipfile, zlib, gzip\n"
                                              "def add(t, name, data=b'', **more):\n"
                                              "    i = tarfile.TarInfo(name)\n"
                                              "    i.size = len(data)\n"
                                              "    for k, v in more.items(): setattr(i, k, v)\n"
                                              "    t.addfile(i, io.BytesIO(data))\n"
                                           << program;
    return Shell("python3 ../program.py");
  }
};

TEST_F(ArchiveSourceTest, EveryPackingGivesTheSameMembers) {
  Write("in/a.jpg", "aaa");
  Write("in/b/c d#.jpg", std::string(100000, 'c'));
  Write("in/empty.jpg", "");
  ASSERT_TRUE(
      Shell("touch -d @1700000000.5 in/a.jpg; cd in; tar --sort=name --format=pax -cf ../p.tar .;"
            "tar --sort=name --format=gnu -czf ../g.tgz .; tar --sort=name --format=ustar -cf - . | zstd -q "
            "> ../z.tar.zst;"
            "python3 -m zipfile -c ../d.zip a.jpg b empty.jpg; cd ..; rm -r in"));
  const auto items = List();
  EXPECT_THAT(
      Names(items),
      ElementsAre("d.zip#a.jpg", "d.zip#b/c%20d%23.jpg", "d.zip#empty.jpg", "=d.zip",  //
                  "g.tgz#a.jpg", "g.tgz#b/c%20d%23.jpg", "g.tgz#empty.jpg", "=g.tgz",  //
                  "p.tar#a.jpg", "p.tar#b/c%20d%23.jpg", "p.tar#empty.jpg", "=p.tar",  //
                  "z.tar.zst#a.jpg", "z.tar.zst#b/c%20d%23.jpg", "z.tar.zst#empty.jpg", "=z.tar.zst"));
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].kind == SourceItem::Kind::kContainer) {
      EXPECT_EQ(items[i].bytes, nullptr);
      EXPECT_EQ(items[i].etag, items[i - 1].etag);
      continue;
    }
    ASSERT_NE(items[i].bytes, nullptr);
    const std::string expected[] = {"aaa", std::string(100000, 'c'), ""};
    EXPECT_EQ(Content(items[i]), expected[i % 4]);
    EXPECT_EQ(items[i].bytes->capacity() / 64, (items[i].size + 63) / 64);  // one allocation, padded
  }
  EXPECT_EQ(items[1].filename, "c d#.jpg");
  EXPECT_EQ(items[8].mtime_ns, 1700000000500000000);
  EXPECT_THAT(source_->complete_roots(), SizeIs(1));
}

TEST_F(ArchiveSourceTest, KnownContainersGiveNothing) {
  ASSERT_TRUE(Python("t = tarfile.open('a.tar', 'w')\nadd(t, 'x.jpg', b'x')\nt.close()"));
  const auto first = List();
  options_.known = [&](const std::string& uri, const std::string& etag) {
    return uri == first[1].uri && etag == first[1].etag;
  };
  EXPECT_THAT(List(), IsEmpty());
  options_.include = {"*.png"};  // read under other options it is another thing
  EXPECT_THAT(Names(List()), ElementsAre("=a.tar"));
}

TEST_F(ArchiveSourceTest, NamedFilesAreKnownByTheirBytesFoundOnesByName) {
  ASSERT_TRUE(
      Python("t = tarfile.open('t.jpg', 'w')\nadd(t, 'x.jpg', b'x')\nt.close()\n"
             "open('no.tar', 'w').write('no archive')\n"
             "gzip.open('lone.gz', 'w').write(b'text')"));
  EXPECT_THAT(Names(List()), ElementsAre("lone.gz", "no.tar", "t.jpg"));
  EXPECT_THAT(Names(List({root_ + "/t.jpg", root_ + "/lone.gz", root_ + "/no.tar"})),
              ElementsAre("t.jpg#x.jpg", "=t.jpg", "lone.gz", "no.tar"));
}

TEST_F(ArchiveSourceTest, FoundArchivesAreOpenedWhenTheyHoldImages) {
  ASSERT_TRUE(Python(R"(
def tar(path, names, mode='w'):
    t = tarfile.open(path, mode)
    for n in names: add(t, n, b'1')
    t.close()
tar('docs.tar', ['a.txt', 'b/photo.jpg/c.txt', '.hidden.jpg'])
tar('late.tar.gz', ['%d.txt' % i for i in range(999)] + ['x.jpg'], 'w:gz')
tar('later.tar', ['%d.txt' % i for i in range(1000)] + ['x.jpg'])
t = tarfile.open('far.tar.gz', 'w:gz', compresslevel=1)
add(t, 'zeros', bytes(65 << 20)); add(t, 'x.jpg', b'1'); t.close()
t = tarfile.open('links.tar', 'w')
l = tarfile.TarInfo('x.jpg'); l.type = tarfile.SYMTYPE; l.linkname = 'y'; t.addfile(l); t.close()
tar('sample.tar', ['1.cls', '1.seg.png'])
z = zipfile.ZipFile('text.zip', 'w'); z.writestr('a.txt', 'a'); z.close()
z = zipfile.ZipFile('x.zip', 'w'); z.writestr('a.txt', 'a'); z.writestr('A.JPG', 'b'); z.close())"));
  auto items = List();
  std::erase_if(items,
                [](const SourceItem& item) { return item.uri.find("late.tar.gz#") < item.uri.size(); });
  EXPECT_THAT(Names(items), ElementsAre("docs.tar", "far.tar.gz", "=late.tar.gz", "later.tar", "links.tar",
                                        "sample.tar#1.cls", "sample.tar#1.seg.png", "=sample.tar", "text.zip",
                                        "x.zip#a.txt", "x.zip#A.JPG", "=x.zip"));
  EXPECT_THAT(items[0].path, root_ + "/docs.tar");
  EXPECT_THAT(source_->complete_roots(), SizeIs(1));
  EXPECT_THAT(Names(List({root_ + "/docs.tar", root_ + "/text.*"})),
              ElementsAre("docs.tar#a.txt", "docs.tar#b/photo.jpg/c.txt", "=docs.tar",  //
                          "text.zip#a.txt", "=text.zip"));
  options_.hidden = true;
  EXPECT_THAT(Names(List()), testing::Contains("docs.tar#.hidden.jpg"));
  options_.hidden = false;
  options_.known_whole = [&](const std::string& uri, const std::string&) { return uri == Uri("x.zip"); };
  EXPECT_THAT(Names(List()), testing::Contains("x.zip"));
}

TEST_F(ArchiveSourceTest, HostileNamesNeverLeaveTheArchive) {
  ASSERT_TRUE(Python(R"(
t = tarfile.open('a.tar', 'w', format=tarfile.PAX_FORMAT, encoding='utf-8', errors='surrogateescape')
for n in ('../up.jpg', '/etc/abs.jpg', 'd/../../x.jpg', 'new\nline.jpg', '\udcff\udcfe.jpg', 'e\u0301.jpg',
          'x' * 255 + '/' + 'y' * 255, '\u00e9' * 100): add(t, n, b'1')
t.close())"));
  // No locale may matter: libarchive would turn names into its encoding.
  for (const char* locale : {"C", "C.UTF-8"}) {
    ASSERT_NE(std::setlocale(LC_ALL, locale), nullptr);
    const auto items = List();
    std::string accents;
    for (int i = 0; i < 100; ++i) accents += "%C3%A9";
    EXPECT_THAT(Names(items), ElementsAre("a.tar#../up.jpg", "a.tar#/etc/abs.jpg", "a.tar#d/../../x.jpg",
                                          "a.tar#new%0Aline.jpg", "a.tar#%FF%FE.jpg", "a.tar#e%CC%81.jpg",
                                          "a.tar#" + std::string(255, 'x') + "/" + std::string(255, 'y'),
                                          "a.tar#" + accents, "=a.tar"));
    EXPECT_EQ(items[4].filename, "\xff\xfe.jpg");
  }
  std::setlocale(LC_ALL, "C");
}

TEST_F(ArchiveSourceTest, DevicesAndSymbolicLinksInsideAreProblemsHardLinksAreNot) {
  ASSERT_TRUE(Python(R"(
t = tarfile.open('a.tar', 'w')
add(t, 'a.jpg', b'1')
add(t, 'hard.jpg', type=tarfile.LNKTYPE, linkname='a.jpg')
add(t, 'soft.jpg', type=tarfile.SYMTYPE, linkname='/etc/passwd')
add(t, 'fifo', type=tarfile.FIFOTYPE)
add(t, 'null', type=tarfile.CHRTYPE)
add(t, 'folder', type=tarfile.DIRTYPE)
t.close())"));
  const auto items = List();
  EXPECT_THAT(Names(items), ElementsAre("a.tar#a.jpg", "a.tar#soft.jpg!unsupported", "a.tar#fifo!unsupported",
                                        "a.tar#null!unsupported", "a.tar#hard.jpg", "=a.tar"));
  EXPECT_EQ(items[4].bytes->ToString(), "1");
  EXPECT_THAT(items[1].problem.message(), HasSubstr("symbolic link to /etc/passwd"));
  EXPECT_THAT(items[3].problem.message(), HasSubstr("character device"));
}

TEST_F(ArchiveSourceTest, RepeatedNamesGetNumbers) {
  ASSERT_TRUE(Python(R"(
t = tarfile.open('a.tar', 'w')
for n in ('a', 'a@2', './a', 'a', 'a@2', 'b'): add(t, n, n.encode())
t.close())"));
  EXPECT_THAT(Names(List({root_ + "/a.tar"})), ElementsAre("a.tar#a", "a.tar#a@2", "a.tar#a@3", "a.tar#a@4",
                                                           "a.tar#a@2@2", "a.tar#b", "=a.tar"));
}

TEST_F(ArchiveSourceTest, CutShortArchivesGiveWhatCameBefore) {
  ASSERT_TRUE(Python(R"(
t = tarfile.open('a.tar', 'w')
add(t, 'one.jpg', b'1' * 1000)
add(t, 'two.jpg', b'2' * 5000)
t.close()
b = open('a.tar', 'rb').read()
os.remove('a.tar')
open('in_data.tar', 'wb').write(b[:512 + 1024 + 512 + 2000])
open('in_header.tar', 'wb').write(b[:512 + 1024 + 100])
open('no_marker.tar', 'wb').write(b[:512 + 1024 + 512 + 5120])
z = gzip.compress(b'\0' * 0 + b)
open('packed.tgz', 'wb').write(z[:-4])
z = bytearray(z); z[-6] ^= 1
open('wrong_sum.tgz', 'wb').write(z))"));
  const auto items = List();
  EXPECT_THAT(
      Names(items),
      ElementsAre("in_data.tar#one.jpg", "in_data.tar!corrupt", "in_header.tar#one.jpg",
                  "in_header.tar!corrupt", "no_marker.tar#one.jpg", "no_marker.tar#two.jpg",
                  "no_marker.tar!corrupt", "packed.tgz#one.jpg", "packed.tgz#two.jpg", "packed.tgz!corrupt",
                  "wrong_sum.tgz#one.jpg", "wrong_sum.tgz#two.jpg", "wrong_sum.tgz!corrupt"));
  EXPECT_THAT(items[1].problem.message(), HasSubstr("in member 2 (two.jpg), of which 2000 of 5000 bytes"));
  EXPECT_THAT(items[3].problem.message(), HasSubstr("after member 1 (one.jpg)"));
  EXPECT_THAT(items[6].problem.message(), HasSubstr("end marker"));
  EXPECT_THAT(items[12].problem.message(), HasSubstr("checksum"));
  EXPECT_THAT(source_->complete_roots(), IsEmpty());
}

TEST_F(ArchiveSourceTest, AFolderIsNotCompleteWithoutWhatWasNamedBelowIt) {
  ASSERT_TRUE(
      Python("t = tarfile.open('a.tar', 'w')\nadd(t, 'x.jpg', b'x' * 2000)\nt.close()\n"
             "os.truncate('a.tar', 1000)"));
  EXPECT_THAT(Names(List({root_, root_ + "/a.tar"})), ElementsAre("a.tar!corrupt"));
  EXPECT_THAT(source_->complete_roots(), IsEmpty());
}

TEST_F(ArchiveSourceTest, MembersBehindAnEndMarkerAreRead) {
  ASSERT_TRUE(
      Python("t = tarfile.open('b', 'w')\nadd(t, 'x.jpg', b'x')\nt.close()\n"
             "b = open('b', 'rb').read()\nos.remove('b')\nopen('two.tar', 'wb').write(b + b)\n"
             "open('none.tar', 'wb').write(bytes(10240))"));
  EXPECT_THAT(Names(List({root_ + "/none.tar", root_ + "/two.tar"})),
              ElementsAre("=none.tar", "two.tar#x.jpg", "two.tar#x.jpg@2", "=two.tar"));
}

TEST_F(ArchiveSourceTest, LargeMembersAreSpilledSparseOnesFilled) {
  ASSERT_TRUE(
      Shell("head -c 3000000 /dev/urandom > big.bin; truncate -s 5000000 hole.bin;"
            "printf x | dd of=hole.bin bs=1 seek=1000000 conv=notrunc; tar -Scf a.tar big.bin hole.bin; rm "
            "hole.bin"));
  options_.max_buffered_bytes = 1 << 20;
  const auto items = List({root_ + "/a.tar", root_});
  ASSERT_THAT(Names(items), ElementsAre("a.tar#big.bin", "a.tar#hole.bin", "=a.tar", "big.bin"));
  std::string hole(5000000, '\0');
  hole[1000000] = 'x';
  EXPECT_TRUE(Content(items[0]) == Content(items[3]));
  EXPECT_TRUE(Content(items[1]) == hole);
  EXPECT_TRUE(items[0].temporary && items[1].temporary);
  EXPECT_THAT(items[0].path, HasSubstr(options_.spill_folder));
  options_.max_buffered_bytes = 32 << 20;
  const auto buffered = List({root_ + "/a.tar", root_});
  EXPECT_TRUE(Content(buffered[1]) == hole);
  EXPECT_EQ(buffered[1].bytes->size(), 5000000);
  for (const SourceItem& item : items) {
    if (item.temporary) std::filesystem::remove(item.path);
  }
  EXPECT_TRUE(std::filesystem::is_empty(options_.spill_folder));
}

TEST_F(ArchiveSourceTest, BombsAreOverBudget) {
  ASSERT_TRUE(Python(R"(
t = tarfile.open('a.tar', 'w')
add(t, 'a.jpg', b'1'); add(t, 'big.jpg', b'2' * 5000); add(t, 'c.jpg', b'3')
t.close()
z = zipfile.ZipFile('b.zip', 'w', zipfile.ZIP_DEFLATED)
z.writestr('a.jpg', b'1'); z.writestr('big.jpg', b'2' * 5000); z.writestr('c.jpg', b'3')
z.close())"));
  options_.max_member_bytes = 4000;
  EXPECT_THAT(Names(List()),
              ElementsAre("a.tar#a.jpg", "a.tar#big.jpg!over_budget", "a.tar#c.jpg", "=a.tar", "b.zip#a.jpg",
                          "b.zip#big.jpg!over_budget", "b.zip#c.jpg", "=b.zip"));
}

TEST_F(ArchiveSourceTest, ArchivesThatUnpackToTooMuchEndThere) {
  // 1.5 GB of zeros in some KB, twice: as a member, and as one that is passed over.
  ASSERT_TRUE(Shell("truncate -s 1500M zero; tar -cf - zero | zstd -q -1 > a.tzst; rm zero"));
  options_.max_expansion = 10;
  options_.max_buffered_bytes = 1 << 20;
  auto items = List({root_ + "/a.tzst"});
  EXPECT_THAT(Names(items), ElementsAre("a.tzst!over_budget"));
  EXPECT_TRUE(std::filesystem::is_empty(options_.spill_folder));
  options_.max_member_bytes = 1000;
  items = List({root_ + "/a.tzst"});
  EXPECT_THAT(Names(items), ElementsAre("a.tzst#zero!over_budget", "a.tzst!over_budget"));
}

TEST_F(ArchiveSourceTest, PatternsMeetMembers) {
  ASSERT_TRUE(Python(R"(
for name in ('a.tar', 'b.tar'):
    t = tarfile.open(name, 'w')
    for n in ('x/1.jpg', 'x/2.png', 'x/._1.jpg', '.git/3.jpg'): add(t, n, b'1')
    t.close())"));
  options_.include = {"*.jpg"};
  options_.exclude = {"b.*"};
  options_.label_from_folder = true;
  const auto items = List();
  EXPECT_THAT(Names(items), ElementsAre("a.tar#x/1.jpg", "=a.tar"));
  EXPECT_EQ(items[0].label, "x");
  EXPECT_EQ(source_->skipped(), 4);
  options_.include = {"a.tar"};
  EXPECT_THAT(Names(List()), ElementsAre("a.tar#x/1.jpg", "a.tar#x/2.png", "=a.tar"));
  options_.include = {"a.tar/x/*.png"};
  EXPECT_THAT(Names(List()), ElementsAre("a.tar#x/2.png", "=a.tar"));
  options_.include = {"x/*.png"};
  EXPECT_THAT(Names(List({root_ + "/b.tar"})), ElementsAre("b.tar#x/2.png", "=b.tar"));
}

TEST_F(ArchiveSourceTest, ZipFilesWithDamage) {
  ASSERT_TRUE(Python(R"(
z = zipfile.ZipFile('a.zip', 'w')
for i in range(4): z.writestr('%d.jpg' % i, (b'%d' % i) * 100)
z.close()
b = open('a.zip', 'rb').read()
os.remove('a.zip')
open('sum.zip', 'wb').write(b.replace(b'1' * 100, b'1' * 99 + b'x'))
open('cut.zip', 'wb').write(b[:b.index(b'3' * 100) + 10])
open('no_end.zip', 'wb').write(b[:-30])
c = bytearray(b)
at = c.index(b'PK\1\2'); c[at + 8] |= 1; c[6] |= 1   # the first one is encrypted
open('secret.zip', 'wb').write(c)
n = zipfile.ZipFile('names.zip', 'w')
n.writestr('\u00e9.jpg', 'e'); n.writestr('../up.jpg', 'u')
n.close()
u = open('names.zip', 'rb').read().replace('\u00e9'.encode(), b'\xff\xfe')
open('unnamed.zip', 'wb').write(u)
s = zipfile.ZipFile('empty.zip', 'w'); s.close())"));
  const auto items = List();
  EXPECT_THAT(
      Names(items),
      ElementsAre("cut.zip#0.jpg", "cut.zip#1.jpg", "cut.zip#2.jpg", "cut.zip!corrupt",      //
                  "empty.zip", "names.zip#%C3%A9.jpg", "names.zip#../up.jpg", "=names.zip",  //
                  "no_end.zip#0.jpg", "no_end.zip#1.jpg", "no_end.zip#2.jpg", "no_end.zip#3.jpg",
                  "no_end.zip!corrupt",  //
                  "secret.zip#0.jpg!unsupported", "secret.zip#1.jpg", "secret.zip#2.jpg", "secret.zip#3.jpg",
                  "=secret.zip",                                                                           //
                  "sum.zip#0.jpg", "sum.zip#1.jpg!corrupt", "sum.zip#2.jpg", "sum.zip#3.jpg", "=sum.zip",  //
                  "unnamed.zip#unnamed-1", "unnamed.zip#../up.jpg", "=unnamed.zip"));
}

TEST_F(ArchiveSourceTest, OneDamagedMemberOfAZipFileCostsNoOther) {
  ASSERT_TRUE(Python(R"(
z = zipfile.ZipFile('a.zip', 'w', zipfile.ZIP_DEFLATED)
for i in range(6): z.writestr('%d.jpg' % i, os.urandom(50).hex() * 2)
at = [i.header_offset for i in z.infolist()]
z.close()
b = bytearray(open('a.zip', 'rb').read())
for i in (1, 4): b[at[i] + 30 + 5] = 0xff    # a deflate block of a type there is not
open('a.zip', 'wb').write(b))"));
  EXPECT_THAT(Names(List()), ElementsAre("a.zip#0.jpg", "a.zip#1.jpg!corrupt", "a.zip#2.jpg", "a.zip#3.jpg",
                                         "a.zip#4.jpg!corrupt", "a.zip#5.jpg", "=a.zip"));
}

TEST_F(ArchiveSourceTest, ArchivesInArchivesAreFiles) {
  ASSERT_TRUE(Shell("echo x > x.jpg; tar -cf in.tar x.jpg; tar -cf out.tar in.tar; rm in.tar x.jpg"));
  EXPECT_THAT(Names(List({root_ + "/out.tar"})), ElementsAre("out.tar#in.tar", "=out.tar"));
}

TEST_F(ArchiveSourceTest, DamagedBytesNeverHarm) {
  ASSERT_TRUE(Python(R"(
import random
random.seed(7)
t = tarfile.open('a', 'w', format=tarfile.PAX_FORMAT)
for i in range(5): add(t, '\u00e9%d.jpg' % i, b'abc' * 300, mtime=1.5)
t.close()
z = zipfile.ZipFile('b', 'w', zipfile.ZIP_DEFLATED)
for i in range(5): z.writestr('%d.jpg' % i, b'abc' * 300)
z.close()
for name in 'ab':
    b = open(name, 'rb').read()
    for n in range(150):
        c = bytearray(b)
        for k in range(random.choice((1, 3, 20))): c[random.randrange(len(c) if name == 'b' else 8000)] = random.randrange(256)
        open('%s%03d.%s' % (name, n, 'tar' if name == 'a' else 'zip'), 'wb').write(c)
    os.remove(name))"));
  for (const SourceItem& item : List()) {
    EXPECT_TRUE(item.problem.ok() || !item.problem.message().empty());
    if (item.bytes == nullptr) continue;
    EXPECT_EQ(item.bytes->size(), item.size);
  }
}

}  // namespace
}  // namespace pixlake::ingest
