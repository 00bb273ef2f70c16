// Any folder, file or archive into a lake (M1.2, M1.3 raw).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/memory/memory_plan.h"
#include "base/result.h"
#include "catalog/lake.h"
#include "ingest/source/source.h"
#include "kernel/judge_options.h"
#include "kernel/registry.h"
#include "sandbox/examiner.h"
#include "table/table.h"

namespace pixlake::ingest {

// What came of the contents of a batch, or of all of a run.
struct StageCounts {
  int64_t images = 0;                       // new rows
  int64_t binary = 0;                       // new rows
  int64_t quarantined = 0;                  // new rows
  int64_t described = 0;                    // new rows of raw.metadata
  int64_t duplicates = 0;                   // contents the lake had; a new place was noted
  int64_t unchanged = 0;                    // read again, for they were in doubt, and nothing new
  int64_t failed_again = 0;                 // places that could not be had before either
  int64_t resolved = 0;                     // places taken that an earlier run had quarantined
  int64_t places = 0;                       // rows of raw.sources
  int64_t gone = 0;                         // of them: places that are no longer there
  int64_t bytes = 0;                        // of the new contents
  std::map<std::string, int64_t> verdicts;  // of the quarantined

  void Add(const StageCounts& other);
};

struct LakeIngestOptions {
  SourceOptions source;                             // its spill folder, limit and `known` are ours to set
  const kernel::KernelRegistry* kernels = nullptr;  // whose `judge` judges
  // How it judges. `describe`: new images get a row of raw.metadata.
  sandbox::ExamineOptions examine;
  MemoryPlan memory = MemoryPlan::For(Work::kIngest, int64_t{1} << 30);
  int threads = 1;
  bool rehash = false;  // read everything again, whatever size and time say
  // A batch is committed when it has staged this much, holds this many contents, or has
  // been open this long: what an interrupted run loses at most.
  int64_t batch_bytes = int64_t{4} << 30;
  int64_t batch_items = 1 << 19;
  int64_t batch_millis = 120'000;
  int64_t max_value_bytes = int64_t{1} << 30;

  // For progress; called from several threads. May be empty.
  std::function<void(int64_t items, int64_t bytes)> on_items;
  std::function<void()> on_wait;  // another run has the lake
};

struct LakeIngestReport {
  int64_t items = 0;      // files and members met
  int64_t unchanged = 0;  // of them: as they were when last met
  StageCounts added;
  int64_t batches = 0;
  int64_t replayed_batches = 0;             // of an earlier run that was interrupted
  int64_t skipped = 0;                      // by options: hidden, filters, links
  std::map<std::string, int64_t> versions;  // of the tables, by name
  std::vector<std::string> notes;           // Source::notes
};

// Takes everything `arguments` name into the lake's raw tables. Runs of the same
// sources again add what is new. On an error what was committed stays and a run again
// finishes; what was staged is removed.
Result<LakeIngestReport> IngestIntoLake(const catalog::Lake& lake, table::TableFormat* format,
                                        const std::vector<std::string>& arguments,
                                        const LakeIngestOptions& options);

// The same from a source of any kind, every item of which is judged whether its place is
// known or not. The source's own folder for large members must be within the lake.
Result<LakeIngestReport> IngestFrom(const catalog::Lake& lake, table::TableFormat* format,
                                    std::unique_ptr<Source> source, const LakeIngestOptions& options);

}  // namespace pixlake::ingest
