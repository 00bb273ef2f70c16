#include <algorithm>

#include "image/decode/gif_lzw_internal.h"

namespace pixlake::image {

GifLzw::GifLzw(const HostileBytes& bytes, uint64_t position, int min_code_size)
    : bytes_(bytes),
      position_(position),
      block_end_(position),
      min_code_size_(min_code_size),
      clear_(1 << min_code_size) {
  for (int i = 0; i < clear_; ++i) {
    const auto at = static_cast<size_t>(i);
    suffix_[at] = first_[at] = static_cast<uint8_t>(i);
    length_[at] = 1;
  }
  Clear();
}

void GifLzw::Clear() {
  width_ = min_code_size_ + 1;
  next_ = clear_ + 2;
  previous_ = -1;
}

bool GifLzw::NextByte(uint8_t* byte) {
  while (position_ == block_end_) {
    if (ended_ || !bytes_.Has(position_, 1) || bytes_.Byte(position_) == 0) {
      ended_ = true;
      return false;
    }
    block_end_ = position_ + 1 + bytes_.Byte(position_);
    ++position_;
  }
  if (!bytes_.Has(position_, 1)) {
    ended_ = true;
    return false;
  }
  *byte = bytes_.Byte(position_++);
  return true;
}

int GifLzw::NextCode() {
  while (bit_count_ < width_) {
    uint8_t byte = 0;
    if (!NextByte(&byte)) return -1;
    bits_ |= uint32_t{byte} << bit_count_;
    bit_count_ += 8;
  }
  const int code = static_cast<int>(bits_ & ((1u << width_) - 1));
  bits_ >>= width_;
  bit_count_ -= width_;
  return code;
}

void GifLzw::Emit(int code, std::vector<uint8_t>* out) {
  const size_t begin = out->size();
  auto at = static_cast<size_t>(code);
  out->resize(begin + length_[at]);
  for (size_t i = length_[at]; i-- > 0;) {
    (*out)[begin + i] = suffix_[at];
    at = prefix_[at];
  }
}

LzwEnd GifLzw::Decode(uint64_t pixels, std::vector<uint8_t>* out) {
  const uint64_t wanted = out->size() + pixels;
  const size_t kept = std::min<size_t>(spare_.size() - spare_begin_, pixels);
  out->insert(out->end(), spare_.begin() + static_cast<ptrdiff_t>(spare_begin_),
              spare_.begin() + static_cast<ptrdiff_t>(spare_begin_ + kept));
  spare_begin_ += kept;
  while (out->size() < wanted) {
    const int code = NextCode();
    if (code < 0 || code == clear_ + 1) return LzwEnd::kShort;
    if (code == clear_) {
      Clear();
      continue;
    }
    const bool known = code < clear_ || (code > clear_ + 1 && code < next_);
    if (!known && (previous_ < 0 || code != next_ || next_ >= kMostCodes)) return LzwEnd::kBadCode;
    // A full table stays as it is until it is cleared (Appendix F, "deferred clear").
    if (previous_ >= 0 && next_ < kMostCodes) {
      const auto made = static_cast<size_t>(next_);
      const auto from = static_cast<size_t>(previous_);
      prefix_[made] = static_cast<uint16_t>(previous_);
      suffix_[made] = first_[static_cast<size_t>(known ? code : previous_)];
      first_[made] = first_[from];
      length_[made] = static_cast<uint16_t>(length_[from] + 1);
      ++next_;
      if (next_ == 1 << width_ && width_ < 12) ++width_;
    }
    Emit(code, out);
    previous_ = code;
  }
  if (out->size() > wanted) {
    spare_.assign(out->begin() + static_cast<ptrdiff_t>(wanted), out->end());
    spare_begin_ = 0;
    out->resize(wanted);
  }
  return LzwEnd::kWhole;
}

}  // namespace pixlake::image
