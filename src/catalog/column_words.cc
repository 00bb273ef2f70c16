#include <algorithm>
#include <array>

#include <arrow/api.h>

#include "catalog/column_words_internal.h"
#include "table/schema_change.h"

namespace pixlake::catalog {
namespace {

struct Words {
  std::string_view table;  // empty: of every table that has no words of its own
  std::string_view column;
  std::string_view what;
};

constexpr auto kWords = std::to_array<Words>({
    // Contents.
    {"", "id", "SHA-256 of the bytes, in hex"},
    {"", "filename", "the file's name where it was met first"},
    {"", "content", "the bytes as they came; null for what lies beside the table (content_uri)"},
    {"", "mime_type", "by the bytes, not by the name"},
    {"", "size", "bytes"},
    {"", "created_at", "when the file was last written where it came from"},
    {"", "metadata", "what the header says: width, height and channels in pixels, format, bits a channel"},
    {"", "ingestion_time", "when it was taken into the lake"},
    {"", "source", "where it was met first, a URI"},
    {"", "label", "the class it came with: a folder's name, or a list's column"},
    {"", "content_uri", "where in the table's folder a content is that is too large for a row"},
    {"", "date_partition", "the day of ingestion, UTC"},
    // What images say of themselves.
    {"raw.metadata", "url", "where the image was read"},
    {"raw.metadata", "id", "SHA-256 of the image's bytes, in hex"},
    {"", "format", "JPEG, PNG, TIFF, …"},
    {"", "mode", "RGB, L, CMYK, … as Pillow names it"},
    {"", "width", "pixels, as stored, before orientation"},
    {"", "height", "pixels, as stored, before orientation"},
    {"", "channels", "samples a pixel"},
    {"", "bit_depth", "bits a sample"},
    {"", "latitude", "degrees, north positive (WGS 84)"},
    {"", "longitude", "degrees, east positive (WGS 84)"},
    {"", "altitude", "metres above sea level, below negative"},
    {"", "direction", "degrees from north that the camera looked to"},
    {"", "gps_timestamp", "the receiver's time, UTC"},
    {"", "make", "the camera's maker"},
    {"", "model", "the camera's model"},
    {"", "lens", "the lens's model"},
    {"", "taken_at", "when it was taken; taken_at_zone says how the zone is known"},
    {"", "taken_at_zone", "offset, gps or unknown: then taken_at is the camera's clock as if it were UTC"},
    {"", "exposure_s", "exposure time, seconds"},
    {"", "f_number", "the aperture's f-number"},
    {"", "iso", "sensitivity"},
    {"", "focal_length_mm", "millimetres"},
    {"", "orientation", "1 to 8, as Exif has it"},
    {"", "software", "what wrote the file"},
    {"", "artist", "who made it"},
    {"", "copyright", "whose it is"},
    {"", "rating", "stars, 0 to 5; -1 rejected"},
    {"", "keywords", "words that were given to it"},
    {"raw.metadata", "document", "all that it says of itself, as JSON (docs/metadata.md)"},
    {"", "described_at", "when it was read"},
    // Places.
    {"raw.sources", "uri", "a place where a content was met; #member within an archive"},
    {"raw.sources", "etag", "by which news are told without reading: the store's own, or size and time"},
    {"raw.sources", "mtime", "when it was last written there"},
    {"raw.sources", "id", "of the content that was met there; null when none could be had"},
    {"raw.sources", "table_name", "which table has the content"},
    {"raw.sources", "attributes", "other columns of the list it came from, as JSON"},
    {"raw.sources", "first_seen", "when it was met first with these bytes"},
    {"raw.sources", "last_seen", "when it was met last; of several rows of a place the newest counts"},
    {"raw.sources", "gone", "it was no longer there"},
    {"", "attempts", "in how many runs it was tried since it was last taken"},
    {"raw.sources", "problem", "why it could not be taken; null when it was"},
    // Quarantine.
    {"", "verdict", "why it was not taken: truncated_at, bomb, corrupt, unsupported, mislabelled, empty, …"},
    {"", "message", "what was found and what was expected"},
    {"", "offset", "at which byte; null where that is not known"},
    {"", "quarantined_at", "when it was judged"},
    // Steps.
    {"", "image_id", "the image's id in raw.images"},
    {"", "feature_vector", "what the image looks like, as numbers; model_version says by what"},
    {"", "model_version", "what made the vector"},
    {"", "extracted_at", "when that was done"},
    {"processed.features", "confidence", "how sure the model is, 0 to 1; null where it does not say"},
    {"", "brightness", "mean luma, 0 black to 1 white"},
    {"", "contrast", "standard deviation of luma, 0 to 0.5"},
    {"", "sharpness", "variance of luma's Laplacian"},
    {"", "noise", "standard deviation of noise, in levels of 256"},
    {"", "uniform_share", "share of pixels of the most frequent of 4,096 colours"},
    {"", "problem", "why it could not be decoded; null when it was"},
    {"processed.sidecars", "sidecar_id", "SHA-256 of the file's bytes: its id in raw.binary"},
    {"processed.sidecars", "document", "what the file says, as JSON; null where it does not parse"},
    {"processed.sidecars", "verdict", "ok, or why there is no document"},
    {"processed.validated", "status", "passed, warned, dropped, quarantined or stopped"},
    {"processed.validated", "failed", "names of the checks that it failed"},
    {"processed.validated", "checks", "each check: its outcome, severity, what was found and expected"},
    {"", "validated_at", "when it was judged"},
    {"", "megapixels", "millions of pixels"},
    {"", "aspect_ratio", "width by height"},
    {"", "validation_status", "passed or warned"},
    {"", "failed_checks", "names of the checks that it failed"},
    {"", "sidecar", "what the JSON or YAML file beside it says, as JSON"},
    {"", "sidecar_uri", "where that file is"},
    {"curated.analytics", "classification", "what class the image is of"},
    {"curated.analytics", "confidence", "how sure that is, 0 to 1"},
    {"curated.analytics", "processing_time", "seconds that it took; null where nothing was computed"},
    {"curated.analytics", "created_at", "when the image was taken into the lake"},
    {"curated.analytics", "classified_by", "source: the label that it came with; else the model"},
    {"", "split", "train, validation or test, by the id alone"},
    {"curated.reporting", "report",
     "what is counted by: total, format, camera, label, place, status, check, verdict"},
    {"curated.reporting", "name", "which of them"},
    {"curated.reporting", "images", "how many"},
    {"curated.reporting", "bytes", "of all of them together"},
    {"", "mean_width", "pixels"},
    {"", "mean_height", "pixels"},
    {"", "mean_megapixels", "millions of pixels"},
    {"", "mean_brightness", "0 to 1"},
    {"", "mean_sharpness", "as in processed.features"},
    {"", "first_taken_at", "the earliest taken_at among them"},
    {"", "last_taken_at", "the latest taken_at among them"},
    // Runs and checks.
    {"", "run_id", "which run"},
    {"", "run_at", "when it began"},
    {"", "position", "the step's place in the run, from 0"},
    {"", "step", "the step's name; ingest is one"},
    {"processed.run_steps", "mode", "nothing, changed or all"},
    {"", "reason", "why"},
    {"", "seconds", "how long it took"},
    {"", "rows_in", "rows that it worked on; of ingest what was met"},
    {"", "rows_out", "rows that it wrote; of ingest images"},
    {"", "rows_removed", "rows that it took out"},
    {"processed.run_steps", "bytes", "taken in, of ingest"},
    {"processed.run_steps", "quarantined", "contents that could not be taken, of ingest"},
    {"", "retries", "how often it was tried again"},
    {"", "memory_peak", "bytes that the process held at most, mapped files among them"},
    {"", "memory_budget", "bytes that it was allowed"},
    {"", "check_name", "the check's name in the settings"},
    {"processed.check_results", "table_name", "the table that was asked"},
    {"", "kind", "what kind of check it is"},
    {"", "severity", "warn, drop, quarantine or stop"},
    {"", "rows_checked", "rows that it was asked of"},
    {"", "rows_failed", "rows that failed it"},
    {"", "rows_not_applicable", "rows of which what it asks is not known"},
    {"", "value", "what was found, of a check that gives one number"},
    {"", "threshold", "what was expected"},
    {"", "passed", "whether it held; null where it could not be told"},
    {"processed.check_results", "message", "what is wrong, in words"},
    {"", "sample_ids", "some of the rows that failed"},
    {"", "table_version", "the version of the table that was asked"},
    {"", "definition", "stands for what the check asks: another number is another question"},
});

}  // namespace

std::string_view WordsFor(const TableName& table, std::string_view column) {
  const std::string name = table.text();
  std::string_view of_any;
  for (const Words& words : kWords) {
    if (words.column != column) continue;
    if (words.table == name) return words.what;
    if (words.table.empty()) of_any = words.what;
  }
  return of_any;
}

std::shared_ptr<arrow::Schema> WithWords(const TableName& table, const arrow::Schema& schema) {
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    const std::string_view words = WordsFor(table, field->name());
    fields.push_back(words.empty() ? field
                                   : field->WithMetadata(arrow::key_value_metadata({table::kCommentKey},
                                                                                   {std::string(words)})));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace pixlake::catalog
