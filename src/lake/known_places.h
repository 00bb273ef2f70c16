// Which places a lake has met before, and as what: decides what is news.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/store.h"
#include "table/table.h"

namespace pixlake::lake {

using Label = std::optional<std::string>;

// A place as the lake knows it. Small on purpose: a million are 60 MB.
struct KnownPlace {
  uint64_t key[2] = {0, 0};  // XXH3-128 of the uri
  uint64_t etag_hash = 0;
  uint32_t id_hash = 0;     // of the content id; 0: no content
  uint32_t label_hash = 0;  // 0: no label
  uint64_t first_seen_us : 54 = 0;
  uint64_t attempts : 10 = 0;  // runs since it was last taken; kMostAttempts: as many or more
  uint64_t last_seen_us : 60 = 0;
  uint64_t quarantined : 1 = 0;  // what is there could not be taken
  uint64_t gone : 1 = 0;
  uint64_t met : 1 = 0;       // in this run
  uint64_t unopened : 1 = 0;  // met in this run as a container that is known, members and all
};

inline constexpr int kMostAttempts = 1023;

// What is noted of a place.
struct PlaceState {
  std::string_view etag;
  std::string_view id;  // empty: no content
  Label label;
  bool quarantined = false;
  int attempts = 0;
};

// The newest row of every uri of `raw.sources`. Open addressing over one array, kept
// within a number of bytes. Thread-safe.
class KnownPlaces {
 public:
  // Loads every place. kOverBudget when they need more than `max_bytes`, saying how much.
  static Result<std::unique_ptr<KnownPlaces>> Load(const std::shared_ptr<io::Store>& store,
                                                   const table::Snapshot& sources, int64_t max_bytes);

  // nullopt: never met.
  std::optional<KnownPlace> Find(std::string_view uri) const;

  // Notes that the place was met in this run. True when it has this etag and the content
  // cannot have changed since without changing it: a file modified in the second it was
  // taken, or after, is in doubt. A label it did not have is news, no label is none.
  bool Meet(std::string_view uri, std::string_view etag, int64_t mtime_ns, const Label& label);

  // The same for an archive or IDX pair that was read to its end: false when the place was
  // taken as a file, even with this etag. Notes nothing then.
  bool MeetContainer(std::string_view uri, std::string_view etag);

  // True when the place is known as a file with this etag. Notes nothing.
  bool IsFileAs(std::string_view uri, std::string_view etag) const;

  // True when what is at this remote place need not be fetched: it has this etag, and the label
  // is none or the known one. `once`: the etag tells nothing, so what was quarantined may have
  // been mended.
  bool IsTaken(std::string_view uri, std::string_view etag, const Label& label, bool once) const;

  // True when the place is known and what is there could not be taken.
  bool IsQuarantined(std::string_view uri) const;

  // True when the place was recorded with exactly this etag, content and label (or is
  // given none) and is not gone.
  bool IsAs(std::string_view uri, std::string_view etag, std::string_view id, const Label& label) const;

  // Adds the place or brings it up to date, met in this run; gives when its content was
  // first seen there, in microseconds.
  Result<int64_t> Record(std::string_view uri, const PlaceState& state, int64_t now_us);

  // The latest `last_seen` of all: what is recorded now must be later to be in force,
  // whatever the clock says.
  int64_t newest_us() const { return newest_us_; }

  // Calls `each` with every uri under `root` that was not gone before and that this run
  // has not met, once. Members of an archive that was known are met with it.
  Status ForEachNotMet(const std::shared_ptr<io::Store>& store, const table::Snapshot& sources,
                       const std::string& root, const std::function<Status(std::string_view uri)>& each);

 private:
  explicit KnownPlaces(int64_t max_bytes) : max_bytes_(max_bytes) {}
  Status Reserve(size_t places);
  bool Fits(size_t slots) const;
  KnownPlace* Slot(uint64_t high, uint64_t low);
  const KnownPlace* Look(std::string_view uri) const;

  const int64_t max_bytes_;
  mutable std::mutex mutex_;
  size_t used_ = 0;
  int64_t newest_us_ = 0;
  std::vector<KnownPlace> slots_;  // key 0,0 is free; some always are
};

// What stands for a content id in KnownPlace::id_hash.
uint32_t IdHash(std::string_view id);

}  // namespace pixlake::lake
