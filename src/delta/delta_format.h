// Delta Lake, native: the format's entry in the engine's table of formats.
#pragma once

#include <memory>

#include "table/table.h"

namespace pixlake::delta {

// Reads and appends to Delta tables by the protocol's text (PROTOCOL.md of
// delta-io/delta). A table with a feature that is not supported is refused by the
// feature's name (kUnsupported) before any data is read. Thread-safe.
std::unique_ptr<table::TableFormat> MakeDeltaFormat();

}  // namespace pixlake::delta
