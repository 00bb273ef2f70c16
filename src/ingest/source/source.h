// Where images come from: folders, files, archives. What a source finds, one item after
// another; nothing is judged here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "file/list/url_list.h"
#include "io/http/fetcher.h"

namespace pixlake::ingest {

// One content met at one place.
struct SourceItem {
  enum class Kind {
    kFile,       // a content: an image or what came along
    kContainer,  // an archive that was read to its end: carries no bytes, only uri and etag
  };
  Kind kind = Kind::kFile;
  // The place, percent-encoded: "file:///p/a.jpg", a member "file:///p/a.tar#dir/b.jpg"
  // (a later member of the same name "…#dir/b.jpg@<n>", n counting from 2). Unique.
  std::string uri;
  std::string filename;              // last component, the bytes as they were (may not be UTF-8)
  std::optional<std::string> label;  // UTF-8
  // JSON object that came with it (a WebDataset sample's .json, a list's other columns);
  // empty: none.
  std::string attributes;
  int64_t size = -1;     // bytes; -1 unknown
  int64_t mtime_ns = 0;  // nanoseconds since the epoch; 0 unknown
  // Changes when the content may have: "<size>-<mtime_ns>" in lower-case hex for a file,
  // its archive's for a member, both files' with '+' between for an image of an IDX pair.
  // A kContainer's has "-<hash>" behind it when patterns, labels, `hidden` or limits are not the
  // default: it was read only in so far, and other options read it again.
  std::string etag;

  // Exactly one of: the bytes; a local file to read them from; why there are none.
  std::shared_ptr<arrow::Buffer> bytes;
  std::string path;
  bool fetched = false;    // over a network, now
  bool temporary = false;  // `path` is a spilled member: whoever reads it deletes it
  Status problem;          // not OK: listed, but cannot be read
};

struct SourceOptions {
  bool follow_symlinks = false;
  // Patterns on the path relative to the source: '*', '?' and '[…]' within a component,
  // "**" across folders; on the base name when there is no '/' in it. Empty include:
  // everything. A member's path is "<archive>/<member>" where a walk met the archive, else
  // the member's own; an archive that fits include itself gives all its members. An
  // excluded folder is not entered.
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  bool label_from_folder = false;  // label = name of the folder a file is in
  bool hidden = false;             // names that begin with '.', of files, folders, members
  // Members larger than this are streamed to a file in `spill_folder`.
  int64_t max_buffered_bytes = int64_t{32} << 20;
  std::string spill_folder;
  // A member or archive beyond these is a problem item ("bomb"): bytes of one member,
  // and how much larger than the archive its members may be once above 1 GiB.
  int64_t max_member_bytes = int64_t{64} << 30;
  int64_t max_expansion = 1000;
  // True when the place was met before with this etag: a container that is known is
  // not opened. May be empty. Called from the thread that calls Next.
  std::function<bool(const std::string& uri, const std::string& etag)> known;
  // The same of an archive that was kept whole: not looked into again where a walk meets it.
  std::function<bool(const std::string& uri, const std::string& etag)> known_whole;
  // Whether what is at a remote place was taken with this etag and, if there is one, this label,
  // so that it need not be fetched. May be empty.
  std::function<bool(const std::string& uri, const std::string& etag,
                     const std::optional<std::string>& label)>
      taken;
  // Not empty: a .csv or .tsv is a list, and this its column of places.
  std::string url_column;
  std::string label_column;  // of a list; empty: none
  file::Quoting quoting = file::Quoting::kByDelimiter;
  io::FetchOptions fetch;  // of what is not local
  // Folders walked and files listed so far, for progress. May be empty.
  std::function<void(int64_t files)> on_listed;
};

// Of one thread. Anything wrong with one file or member is an item with a `problem`;
// an error of Next itself ends the source.
class Source {
 public:
  virtual ~Source() = default;

  // Appends items until their sizes reach `max_bytes` or they are `max_items` (at least
  // one when there is one). False when there are no more, then `items` may still have
  // got some. kCancelled when it is to stop (base/stop/stop_token.h).
  virtual Result<bool> Next(int64_t max_bytes, int64_t max_items, std::vector<SourceItem>* items) = 0;

  // The uris of folders that are walked whole ("file:///photos/"), so that what is no
  // longer there can be told; not those that filters say less of. Ask once Next has
  // returned false: by then those are left out in which a folder could not be listed or
  // an archive not be read to its end.
  virtual std::vector<std::string> complete_roots() const = 0;

  // Entries and members met so far that an option left out: hidden ones, links, those the
  // patterns exclude. An excluded folder counts as one.
  virtual int64_t skipped() const = 0;

  // What was met that a person should know and that is no problem of one place: an archive inside
  // an archive that was kept whole, bytes behind an archive's end. The first 20, and how many more.
  virtual std::vector<std::string> notes() const { return {}; }
};

// What a person typed: a URL (http, https, data), an object or prefix of a store (s3, gs, hdfs), a
// list of such, a folder, a file, a glob, an archive (tar, plain or with gzip, zstd, xz or
// bzip2; zip), a pair of IDX files (either of the two, or both among `arguments`). A named
// archive is known by its bytes; one that a walk or a pattern meets must be called like one
// (.tar .tgz .tar.gz .tar.zst .tzst .tar.xz .txz .tar.bz2 .tbz2 .tbz .zip), too. One that a walk meets is
// opened when it holds images: when one of its first members (1,000 of them, or what 64 MiB of unpacked bytes
// show) is a file whose name says image. Else it is a file like any other, as it is. In a tar, members that
// share a key are a WebDataset sample: its images get .cls as label and .json as attributes. A hard link in a
// tar has its target's content; symbolic links inside archives are problems (kUnsupported),
// archives inside archives files like any other, with a note.
// What was named twice, or again below a folder, comes once. kNotFound, kPermission or kUnsupported when an
// argument cannot be used, before anything is read.
Result<std::unique_ptr<Source>> OpenSources(const std::vector<std::string>& arguments,
                                            const SourceOptions& options);

}  // namespace pixlake::ingest
