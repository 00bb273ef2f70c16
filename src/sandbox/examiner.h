// Examining images, in this process or in the sandbox, within a share of the memory.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "base/result.h"
#include "image/examine/examine.h"
#include "sandbox/decoder_pool.h"

namespace pixlake::sandbox {

// Which images are looked at in the sandbox.
enum class Sandbox {
  kFetched,  // those that came over a network, when pixels are decoded: others' code runs only then
  kAlways,
  kNever,
};

// What is asked of an image.
struct ExamineOptions {
  image::CheckLevel check = image::CheckLevel::kHeader;
  bool describe = false;
  Sandbox sandbox = Sandbox::kFetched;
  int64_t max_pixels = int64_t{1} << 29;
  int64_t max_millis = 60'000;  // of one image
};

struct ExaminerOptions {
  int64_t memory_bytes = int64_t{256} << 20;  // for decoding, all threads together
  int threads = 1;                            // that ask at once
};

// Where an image's bytes come from.
struct Origin {
  std::string filename;  // for what the name claims; may be empty
  bool fetched = false;  // over a network
  // The end of the bytes was not had and is not what the file has.
  bool end_not_read = false;
  // The open file whose bytes they are, from its beginning to its end; -1: none. The sandbox
  // maps it instead of being sent a copy.
  int descriptor = -1;
};

// Thread-safe.
class Examiner {
 public:
  explicit Examiner(ExaminerOptions options);

  // As image::Examine, of what `options` ask. An error is only that the sandbox does not work.
  // Each thread decodes within its part of the memory; an image that needs more is tried
  // again with all of it, one at a time.
  Result<image::Answer> Examine(std::span<const uint8_t> bytes, const ExamineOptions& options,
                                const Origin& origin);

 private:
  Result<image::Answer> Ask(std::span<const uint8_t> bytes, const image::Question& question, int descriptor,
                            bool sandboxed);

  const ExaminerOptions options_;
  DecoderPool pool_;  // starts nothing before it is asked
  std::mutex whole_memory_;
};

}  // namespace pixlake::sandbox
