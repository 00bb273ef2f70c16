// The files of a folder tree, and single files.
#pragma once

#include <memory>
#include <string>

#include "ingest/source/item_stream_internal.h"

namespace pixlake::ingest {

// `root` absolute; `run` outlives the stream.
std::unique_ptr<ItemStream> WalkFolder(std::string root, SourceRun* run);

// One file, as it was named. `by_name`: an archive only when it is called like one.
std::unique_ptr<ItemStream> SingleFile(std::string path, bool by_name, SourceRun* run);

}  // namespace pixlake::ingest
