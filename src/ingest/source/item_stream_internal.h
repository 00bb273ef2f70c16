// What the parts of a source share: items one at a time, and the state of the whole run.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/source/archive/byte_stream_internal.h"
#include "ingest/source/folder/path_filter_internal.h"
#include "ingest/source/source.h"

namespace pixlake::ingest {

// The state that all streams of one Source share. Of one thread.
struct SourceRun {
  explicit SourceRun(SourceOptions chosen) : options(std::move(chosen)), filter(options) {}

  const SourceOptions options;
  const PathFilter filter;
  // Absolute paths that are sources of their own, where a walk would meet them again.
  std::set<std::string> separately;
  // IDX images files whose pair was opened: either file may name it.
  std::set<std::string> idx_pairs;
  int64_t listed = 0;   // files met, containers included
  int64_t skipped = 0;  // left out by an option the user gave
  // What a person should know and is no problem of one place (Source::notes).
  void Note(std::string text) {
    if (++noted <= kMostNotes) notes.push_back(std::move(text));
  }
  // Of a file that is called packed and was not known.
  void NotePacked(const SourceItem& item) {
    if (!IsCalledPacked(item.filename)) return;
    if (options.known_whole && options.known_whole(item.uri, item.etag)) return;
    Note(item.uri + " is packed and was kept as it is, not looked into");
  }
  static constexpr int64_t kMostNotes = 20;
  std::vector<std::string> notes;
  int64_t noted = 0;
};

// Items one after the other.
class ItemStream {
 public:
  virtual ~ItemStream() = default;
  // Fills a default-made `item`; false at the end, `item` is then untouched. What is wrong
  // with one place is an item with a problem; an error ends everything.
  virtual Result<bool> Next(SourceItem* item) = 0;
  // False once something could not be looked into, so that what it did not give may
  // still be there.
  virtual bool complete() const { return true; }
};

// Of what was given before, by this source or an earlier run.
class NoItems : public ItemStream {
 public:
  Result<bool> Next(SourceItem* /*item*/) override { return false; }
};

}  // namespace pixlake::ingest
