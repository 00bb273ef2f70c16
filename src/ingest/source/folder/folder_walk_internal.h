// A folder tree entry by entry, depth first, each folder's names sorted by their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "ingest/source/item_stream_internal.h"

namespace pixlake::ingest {

// Only the folders on the way to the current entry are in memory, with their names. Names
// are looked up relative to descriptors of their folders, so neither the length of a path
// nor a folder that is renamed meanwhile matters. At most 64 descriptors are open; deeper
// folders' are closed and opened again through "..".
class FolderWalk {
 public:
  enum class Event {
    kEntry,    // name() in folder(): anything but a folder, of type()
    kProblem,  // path() cannot be looked into: problem()
    kEnd,
  };

  // `run` outlives the walk. Hidden entries, links (unless followed) and excluded folders
  // are counted as skipped and not shown.
  FolderWalk(std::string root, SourceRun* run);
  ~FolderWalk();
  FolderWalk(const FolderWalk&) = delete;
  FolderWalk& operator=(const FolderWalk&) = delete;

  // The next event. kCancelled on SIGINT.
  Result<Event> Next();

  // Of the current entry. type() is dirent's, DT_UNKNOWN where the file system tells none.
  std::string_view name() const { return name_; }
  unsigned char type() const { return type_; }
  int folder_fd() const { return folders_.back().fd; }
  // The folder's absolute path with a trailing slash, and its uri.
  const std::string& folder() const { return path_; }
  const std::string& folder_uri() const { return uri_; }
  // From the root, "a/b.jpg".
  std::string Relative() const { return Relative(name_); }
  std::string Relative(std::string_view sibling) const;
  std::string Path() const { return path_ + std::string(name_); }

  // Goes into the current entry, which turned out to be a folder: the next event is its
  // first. `through_link`: it was reached by a symbolic link.
  Status Enter(bool through_link);

  // Whether the current folder has an entry `name` (hidden or not).
  bool HasSibling(std::string_view name) const;

  // Of kProblem.
  const Status& problem() const { return problem_; }
  const std::string& problem_uri() const { return problem_uri_; }

 private:
  struct Name {
    uint64_t key;  // the 8 bytes after what all names begin with, big-endian
    size_t at;     // in `names`
    unsigned char type;
  };
  struct Folder {
    int fd = -1;
    dev_t device = 0;
    ino_t inode = 0;
    bool through_link = false;
    std::string names;  // each ends in NUL
    std::vector<Name> sorted;
    size_t next = 0;
    size_t path_bytes = 0;  // of path_ before this folder's own name
    size_t uri_bytes = 0;
  };

  Result<Event> Problem(Status problem);
  // Opens `name` below `parent` and reads its names; problem_ is set when it cannot be.
  Status Open(int parent, const std::string& name, bool through_link);
  Status ReadNames(Folder* folder);
  static void Sort(Folder* folder);
  bool IsAncestor(dev_t device, ino_t inode) const;
  void Leave();
  int ReopenParent(const Folder& child);
  int ReopenFromRoot(size_t depth);

  SourceRun* const run_;
  std::vector<Folder> folders_;
  std::string root_;
  size_t root_bytes_ = 0;
  std::string path_, uri_;
  std::string_view name_;
  unsigned char type_ = 0;
  Status problem_;
  std::string problem_uri_;
  bool started_ = false;
  bool problem_pending_ = false;
  int64_t steps_ = 0;
};

}  // namespace pixlake::ingest
