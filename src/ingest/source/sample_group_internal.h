// WebDataset: what follows one another in a tar and shares a key is one sample.
// Source: the format description in webdataset's own documentation ("The WebDataset
// Format"): the key is the path up to the first dot of the base name.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/source/source.h"

namespace pixlake::ingest {

// Holds the members of one sample until all are known, then gives the images among them
// the sample's .cls as label and its .json as attributes (the .json may come last). Every
// member stays an item of its own.
class SampleGroup {
 public:
  // `max_bytes` of content are held; a sample with more goes on as it comes.
  explicit SampleGroup(int64_t max_bytes) : max_bytes_(max_bytes) {}
  ~SampleGroup();  // removes the files of spilled members that nobody took
  SampleGroup(const SampleGroup&) = delete;
  SampleGroup& operator=(const SampleGroup&) = delete;

  // Takes a member, `name` its path, and appends to `ready` what is complete by that.
  void Add(std::string_view name, SourceItem item, std::deque<SourceItem>* ready);
  // The same for what is held at the end.
  void Flush(std::deque<SourceItem>* ready);

 private:
  struct Held {
    std::string extension;  // in lower case, what follows the first dot
    bool is_image = false;
    SourceItem item;
  };
  void Annotate();

  const int64_t max_bytes_;
  std::string key_;
  bool given_up_ = false;  // the current sample is too large
  int64_t bytes_ = 0;
  std::vector<Held> held_;
};

}  // namespace pixlake::ingest
