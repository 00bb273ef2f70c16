// Tar and zip files in memory: no bytes may crash the reader, make it give more than it
// may, or leave an item without bytes or a reason.
#include <cstdlib>

#include <arrow/buffer.h>

#include "ingest/source/archive/archive_source_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pixlake;
  using namespace pixlake::ingest;
  SourceOptions options;
  options.max_buffered_bytes = 1 << 20;
  options.max_member_bytes = 1 << 20;
  options.label_from_folder = true;
  SourceRun run(options);
  ArchivePlace place;
  place.uri = "file:///fuzz";
  place.status.st_size = static_cast<off_t>(size);
  auto stream = OpenArchive(std::move(place), MemoryBytes({data, size}), &run);
  if (!stream.ok() || *stream == nullptr) return 0;
  while (true) {
    SourceItem item;
    const auto more = (*stream)->Next(&item);
    if (!more.ok()) std::abort();
    if (!*more) return 0;
    if (!item.problem.ok() || item.kind == SourceItem::Kind::kContainer) continue;
    if (item.bytes == nullptr || item.bytes->size() != item.size || item.size > options.max_member_bytes)
      std::abort();
  }
}
