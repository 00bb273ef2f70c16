// Contents that are too large for the values of a data file.
#pragma once

#include <string>

#include "ingest/lake/content_internal.h"
#include "io/store.h"

namespace pixlake::ingest {

// What is kept by reference lies beside the table, in `folder` under its id. On a local disk the content's
// spilled file becomes it.
Status KeepBeside(io::Store* store, const std::string& folder, Content* content);

}  // namespace pixlake::ingest
