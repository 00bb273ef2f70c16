// What could not be taken: listed, looked at, judged again (B3).
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "engine/session.h"
#include "ingest/lake/lake_ingest.h"

namespace pixlake::engine {

// Which rows of raw.quarantine; empty: all.
struct QuarantineFilter {
  std::string verdict;  // a verdict's name
  std::string where;    // SQL over the table's columns
};

// The SELECT that lists them, newest first, without their bytes. What has been taken since, and
// reasons that a newer one replaced, are not listed. kUsage for a verdict there is not.
// `brief`: what a line of a terminal has room for, ids by their beginnings.
Result<std::string> QuarantineListing(const Session& session, const QuarantineFilter& filter, int64_t limit,
                                      bool brief = false);

// Deletes the rows of raw.quarantine that QuarantineListing does not list. Interrupted, run again.
Status SettleQuarantine(const Session& session);

struct ReplayReport {
  int64_t replayed = 0;      // places judged again
  int64_t released = 0;      // of them: taken now
  int64_t left = 0;          // rows that stay
  int64_t failed_again = 0;  // places without bytes that could not be had now either
  int64_t missing = 0;       // without bytes, and nothing to read or fetch them from
};

// Judges the quarantined contents again, by the bytes that were kept, with `options`
// (--check, --max-pixels …), reads and fetches those of which no bytes were kept: what is sound
// now goes to raw.images and leaves raw.quarantine. May be interrupted and run again.
Result<ReplayReport> ReplayQuarantine(const Session& session, const QuarantineFilter& filter,
                                      const ingest::LakeIngestOptions& options);

}  // namespace pixlake::engine
