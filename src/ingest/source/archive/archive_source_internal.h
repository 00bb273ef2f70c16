// The members of an archive as items.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "ingest/source/archive/byte_stream_internal.h"
#include "ingest/source/item_stream_internal.h"

namespace pixlake::ingest {

// The file an archive is in.
struct ArchivePlace {
  std::string uri;
  std::string filename;
  // From the source, when a walk met it, so that patterns see "<archive>/<member>"; empty
  // for an archive that was named itself: they see the member's path.
  std::string relative;
  struct stat status {};
  int fd = -1;  // becomes the stream's, whatever comes of it; -1 for bytes in memory
};

// Null when the bytes are no archive. Patterns that fit the archive's own path take all its
// members. `run` outlives the stream.
Result<std::unique_ptr<ItemStream>> OpenArchive(ArchivePlace place, SourceRun* run);

// The same for an archive that a walk met: null, too, when its first members are no
// images (source.h); it is a file like any other then.
Result<std::unique_ptr<ItemStream>> OpenFoundArchive(ArchivePlace place, SourceRun* run);

// OpenArchive over bytes in memory, for tests and fuzzing.
Result<std::unique_ptr<ItemStream>> OpenArchive(ArchivePlace place, std::unique_ptr<ByteStream> bytes,
                                                SourceRun* run);

}  // namespace pixlake::ingest
