// ISO/IEC 14496-12 (boxes) and 23008-12 (HEIF): the items of a still image, as its `meta`
// box describes them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "image/header/header_internal.h"

namespace pixlake::image {

// A box: what is inside of it stands from `data` to `end` (8.1.1, "Object structure").
struct HeifBox {
  uint32_t kind = 0;
  uint64_t begin = 0, data = 0, end = 0;
};

constexpr uint32_t BoxKind(const char (&name)[5]) {
  return uint32_t{static_cast<uint8_t>(name[0])} << 24 | uint32_t{static_cast<uint8_t>(name[1])} << 16 |
         uint32_t{static_cast<uint8_t>(name[2])} << 8 | static_cast<uint8_t>(name[3]);
}

// The box at `position`, whose end is cut to `limit`; `whole` says whether it had to be.
// nullopt when there is none.
std::optional<HeifBox> ReadBox(const HostileBytes& bytes, uint64_t position, uint64_t limit, bool* whole);

struct HeifExtent {
  uint64_t offset = 0;  // in the file
  uint64_t size = 0;    // 0: to the end of the file
};

struct HeifItem {
  uint32_t kind = 0;         // "hvc1", "av01", "grid", "Exif", "mime" …
  std::string content_type;  // of "mime"
  std::vector<HeifExtent> extents;
  std::vector<uint32_t> properties;  // indices into HeifFile::properties, from 1
};

struct HeifReference {
  uint32_t kind = 0;  // "auxl", "cdsc", "dimg", "thmb"
  uint32_t from = 0;
  std::vector<uint32_t> to;
};

struct HeifFile {
  uint32_t brand = 0;
  std::optional<uint32_t> primary;
  std::map<uint32_t, HeifItem> items;
  std::vector<HeifBox> properties;
  std::vector<HeifReference> references;
  uint64_t meta_end = 0;
  bool has_movie = false;  // an image sequence
  bool minimized = false;  // described by a MinimizedImageBox alone
  bool cut = false;        // the file ends within a box that is needed
  int64_t damage = -1;     // where a box contradicts itself; -1: nowhere

  const HeifItem* Primary() const;
  const HeifItem* Item(uint32_t id) const;  // nullptr: none
  // An item and all that its pixels are derived from (23008-12, 6.6: "dimg" of grids, overlays and
  // identities, and of those in turn), each once, nearest first.
  std::vector<uint32_t> Sources(uint32_t id) const;
  // What each item refers to by references of one kind.
  std::unordered_map<uint32_t, std::vector<uint32_t>> References(uint32_t kind) const;
  // The first property of a kind that an item has; nullptr: none.
  const HeifBox* Property(const HeifItem& item, uint32_t kind) const;
};

// Never fails: what could not be read is left out and `cut` or `damage` says so. Bounded
// by 65,536 boxes and as many items, extents and references.
HeifFile ReadHeifFile(const HostileBytes& bytes);

}  // namespace pixlake::image
