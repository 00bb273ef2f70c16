// Which tables may be read and written: protocol versions and table features
// (PROTOCOL.md, "Table Features"), as one table of data in features.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "delta/actions_internal.h"

namespace pixlake::delta {

// kUnsupported, naming every feature or version that is in the way.
Status CheckReadable(const Protocol& protocol);

// The same for appending. Features that bind a writer only when the metadata uses
// them (a constraint, a generated column …) are refused when it does.
Status CheckAppendable(const Protocol& protocol, const Metadata& metadata, const arrow::Schema& schema);

// "none", "name" or "id"; kCorrupt for another value. The property counts only when
// the protocol supports column mapping.
Result<std::string> ColumnMappingMode(const Protocol& protocol, const Metadata& metadata);

// True when commits must carry an in-commit timestamp.
bool InCommitTimestampsEnabled(const Protocol& protocol, const Metadata& metadata);

bool HasWriterFeature(const Protocol& protocol, std::string_view name);

// The lowest protocol a new table of this schema needs.
Protocol ProtocolFor(const arrow::Schema& schema);

// The features of a protocol in words, legacy versions spelled out.
std::vector<std::string> FeatureNames(const Protocol& protocol);

}  // namespace pixlake::delta
