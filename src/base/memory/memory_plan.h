// One budget, shared out.
#pragma once

#include <cstdint>

namespace pixlake {

// What a session does with its memory: which shares are large.
enum class Work {
  kIngest,    // into a lake
  kDescribe,  // a list of images
  kSql,       // statements, those that change rows among them
  kRewrite,   // optimize, zorder, MNIST: rows through writers
  kLookUp,    // single images out of tables: cat, show, export
  kReplay,    // quarantine again: a query feeds an ingest
  kKernel,    // a kernel over a table's rows
};

// Shares of a session's memory, in bytes. Whatever the work and the budget, they add up to the
// budget and none is negative: who is given one keeps within it, and nothing lies beside the plan
// but the program itself.
struct MemoryPlan {
  int64_t decoders = 0;   // of images, all threads together
  int64_t content = 0;    // bytes of images and rows on their way
  int64_t fetch = 0;      // bodies that come over the network
  int64_t index = 0;      // ids and places that are known
  int64_t duckdb = 0;     // what DuckDB may count
  int64_t writers = 0;    // row groups that fill or wait for the disk
  int64_t footers = 0;    // parsed Parquet footers, a cache of the process
  int64_t snapshots = 0;  // replayed logs, a cache of the table format
  int64_t ranges = 0;     // small ranged reads of remote files, a cache of the process

  static MemoryPlan For(Work work, int64_t budget);

  int64_t caches() const { return footers + snapshots + ranges; }
  int64_t sum() const { return decoders + content + fetch + index + duckdb + writers + caches(); }
};

}  // namespace pixlake
