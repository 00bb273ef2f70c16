// GIF89a, Appendix F: variable-length-code LZW.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/header/header_internal.h"

namespace pixlake::image {

enum class LzwEnd {
  kWhole,    // all pixels asked for came
  kShort,    // the code stream ended before
  kBadCode,  // a code that stands for nothing yet
};

// Decodes the sub-blocks that begin behind the byte with the minimum code size.
class GifLzw {
 public:
  GifLzw(const HostileBytes& bytes, uint64_t position, int min_code_size);

  // Appends the next `pixels` colour numbers to `out` as far as they come.
  LzwEnd Decode(uint64_t pixels, std::vector<uint8_t>* out);
  uint64_t position() const { return position_; }

 private:
  // The next code, -1 at the end of the sub-blocks.
  int NextCode();
  bool NextByte(uint8_t* byte);
  void Clear();
  // The pixels that a code stands for, in order.
  void Emit(int code, std::vector<uint8_t>* out);

  static constexpr int kMostCodes = 4096;

  const HostileBytes& bytes_;
  uint64_t position_;
  uint64_t block_end_;
  bool ended_ = false;
  uint32_t bits_ = 0;
  int bit_count_ = 0;

  const int min_code_size_;
  const int clear_;
  int width_ = 0;  // of a code, in bits
  int next_ = 0;   // the code that is made next
  int previous_ = -1;
  std::vector<uint8_t> spare_;  // what the last code gave beyond what was asked for
  size_t spare_begin_ = 0;
  std::array<uint16_t, kMostCodes> prefix_{};
  std::array<uint8_t, kMostCodes> suffix_{};
  std::array<uint8_t, kMostCodes> first_{};
  std::array<uint16_t, kMostCodes> length_{};
};

}  // namespace pixlake::image
