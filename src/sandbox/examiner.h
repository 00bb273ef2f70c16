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

struct ExaminerOptions {
  image::CheckLevel check = image::CheckLevel::kHeader;
  bool describe = false;
  bool sandbox = false;
  int64_t max_pixels = int64_t{1} << 29;
  int64_t max_millis = 60'000;                // of one image
  int64_t memory_bytes = int64_t{256} << 20;  // for decoding, all threads together
  int threads = 1;                            // that ask at once
};

// Thread-safe.
class Examiner {
 public:
  explicit Examiner(ExaminerOptions options);

  // As image::Examine. An error is only that the sandbox does not work.
  // Each thread decodes within its part of the memory; an image that needs more is tried
  // again with all of it, one at a time.
  Result<image::Answer> Examine(std::span<const uint8_t> bytes, const std::string& filename);

  bool decodes() const { return options_.check == image::CheckLevel::kFull; }
  bool sandboxed() const { return pool_ != nullptr; }

 private:
  Result<image::Answer> Ask(std::span<const uint8_t> bytes, const image::Question& question);

  const ExaminerOptions options_;
  std::unique_ptr<DecoderPool> pool_;
  std::mutex whole_memory_;
};

}  // namespace pixlake::sandbox
