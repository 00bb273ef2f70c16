// One decoder a format.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include <fmt/format.h>

#include "image/decode/decode.h"
#include "image/header/header_internal.h"

namespace pixlake::image {

// The moment at which decoding has taken too long.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit)
      : limit_(limit), at_(std::chrono::steady_clock::now() + limit) {}
  bool Passed() const { return limit_.count() > 0 && std::chrono::steady_clock::now() > at_; }
  Judgement Exceeded() const {
    return {Verdict::kBomb, -1,
            fmt::format("decoding takes longer than the {} ms it may (--max-seconds)", limit_.count())};
  }

 private:
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point at_;
};

// `bytes`, whose header is sound and within the budget.
struct DecodeTask {
  std::span<const uint8_t> bytes;
  ImageHeader header;
  DecodeBudget budget;
  const Deadline& deadline;
  RowSink* sink;  // null: only judged

  uint32_t width() const { return static_cast<uint32_t>(header.width); }
  uint32_t height() const { return static_cast<uint32_t>(header.height); }
};

inline Status TooMuchMemory(std::string_view format, uint64_t bytes, int64_t budget) {
  return Error(
      ErrorCode::kOverBudget,
      fmt::format("decoding {} takes {} bytes of memory, at most {} are given", format, bytes, budget));
}

Result<DecodeResult> DecodeJpeg(const DecodeTask& task);
Result<DecodeResult> DecodePng(const DecodeTask& task);
Result<DecodeResult> DecodeTiff(const DecodeTask& task);
Result<DecodeResult> DecodeGif(const DecodeTask& task);
Result<DecodeResult> DecodeBmp(const DecodeTask& task);
Result<DecodeResult> DecodeWebp(const DecodeTask& task);

}  // namespace pixlake::image
