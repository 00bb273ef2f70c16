// TIFF's directories: where a file says how its pixels are stored.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "image/header/header_internal.h"

namespace pixlake::image {

// The same layout with offsets of 32 and of 64 bits, in either byte order.
class TiffBytes {
 public:
  explicit TiffBytes(const HostileBytes& bytes)
      : bytes_(bytes), big_endian_(bytes.Byte(0) == 'M'), big_tiff_(Number(2, 2) == 43) {}

  const HostileBytes& raw() const { return bytes_; }
  bool big_tiff() const { return big_tiff_; }
  uint64_t offset_bytes() const { return big_tiff_ ? 8 : 4; }
  uint64_t count_bytes() const { return big_tiff_ ? 8 : 2; }  // of a directory's entries
  uint64_t entry_bytes() const { return big_tiff_ ? 20 : 12; }
  bool Has(uint64_t offset, uint64_t count) const { return bytes_.Has(offset, count); }

  // An unsigned number of 1, 2, 4 or 8 bytes; requires Has.
  uint64_t Number(uint64_t offset, uint64_t size) const {
    switch (size) {
      case 1:
        return bytes_.Byte(offset);
      case 2:
        return big_endian_ ? bytes_.Big16(offset) : bytes_.Little16(offset);
      case 4:
        return big_endian_ ? bytes_.Big32(offset) : bytes_.Little32(offset);
      default:
        return big_endian_ ? bytes_.Big64(offset) : bytes_.Little64(offset);
    }
  }

 private:
  const HostileBytes& bytes_;
  const bool big_endian_;
  const bool big_tiff_;
};

// A field's values, somewhere within the file.
struct TiffValues {
  uint64_t position = 0;
  uint64_t count = 0;
  uint64_t size = 0;  // bytes each; 0: not there

  uint64_t At(const TiffBytes& tiff, uint64_t index) const {
    return tiff.Number(position + index * size, size);
  }
};

// The fields of one directory that say where and how pixels are stored.
struct TiffDirectory {
  uint64_t width = 0, height = 0, compression = 1, planar = 1;
  uint64_t photometric = 0, rows_per_strip = 0, tile_width = 0, tile_height = 0, jpeg_length = 0;
  std::optional<uint64_t> jpeg_offset;
  std::optional<uint64_t> samples;
  TiffValues bits;     // one for each sample
  uint64_t pages = 0;  // that the file says it has (PageNumber); 0: it says nothing
  bool has_tile_size = false;
  bool unknown_type = false;  // some field has a type that there is not
  uint64_t seen = 0;          // a bit for each field: of a field that stands twice, the first counts
  TiffValues strip_offsets, strip_sizes, tile_offsets, tile_sizes;

  // The specification's two pairs of tags say one thing, where the pieces are, and writers
  // mix them up: it is the tile's size that says which they are, as libtiff has it.
  bool tiled() const { return has_tile_size; }
  bool mixed_up() const {
    return tiled() ? tile_offsets.size == 0 && strip_offsets.size != 0
                   : strip_offsets.size == 0 && tile_offsets.size != 0;
  }
  const TiffValues& offsets() const { return tiled() != mixed_up() ? tile_offsets : strip_offsets; }
  const TiffValues& sizes() const {
    const TiffValues& own = tiled() ? tile_sizes : strip_sizes;
    return own.size != 0 ? own : tiled() ? strip_sizes : tile_sizes;
  }
  // Whether there is an image at all: some directories only hold fields.
  bool has_image() const {
    return width != 0 && height != 0 &&
           (strip_offsets.size != 0 || tile_offsets.size != 0 || jpeg_offset.has_value());
  }
};

// Where a directory's entries begin and how many there are.
struct DirectoryExtent {
  uint64_t entries = 0;
  uint64_t count = 0;
  uint64_t next = 0;             // offset of the next directory
  bool next_is_missing = false;  // the file ends before it
};

// Reads the count and the next offset of the directory at `offset`.
std::optional<Judgement> ReadExtent(const TiffBytes& tiff, uint64_t offset, DirectoryExtent* extent);

// Reads all entries, also behind the first that is damaged, which is what it returns.
std::optional<Judgement> ReadEntries(const TiffBytes& tiff, const DirectoryExtent& extent,
                                     TiffDirectory* directory);

// The directories of a file, each once.
struct DirectoryChain {
  std::vector<uint64_t> offsets;        // the first's too
  std::vector<Irregularity> irregular;  // where the chain ends strangely and no page is known to miss
  std::optional<Judgement> pages_missing;
};

// Follows the chain behind the directory at `first` to its end. Where it breaks off, what was cut is
// told from an offset that is garbage: more than one directory, or PageNumber, says that there are pages.
DirectoryChain FollowChain(const TiffBytes& tiff, uint64_t first, const DirectoryExtent& extent,
                           const TiffDirectory& directory);

// The chain of a file whose header is sound.
std::vector<uint64_t> TiffDirectories(const TiffBytes& tiff);
// Whether the directory at `offset` holds an image.
bool HoldsImage(const TiffBytes& tiff, uint64_t offset);

}  // namespace pixlake::image
