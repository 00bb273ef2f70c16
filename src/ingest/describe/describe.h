// Images of a list or of a lake to what each says of itself (`pixlake metadata`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/memory/memory_plan.h"
#include "base/result.h"
#include "catalog/lake.h"
#include "file/list/url_list.h"
#include "io/http/fetcher.h"
#include "io/local_store.h"
#include "kernel/judge_options.h"
#include "kernel/registry.h"
#include "sandbox/examiner.h"
#include "sink/registry.h"
#include "table/table.h"

namespace pixlake::ingest {

struct DescribeOptions {
  std::string column = "url";
  char delimiter = 0;  // 0: found out
  file::Quoting quoting = file::Quoting::kByDelimiter;
  bool with_id = false;                             // read local files whole and give their SHA-256
  const kernel::KernelRegistry* kernels = nullptr;  // whose `judge` judges and describes
  const sink::SinkRegistry* sinks = nullptr;        // null: those that come with pixlake
  sandbox::ExamineOptions examine;                  // how it does
  MemoryPlan memory = MemoryPlan::For(Work::kDescribe, int64_t{1} << 30);
  int threads = 1;
  io::LocalOptions local;
  io::FetchOptions fetch;  // of what is not local; its memory is a share of `memory`
  std::function<void(int64_t images, int64_t bytes)> on_images;  // progress; may be empty
  // Whose table `raw.metadata` may be named as the sink of successes; null: none.
  const catalog::Lake* lake = nullptr;
  table::TableFormat* format = nullptr;  // with `lake`
  // What of raw.images may be read is its to say; may be empty: all.
  std::function<Result<std::shared_ptr<const table::RowGate>>(const table::Table&)> gate;
};

struct DescribeReport {
  int64_t listed = 0;                    // urls in the list, blank ones not counted
  int64_t succeeded = 0;                 // this run
  int64_t failed = 0;                    // this run
  int64_t done_before = 0;               // had a row in the success sink
  int64_t repeated = 0;                  // stood in the list before
  int64_t blank = 0;                     // rows without a url
  int64_t bytes = 0;                     // of the images that succeeded, as large as they are
  std::map<std::string, int64_t> codes;  // failures by code
};

// Reads `list` (a path or URI of a CSV or TSV file), describes every image that the sink
// `success` has no row of yet, and writes one row for each to `success` or `failure`
// (sink/sink.h has their URIs, docs/url-lists.md the rows). Paths in the list are
// relative to the working folder.
//
// An error is one of the list or of a sink; what is wrong with one image is a failure
// row. Interrupted or failed, what is in whole parts stays, and a second call does the rest;
// failures are tried again, and their earlier rows replaced once a run has ended well.
Result<DescribeReport> DescribeList(const std::string& list, const std::string& success,
                                    const std::string& failure, const DescribeOptions& options);

// The same for every image of raw.images of `options.lake`; its url is where it was met first.
Result<DescribeReport> DescribeLakeImages(const std::string& success, const std::string& failure,
                                          const DescribeOptions& options);

}  // namespace pixlake::ingest
