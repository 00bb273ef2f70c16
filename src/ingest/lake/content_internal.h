// Contents on their way from a source into the lake: read, hashed, judged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "base/result.h"
#include "image/facts.h"
#include "image/hash/sha256_batch.h"
#include "image/verdict.h"
#include "ingest/source/source.h"
#include "kernel/kernel.h"

namespace pixlake::ingest {

// Where a content goes.
enum class Destination { kImages, kBinary, kQuarantine, kNowhere };

// One item of a source, with what was found out about it.
struct Content {
  SourceItem item;
  std::span<const uint8_t> bytes;        // borrowed from the batch's arena or from `owner`
  std::shared_ptr<arrow::Buffer> owner;  // of a large content's bytes, mapped from `spilled`
  std::string spilled;                   // our own copy of a large content; whoever stores it removes it
  bool apart = false;                    // it changed since it was listed: read it like a large one
  std::string id;                        // SHA-256 in hex; empty: the bytes could not be had
  image::Sha256Digest digest{};          // the same as bytes
  Destination destination = Destination::kNowhere;
  image::Judgement judgement;
  std::optional<image::ImageHeader> header;
  image::Description description;  // where the examiner was asked for one
  std::string mime_type;
  bool failed_again = false;  // nor could its place be had before
  int attempts = 1;           // in how many runs its place was tried since it was last taken, with this one
};

// Contents that travel together. Small ones lie in `arena` one after another, in order.
struct ContentBatch {
  int64_t sequence = 0;
  int64_t held_bytes = 0;                // of the memory budget
  std::shared_ptr<arrow::Buffer> arena;  // may be one that an earlier batch used
  std::vector<Content> contents;
};

struct ContentOptions {
  const kernel::Kernel* judge = nullptr;           // or what is in its place
  kernel::Context context;                         // that it runs in
  int64_t max_buffered_bytes = int64_t{16} << 20;  // larger ones are copied to `spill_folder` and mapped
  std::string spill_folder;
};

// Reads what is to be read, hashes and judges every content of the batch. A file that
// vanished, may not be read, or kept changing while it was read becomes a content with
// the verdict `unreadable`; an error means the work cannot go on (no memory, no space).
Status ReadAndJudge(const ContentOptions& options, ContentBatch* batch);

}  // namespace pixlake::ingest
