#include "delta/conformance_expectations_internal.h"

namespace pixlake::delta::testing {

const std::map<std::string, Refusal>& ExpectedRefusals() {
  using enum ErrorCode;
  static const std::map<std::string, Refusal> kTables = {
      // Features we do not read.
      {"delta-kernel-java/catalog-owned-preview", {kUnsupported, "catalogManaged"}},
      {"delta-rs-errlogs/table_d", {kUnsupported, "catalogOwned"}},
      {"delta-rs-errlogs/table_e", {kUnsupported, "catalogOwned"}},
      {"delta-rs-errlogs/table_h", {kUnsupported, "catalogOwned"}},
      {"delta-rs-errlogs/table_i", {kUnsupported, "catalogOwned"}},
      {"delta-rs/simple_table_features", {kUnsupported, "blahabl"}},
      {"delta-rs/spark-variant-checkpoint", {kUnsupported, "variantType"}},
      {"delta-spark/variant-stats-nested-no-checkpoint", {kUnsupported, "variantShredding-preview"}},
      {"delta-spark/variant-stats-no-checkpoint", {kUnsupported, "variantShredding-preview"}},
      {"delta-spark/variant-stats-state-reconstruction", {kUnsupported, "variantShredding-preview"}},
      {"delta-spark/variant-stats-with-struct-no-checkpoint", {kUnsupported, "variantShredding-preview"}},
      {"kernel-data/unshredded-variant", {kUnsupported, "variantType"}},
      // Damaged on purpose.
      {"delta-rs-errlogs/table_c", {kCorrupt, "commit 12 is missing"}},
      {"kernel-golden/deltalog-state-reconstruction-from-checkpoint-missing-protocol",
       {kCorrupt, "no protocol"}},
      {"kernel-golden/deltalog-state-reconstruction-without-metadata", {kCorrupt, "no metaData"}},
      {"kernel-golden/update-deleted-directory", {kCorrupt, "no schemaString"}},
      {"kernel-golden/versions-not-contiguous", {kCorrupt, "commit 1 is missing"}},
      // No tables: folders of tables, or logs without a commit.
      {"kernel-data/crc-malformed", {kNotFound, "not a Delta table"}},
      {"kernel-data/partition_cm", {kNotFound, "not a Delta table"}},
      {"kernel-golden/hive", {kNotFound, "not a Delta table"}},
      {"kernel-golden/no-delta-log-folder", {kNotFound, "not a Delta table"}},
  };
  return kTables;
}

const std::map<std::string, int64_t>& ExpectedFilesOfLogOnlyTables() {
  static const std::map<std::string, int64_t> kTables = {
      {"delta-rs-errlogs/table_a", 130},
      {"delta-rs-errlogs/table_b", 130},
      {"delta-rs-errlogs/table_g", 100},
      {"delta-rs/checkpoint_with_partitions", 2},
      {"delta-rs/latest_not_checkpointed", 1},
      {"delta-rs/table-with-domain-metadata", 109},
      {"delta-rs/with_checkpoint_no_last_checkpoint", 1},
      {"delta-spark/partitioned-table-with-dv-large", 14},
      {"delta-spark/table-with-dv-large", 22},
      {"delta-spark/table-with-dv-special-char", 1},
      {"kernel-golden/checkpoint", 1},
      {"kernel-golden/delete-re-add-same-file-different-transactions", 2},
  };
  return kTables;
}

const std::map<std::string, int64_t>& ExpectedRowCounts() {
  static const std::map<std::string, int64_t> kTables = {
      {"dat/basic_append", 5},
      {"dat/with_schema_change", 3},
      {"delta-kernel-java/basic-dv-no-checkpoint", 8},
      {"delta-kernel-java/basic-dv-with-checkpoint", 454},
      {"delta-kernel-java/kernel-pagination-multi-part-checkpoints", 2000},
      {"delta-kernel-java/kernel-pagination-v2-checkpoint-json", 210},
      {"delta-kernel-java/kernel-pagination-v2-checkpoint-parquet", 210},
      {"delta-rs/cdf-table-non-partitioned", 11},
      {"delta-rs/concurrent_workers", 0},
      {"delta-rs/delta-0.8.0-null-partition", 2},
      {"delta-rs/delta-0.8.0-numeric-partition", 2},
      {"delta-rs/delta-0.8.0-partitioned", 7},
      {"delta-rs/delta-2.2.0-partitioned-types", 3},
      {"delta-rs/delta-live-table", 0},
      {"delta-rs/http_requests", 1581},
      {"delta-rs/issue-2152", 0},
      {"delta-rs/issue_1374", 20},
      {"delta-rs/partition-type-primitives", 16},
      {"delta-rs/simple_table", 3},
      {"delta-rs/simple_table_with_checkpoint", 11},
      {"delta-rs/table-without-dv-small", 10},
      {"delta-rs/table_failed_last_checkpoint_update", 20},
      {"delta-rs/table_with_column_mapping", 5},
      {"delta-rs/table_with_edge_timestamps", 2},
      {"delta-rs/table_with_null_stats_in_notnull_struct", 2},
      {"delta-rs/table_with_partitioning_mapping", 2},
      {"delta-spark/delta-0.1.0", 3},
      {"delta-spark/delta-1.2.1", 33},
      {"delta-spark/identity_test_written_by_version_5", 3},
      {"delta-spark/transaction_log_schema_evolvability", 18},
      {"kernel-data/app-txn-checkpoint", 22},
      {"kernel-data/app-txn-no-checkpoint", 22},
      {"kernel-data/cdf-column-mapping-name-mode", 3},
      {"kernel-data/cdf-column-mapping-name-mode-3-7", 3},
      {"kernel-data/cdf-table-backtick-column-names", 5},
      {"kernel-data/external-table-different-nullability", 7},
      {"kernel-data/mixed-nulls", 15},
      {"kernel-data/parsed-stats", 600},
      {"kernel-data/partition_cm/id", 0},
      {"kernel-data/table-with-cdf", 0},
      {"kernel-data/timestamp-partitioned-table", 1},
      {"kernel-data/timestamp-truncation-stats", 6},
      {"kernel-data/type-widening", 2},
      {"kernel-data/v2-checkpoints-json-with-last-checkpoint", 10},
      {"kernel-data/v2-checkpoints-json-without-sidecars", 11},
      {"kernel-data/v2-checkpoints-parquet-with-last-checkpoint", 10},
      {"kernel-data/v2-checkpoints-parquet-without-sidecars", 11},
      {"kernel-data/v2-classic-checkpoint-parquet", 20},
      {"kernel-data/void-column", 3},
      {"kernel-golden/hive/delta/deltatbl-column-names-case-insensitive", 10},
      {"kernel-golden/hive/delta/deltatbl-deleted-path", 10},
      {"kernel-golden/hive/delta/deltatbl-incorrect-format-config", 10},
      {"kernel-golden/hive/delta/deltatbl-map-types-correctly", 1},
      {"kernel-golden/hive/delta/deltatbl-non-partitioned", 10},
      {"kernel-golden/hive/delta/deltatbl-not-allow-write", 10},
      {"kernel-golden/hive/delta/deltatbl-partition-prune", 5},
      {"kernel-golden/hive/delta/deltatbl-partitioned", 10},
      {"kernel-golden/hive/delta/deltatbl-schema-match", 10},
      {"kernel-golden/hive/delta/deltatbl-special-chars-in-partition-column", 10},
      {"kernel-golden/hive/delta/deltatbl-touch-files-needed-for-partitioned", 10},
  };
  return kTables;
}

}  // namespace pixlake::delta::testing
