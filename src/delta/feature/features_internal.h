// Which tables may be read and written: protocol versions and table features
// (PROTOCOL.md, "Table Features"), as one table of data in features.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type_fwd.h>

#include "delta/action/actions_internal.h"

namespace pixlake::delta {

// kUnsupported, naming every feature or version that is in the way.
Status CheckReadable(const Protocol& protocol);

// The same for appending. Features that bind a writer only when the metadata uses
// them are refused when it does; those that ask something of rows (a constraint, a
// generated column …) only unless the writer `keeps_rules`.
Status CheckAppendable(const Protocol& protocol, const Metadata& metadata, const arrow::Schema& schema,
                       bool keeps_rules = false);

// CHECK constraints by name (PROTOCOL.md, "CHECK Constraints").
std::map<std::string, std::string> ConstraintsOf(const Metadata& metadata);

// The same for anything but new rows: moving rows about, removing them, table properties.
// What binds new rows only may be in use.
Status CheckWritable(const Protocol& protocol, const Metadata& metadata);

// The lowest protocol that has everything `protocol` has and these features with what
// they depend on; unchanged when it has them. kUnsupported names those we do not have.
Result<Protocol> WithFeatures(const Protocol& protocol, const std::vector<std::string>& names);

// The features that table properties switch on ("delta.enableDeletionVectors": "true").
std::vector<std::string> FeaturesForProperties(const std::map<std::string, std::string>& configuration);

// The features that columns of this schema need: rules, defaults, types.
std::vector<std::string> FeaturesForSchema(const arrow::Schema& schema);

// "delta.feature.NAME" asks for a feature and is no property that a table keeps.
void DropFeatureRequests(std::map<std::string, std::string>* configuration);

// True when rows may only be added (feature appendOnly and its property).
bool IsAppendOnly(const Protocol& protocol, const Metadata& metadata);

// True when commits must give rows ids and commit versions (PROTOCOL.md, "Row Tracking").
bool AssignsRowIds(const Protocol& protocol, const Metadata& metadata);

// "none", "name" or "id"; kCorrupt for another value. The property counts only when
// the protocol supports column mapping.
Result<std::string> ColumnMappingMode(const Protocol& protocol, const Metadata& metadata);

// True when commits must carry an in-commit timestamp.
bool InCommitTimestampsEnabled(const Protocol& protocol, const Metadata& metadata);

// The writer features in force: listed, or implied by a legacy version.
std::vector<std::string> WriterFeatures(const Protocol& protocol);

bool HasWriterFeature(const Protocol& protocol, std::string_view name);

// The lowest protocol a new table of this schema needs.
Protocol ProtocolFor(const arrow::Schema& schema);

// The features of a protocol in words, legacy versions spelled out.
std::vector<std::string> FeatureNames(const Protocol& protocol);

}  // namespace pixlake::delta
