// The tables that the lake's own steps make, silver and gold (M1.3, M1.4).
#include <arrow/api.h>

#include "catalog/made_tables_internal.h"

namespace pixlake::catalog {
namespace {

using arrow::field;

std::shared_ptr<arrow::DataType> Instant() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

// A vector of each image, and what its pixels are like.
std::shared_ptr<arrow::Schema> Features() {
  return arrow::schema({field("image_id", arrow::utf8()),
                        field("feature_vector", arrow::list(arrow::float32())),
                        field("model_version", arrow::utf8()), field("extracted_at", Instant()),
                        field("confidence", arrow::float64()), field("brightness", arrow::float64()),
                        field("contrast", arrow::float64()), field("sharpness", arrow::float64()),
                        field("noise", arrow::float64()), field("uniform_share", arrow::float64()),
                        field("problem", arrow::utf8()), field("date_partition", arrow::utf8())});
}

// JSON and YAML files that came along, as JSON; what does not parse, with its reason.
std::shared_ptr<arrow::Schema> Sidecars() {
  return arrow::schema({field("sidecar_id", arrow::utf8()), field("filename", arrow::utf8()),
                        field("source", arrow::utf8()), field("document", arrow::utf8()),
                        field("verdict", arrow::utf8()), field("message", arrow::utf8()),
                        field("offset", arrow::int64()), field("date_partition", arrow::utf8())});
}

// What each check said of each image, and what follows from it.
std::shared_ptr<arrow::Schema> Validated() {
  const auto check = arrow::struct_({field("name", arrow::utf8()), field("outcome", arrow::utf8()),
                                     field("severity", arrow::utf8()), field("value", arrow::utf8()),
                                     field("expected", arrow::utf8())});
  return arrow::schema({field("image_id", arrow::utf8()), field("status", arrow::utf8()),
                        field("failed", arrow::list(arrow::utf8())), field("checks", arrow::list(check)),
                        field("validated_at", Instant()), field("date_partition", arrow::utf8())});
}

// All that is known of an image but its bytes, a row each; of those that were let through.
std::shared_ptr<arrow::Schema> Enriched() {
  return arrow::schema({field("image_id", arrow::utf8()),
                        field("filename", arrow::utf8()),
                        field("source", arrow::utf8()),
                        field("label", arrow::utf8()),
                        field("mime_type", arrow::utf8()),
                        field("size", arrow::int64()),
                        field("created_at", Instant()),
                        field("ingestion_time", Instant()),
                        field("format", arrow::utf8()),
                        field("mode", arrow::utf8()),
                        field("width", arrow::int64()),
                        field("height", arrow::int64()),
                        field("channels", arrow::int32()),
                        field("bit_depth", arrow::int32()),
                        field("megapixels", arrow::float64()),
                        field("aspect_ratio", arrow::float64()),
                        field("make", arrow::utf8()),
                        field("model", arrow::utf8()),
                        field("lens", arrow::utf8()),
                        field("taken_at", Instant()),
                        field("taken_at_zone", arrow::utf8()),
                        field("exposure_s", arrow::float64()),
                        field("f_number", arrow::float64()),
                        field("iso", arrow::int32()),
                        field("focal_length_mm", arrow::float64()),
                        field("orientation", arrow::int32()),
                        field("software", arrow::utf8()),
                        field("artist", arrow::utf8()),
                        field("copyright", arrow::utf8()),
                        field("rating", arrow::int32()),
                        field("keywords", arrow::list(field("element", arrow::utf8()))),
                        field("latitude", arrow::float64()),
                        field("longitude", arrow::float64()),
                        field("altitude", arrow::float64()),
                        field("brightness", arrow::float64()),
                        field("contrast", arrow::float64()),
                        field("sharpness", arrow::float64()),
                        field("noise", arrow::float64()),
                        field("uniform_share", arrow::float64()),
                        field("validation_status", arrow::utf8()),
                        field("failed_checks", arrow::list(arrow::utf8())),
                        field("sidecar", arrow::utf8()),
                        field("sidecar_uri", arrow::utf8()),
                        field("date_partition", arrow::utf8())});
}

// What class an image is of: so far, the label that it came with.
std::shared_ptr<arrow::Schema> Analytics() {
  return arrow::schema({field("image_id", arrow::utf8()), field("classification", arrow::utf8()),
                        field("confidence", arrow::float64()), field("processing_time", arrow::float64()),
                        field("created_at", Instant()), field("classified_by", arrow::utf8()),
                        field("date_partition", arrow::utf8())});
}

// Images to train with: which split each belongs to follows from its id alone.
std::shared_ptr<arrow::Schema> MlReady() {
  return arrow::schema(
      {field("image_id", arrow::utf8()), field("label", arrow::utf8()), field("split", arrow::utf8()),
       field("mime_type", arrow::utf8()), field("width", arrow::int64()), field("height", arrow::int64()),
       field("channels", arrow::int32()), field("size", arrow::int64()),
       field("feature_vector", arrow::list(arrow::float32())), field("date_partition", arrow::utf8())});
}

// Counts a day: `report` is what is counted by (total, format, camera, place, label, status, verdict), `name`
// which of them.
std::shared_ptr<arrow::Schema> Reporting() {
  return arrow::schema({field("report", arrow::utf8()), field("name", arrow::utf8()),
                        field("images", arrow::int64()), field("bytes", arrow::int64()),
                        field("mean_width", arrow::float64()), field("mean_height", arrow::float64()),
                        field("mean_megapixels", arrow::float64()),
                        field("mean_brightness", arrow::float64()), field("mean_sharpness", arrow::float64()),
                        field("first_taken_at", Instant()), field("last_taken_at", Instant()),
                        field("date_partition", arrow::utf8())});
}

// What each run did, a row a step; of runs that did something.
std::shared_ptr<arrow::Schema> RunSteps() {
  return arrow::schema({field("run_id", arrow::utf8()), field("run_at", Instant()),
                        field("position", arrow::int32()), field("step", arrow::utf8()),
                        field("mode", arrow::utf8()), field("reason", arrow::utf8()),
                        field("seconds", arrow::float64()), field("rows_in", arrow::int64()),
                        field("rows_out", arrow::int64()), field("rows_removed", arrow::int64()),
                        field("bytes", arrow::int64()), field("quarantined", arrow::int64()),
                        field("retries", arrow::int64()), field("memory_peak", arrow::int64()),
                        field("memory_budget", arrow::int64()), field("date_partition", arrow::utf8())});
}

// What each check said, run by run; docs/checks.md says what the columns are.
std::shared_ptr<arrow::Schema> CheckResults() {
  return arrow::schema(
      {field("run_id", arrow::utf8()), field("run_at", Instant()), field("check_name", arrow::utf8()),
       field("table_name", arrow::utf8()), field("kind", arrow::utf8()), field("severity", arrow::utf8()),
       field("rows_checked", arrow::int64()), field("rows_failed", arrow::int64()),
       field("rows_not_applicable", arrow::int64()), field("value", arrow::float64()),
       field("threshold", arrow::utf8()), field("passed", arrow::boolean()), field("message", arrow::utf8()),
       field("sample_ids", arrow::list(arrow::utf8())), field("table_version", arrow::int64()),
       field("definition", arrow::int64()), field("date_partition", arrow::utf8())});
}

struct Made {
  TableName name;
  std::shared_ptr<arrow::Schema> (*schema)();
  const char* what;
};

constexpr const char* kZoneProcessed = "processed";
constexpr const char* kZoneCurated = "curated";

const std::vector<Made>& All() {
  static const std::vector<Made> all = {
      {{kZoneProcessed, "features"}, Features, "A vector of each image, and what its pixels are like"},
      {{kZoneProcessed, "sidecars"}, Sidecars, "JSON and YAML files that came along, parsed"},
      {{kZoneProcessed, "validated"}, Validated, "What each check said of each image"},
      {{kZoneProcessed, "enriched"}, Enriched, "All that is known of each image but its bytes"},
      {{kZoneProcessed, "run_steps"}, RunSteps, "What each run did, a row a step"},
      {{kZoneProcessed, "check_results"}, CheckResults, "What each check said, run by run"},
      {{kZoneCurated, "analytics"}, Analytics, "What class each image is of"},
      {{kZoneCurated, "ml_ready"}, MlReady, "Images to train with, and in which split"},
      {{kZoneCurated, "reporting"}, Reporting, "Counts a day: formats, cameras, places, labels, quality"},
  };
  return all;
}

}  // namespace

std::vector<TableName> MadeTables() {
  std::vector<TableName> names;
  for (const Made& made : All()) names.push_back(made.name);
  return names;
}

std::optional<MadeTable> FindMadeTable(const TableName& name) {
  for (const Made& made : All()) {
    if (made.name.text() == name.text()) return MadeTable{made.schema(), made.what};
  }
  return std::nullopt;
}

}  // namespace pixlake::catalog
