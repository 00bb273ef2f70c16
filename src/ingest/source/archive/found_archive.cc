#include <utility>

#include <unistd.h>

#include "image/format.h"
#include "ingest/source/archive/archive_reader_internal.h"
#include "ingest/source/archive/archive_source_internal.h"
#include "ingest/source/file_item_internal.h"

namespace pixlake::ingest {
namespace {

constexpr int kMaxMembers = 1000;
constexpr int64_t kMaxUnpacked = int64_t{64} << 20;

// Damage ends the look: what was seen decides.
Result<bool> HoldsImages(const ArchivePlace& place, const PathFilter& filter) {
  const auto unless_cancelled = [](const Status& status) -> Result<bool> {
    if (CodeOf(status) == ErrorCode::kCancelled) return status;
    return false;
  };
  auto bytes = DetectArchive(FileBytes(place.fd, place.status.st_size));
  if (!bytes.ok()) return unless_cancelled(bytes.status());
  if (bytes->format == ArchiveFormat::kNone) return false;
  auto reader = ArchiveReader::Open(std::move(*bytes), kMaxUnpacked);
  if (!reader.ok()) return unless_cancelled(reader.status());
  for (int i = 0; i < kMaxMembers; ++i) {
    const auto member = (*reader)->Next();
    if (!member.ok()) return unless_cancelled(member.status());
    if (!member->has_value()) return false;
    if ((*member)->is_folder || !(*member)->not_a_file.empty()) continue;
    if (filter.TakesComponents((*member)->name) && image::NameClaimsImage((*member)->name)) return true;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<ItemStream>> OpenFoundArchive(ArchivePlace place, SourceRun* run) {
  const SourceOptions& options = run->options;
  const std::string etag = FileEtag(place.status);
  const bool opened_before = options.known && options.known(place.uri, etag + run->filter.fingerprint());
  // What `hidden` reveals may make another thing of it.
  const bool whole_before =
      !opened_before && !options.hidden && options.known_whole && options.known_whole(place.uri, etag);
  Result<bool> holds_images = false;
  if (!opened_before && !whole_before) holds_images = HoldsImages(place, run->filter);
  if (holds_images.ok() && *holds_images) return OpenArchive(std::move(place), run);
  ::close(place.fd);
  PL_RETURN_NOT_OK(holds_images.status());
  if (opened_before) return std::make_unique<NoItems>();
  return nullptr;
}

}  // namespace pixlake::ingest
