// CRoaring's bitmaps as deletion vectors hold them.
#pragma once

#include <cstdint>
#include <memory>

#include <roaring/roaring.h>

namespace pixlake::delta {

// PROTOCOL.md, "Deletion Vector Format": the magic number of the portable format.
constexpr uint32_t kPortableMagic = 1681511377;

struct RoaringDeleter {
  void operator()(roaring_bitmap_t* bitmap) const { roaring_bitmap_free(bitmap); }
};
using RoaringBitmap = std::unique_ptr<roaring_bitmap_t, RoaringDeleter>;

}  // namespace pixlake::delta
