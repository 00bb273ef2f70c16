// What could not be taken: listed, looked at, judged again (B3).
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "engine/engine.h"
#include "ingest/lake/lake_ingest.h"

namespace pixlake::engine {

// Which rows of raw.quarantine; empty: all.
struct QuarantineFilter {
  std::string verdict;  // a verdict's name
  std::string where;    // SQL over the table's columns
};

// The SELECT that lists them, newest first, without their bytes. A content that is in
// raw.images by now is not listed. kUsage for a verdict there is not.
Result<std::string> QuarantineListing(const QuarantineFilter& filter, int64_t limit);

struct ReplayReport {
  int64_t replayed = 0;  // places judged again
  int64_t released = 0;  // contents that are sound now: rows of raw.images
  int64_t left = 0;      // contents that stay
  int64_t missing = 0;   // without bytes and without a file to read them from
};

// Judges the quarantined contents again, by the bytes that were kept, with `options`
// (--check, --max-pixels …): what is sound now goes to raw.images and leaves
// raw.quarantine. May be interrupted and run again.
Result<ReplayReport> ReplayQuarantine(const Engine& engine, const QuarantineFilter& filter,
                                      const ingest::LakeIngestOptions& options);

}  // namespace pixlake::engine
