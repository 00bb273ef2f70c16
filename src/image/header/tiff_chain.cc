// TIFF 6.0, section 2: the chain of directories, one a page.
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "image/header/tiff_directory_internal.h"

namespace pixlake::image {
namespace {

// Directories of a file. Each costs a jump; libtiff stops at as many.
constexpr size_t kMostDirectories = 65535;

// Whether the first entries at a directory's place are entries, as in one that was cut
// off, and not whatever stands there.
bool LooksLikeDirectory(const TiffBytes& tiff, uint64_t offset) {
  uint64_t last = 0, looked_at = 0;
  for (uint64_t at = offset + tiff.count_bytes(); looked_at < 4 && tiff.Has(at, tiff.entry_bytes());
       at += tiff.entry_bytes(), ++looked_at) {
    const uint64_t tag = tiff.Number(at, 2), type = tiff.Number(at + 2, 2);
    if (tag <= last || type == 0 || type > 18) return false;
    last = tag;
  }
  return looked_at > 0;
}

// What to make of a directory, not the first, that cannot be read.
void BreakOff(const TiffBytes& tiff, uint64_t offset, Judgement found, bool pages_said,
              DirectoryChain* chain) {
  const bool cut = found.verdict == Verdict::kTruncated;
  const bool past_the_end = !tiff.Has(offset, tiff.count_bytes() + tiff.entry_bytes());
  if (cut && (past_the_end ? pages_said : LooksLikeDirectory(tiff, offset))) {
    chain->pages_missing = std::move(found);
    return;
  }
  AddIrregularity(offset,
                  fmt::format("TIFF: the offset of another directory is {}, where there is none", offset),
                  &chain->irregular);
}

}  // namespace

DirectoryChain FollowChain(const TiffBytes& tiff, uint64_t first, const DirectoryExtent& extent,
                           const TiffDirectory& directory) {
  DirectoryChain chain;
  chain.offsets.push_back(first);
  std::unordered_set<uint64_t> met{first};
  DirectoryExtent last = extent;
  while (last.next != 0) {
    const uint64_t next = last.next;
    if (!met.insert(next).second) {
      AddIrregularity(next, "TIFF: the chain of directories is a loop", &chain.irregular);
      return chain;
    }
    if (chain.offsets.size() == kMostDirectories) {
      chain.pages_missing = CorruptAt(next, "TIFF: more than 65,535 directories");
      return chain;
    }
    last = {};
    if (auto judgement = ReadExtent(tiff, next, &last)) {
      const bool pages_said = chain.offsets.size() > 1 || directory.pages > chain.offsets.size();
      BreakOff(tiff, next, *std::move(judgement), pages_said, &chain);
      return chain;
    }
    chain.offsets.push_back(next);
  }
  if (last.next_is_missing) {
    AddIrregularity(tiff.raw().size(), "TIFF: the file ends before the offset of the next directory",
                    &chain.irregular);
  }
  return chain;
}

std::vector<uint64_t> TiffDirectories(const TiffBytes& tiff) {
  const uint64_t first = tiff.Number(tiff.big_tiff() ? 8 : 4, tiff.offset_bytes());
  DirectoryExtent extent;
  if (ReadExtent(tiff, first, &extent)) return {};
  return FollowChain(tiff, first, extent, {}).offsets;
}

bool HoldsImage(const TiffBytes& tiff, uint64_t offset) {
  DirectoryExtent extent;
  TiffDirectory directory;
  return !ReadExtent(tiff, offset, &extent) && !ReadEntries(tiff, extent, &directory) &&
         directory.has_image();
}

}  // namespace pixlake::image
