#include <algorithm>

#include "delta/feature_table_internal.h"

namespace pixlake::delta {
namespace {

// PROTOCOL.md, "Valid Feature Names in Table Features", with the previews met in
// the wild. What is not here is refused by its name.
constexpr Feature kFeatures[] = {
    {"appendOnly",
     true,
     Appends::kYes,
     2,
     {true, false, "", "delta.appendOnly"},
     "DELETE, UPDATE and MERGE are refused while the property is true"},
    {"invariants", true, Appends::kByRules, 2, {true}, "of columns; NOT NULL and expressions are enforced"},
    {"checkConstraints",
     true,
     Appends::kByRules,
     3,
     {true},
     "enforced on every new row; ALTER TABLE ADD and DROP CONSTRAINT"},
    {"changeDataFeed",
     true,
     Appends::kYes,
     4,
     {true, false, "", "delta.enableChangeDataFeed"},
     "change files are written by every change of rows; table_changes reads them"},
    {"generatedColumns",
     true,
     Appends::kByRules,
     4,
     {true},
     "computed where not given, compared where given"},
    {"columnMapping",
     true,
     Appends::kByRules,
     5,
     {true, true, "", "delta.columnMapping.mode", "none"},
     "modes name and id; RENAME COLUMN and DROP COLUMN need it"},
    {"identityColumns", true, Appends::kUnlessUsed, 6, {}, "no rows are added while a column is one"},
    {"allowColumnDefaults",
     true,
     Appends::kByRules,
     0,
     {true},
     "CURRENT_DEFAULT where INSERT and MERGE give no value"},
    {"deletionVectors",
     true,
     Appends::kYes,
     0,
     {true, true, "", "delta.enableDeletionVectors"},
     "rows are marked deleted; OPTIMIZE purges"},
    {"timestampNtz", true, Appends::kYes, 0, {true, true}, "switched on by a TIMESTAMP_NTZ column"},
    {"domainMetadata", true, Appends::kYes, 0, {true}, "unknown domains are kept"},
    {"v2Checkpoint",
     true,
     Appends::kYes,
     0,
     {true, true, "", "delta.checkpointPolicy", "classic"},
     "read and, by the policy v2, written, with sidecars; classic checkpoints are always allowed"},
    {"vacuumProtocolCheck", true, Appends::kYes, 0, {true, true}, "VACUUM checks the protocol"},
    {"checkpointProtection", true, Appends::kYes, 0, {}, "the log is cleaned up only as far as it allows"},
    {"inCommitTimestamp",
     true,
     Appends::kYes,
     0,
     {true, false, "", "delta.enableInCommitTimestamps"},
     "written, and what time travel goes by"},
    {"typeWidening",
     true,
     Appends::kYes,
     0,
     {true, true, "", "delta.enableTypeWidening"},
     "files of every width are read; ALTER COLUMN … TYPE"},
    {"typeWidening-preview", true, Appends::kYes, 0, {}, "read and appended to; types are not widened"},
    {"rowTracking",
     true,
     Appends::kYes,
     0,
     {true, false, "domainMetadata", "delta.enableRowTracking"},
     "new rows get ids; rows that move to another file get new ones"},
    {"clustering",
     true,
     Appends::kYes,
     0,
     {true, false, "domainMetadata"},
     "its metadata is kept; Z-order arranges the rows"},
    {"icebergCompatV1", true, Appends::kNo, 0, {}, ""},
    {"icebergCompatV2", true, Appends::kNo, 0, {}, ""},
    {"variantType", true, Appends::kYes, 0, {}, "a table with a column of the type is refused by its name"},
    {"variantType-preview",
     true,
     Appends::kYes,
     0,
     {},
     "a table with a column of the type is refused by its name"},
    {"variantShredding", false, Appends::kNo, 0, {}, ""},
    {"variantShredding-preview", false, Appends::kNo, 0, {}, ""},
    {"catalogManaged", false, Appends::kNo, 0, {}, "commits belong to a catalog"},
    {"catalogOwned", false, Appends::kNo, 0, {}, "commits belong to a catalog"},
    {"catalogOwned-preview", false, Appends::kNo, 0, {}, "commits belong to a catalog"},
};

}  // namespace

std::span<const Feature> KnownFeatures() {
  return kFeatures;
}

const Feature* FindFeature(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFeatures), std::end(kFeatures),
                                   [&](const Feature& feature) { return feature.name == name; });
  return found == std::end(kFeatures) ? nullptr : found;
}

}  // namespace pixlake::delta
