// Images out of IDX files, with the labels beside them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ingest/source/item_stream_internal.h"

namespace pixlake::ingest {

// Whether the name is one of IDX images or labels, as MNIST's are: "…images…idx3…ubyte",
// "…labels…idx1…ubyte", or QMNIST's "…labels…idx2…int", each perhaps with ".gz", in any case.
bool MayBeIdx(std::string_view name);

// The pair that `name` in `folder` (with a trailing slash) belongs to; `is_there` tells of
// other names in it. Images without labels are a pair of one. Null for labels without
// images: they are a file like any other. A pair whose other file came before gives nothing.
Result<std::unique_ptr<ItemStream>> OpenIdxPair(const std::string& folder, std::string_view name,
                                                const std::function<bool(const std::string&)>& is_there,
                                                SourceRun* run);

}  // namespace pixlake::ingest
