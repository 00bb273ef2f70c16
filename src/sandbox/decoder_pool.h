// As many decoders as there are threads that ask.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "sandbox/decoder_process.h"

namespace pixlake::sandbox {

// Thread-safe. A helper is started when all others are busy, and kept.
class DecoderPool {
 public:
  explicit DecoderPool(DecoderOptions options) : options_(std::move(options)) {}

  // As DecoderProcess::Ask.
  Result<image::Answer> Ask(std::span<const uint8_t> bytes, const image::Question& question);
  // As DecoderProcess::AskFile.
  Result<image::Answer> AskFile(int fd, uint64_t size, const image::Question& question);

  // How many helpers died or were ended, and so how many images were charged for it.
  int64_t restarts() const;

 private:
  std::unique_ptr<DecoderProcess> Take();
  void GiveBack(std::unique_ptr<DecoderProcess> process);

  const DecoderOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<DecoderProcess>> idle_;
};

}  // namespace pixlake::sandbox
