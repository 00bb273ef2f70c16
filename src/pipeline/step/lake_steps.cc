#include "pipeline/step/lake_steps.h"

#include <fmt/format.h>

#include "base/sql_text.h"

namespace pixlake::pipeline {
namespace {

StepInput ById(const char* zone, const char* table, const char* key) {
  return {{zone, table}, key};
}

// A vector of each image, and what its pixels are like: the only step that reads images.
Step FeaturesStep() {
  Step step;
  step.name = "features";
  step.what = "Decode each image small; its colours as a vector, and how bright, sharp and noisy it is";
  step.inputs = {ById("raw", "images", "id")};
  step.output = {"processed", "features"};
  step.key = "image_id";
  step.kernel = {"pixels", {}, {"id", "date_partition"}};
  step.sql = R"(
    SELECT id AS image_id, feature_vector, model_version, {now} AS extracted_at, CAST(NULL AS DOUBLE) AS confidence,
           brightness, contrast, sharpness, noise, uniform_share, problem, date_partition
    FROM computed)";
  return step;
}

constexpr char kIsSidecar[] = R"(regexp_matches(lower(uri), '\.(json|ya?ml)$'))";

// JSON and YAML that came along; what does not parse stays here with its reason.
Step SidecarsStep() {
  Step step;
  step.name = "sidecars";
  step.what = "Read the JSON and YAML files that came along with the images";
  // Bytes that were met first under another name may be a sidecar's elsewhere.
  step.inputs = {ById("raw", "binary", "id"),
                 {{"raw", "sources"}, "", fmt::format("SELECT id FROM changed WHERE {}", kIsSidecar)}};
  step.output = {"processed", "sidecars"};
  step.key = "sidecar_id";
  step.kernel = {"sidecar", {{"any_name", true}}, {"id", "filename", "source", "date_partition"}};
  step.sql = fmt::format(R"(
    SELECT id AS sidecar_id, filename, source, document, verdict, message, "offset", date_partition
    FROM computed WHERE verdict IS NOT NULL AND id IN (SELECT id FROM sources WHERE {}))",
                         kIsSidecar);
  return step;
}

// A sidecar of a/b.jpg is a/b.json or a/b.jpg.json (or .yaml, .yml): what stands in front of the ending is
// the image's place with its ending or without. Of several the first by its place. Only places that sidecars
// had, and those beside them, are looked at: most lakes have few. Windows and not aggregates, which keep
// texts in memory.
constexpr char kImageSidecars[] = R"(
    sound AS (SELECT sidecar_id, document FROM sidecars WHERE verdict = 'ok'),
    stems AS (SELECT DISTINCT regexp_replace(uri, '\.[^./#]+$', '') AS stem FROM sources
              WHERE id IN (SELECT sidecar_id FROM sound)),
    near AS (SELECT uri, regexp_replace(uri, '\.[^./#]+$', '') AS stem, id, last_seen, gone FROM sources
             WHERE regexp_replace(uri, '\.[^./#]+$', '') IN (SELECT stem FROM stems)
                OR uri IN (SELECT stem FROM stems)),
    places AS (SELECT uri, stem, id, regexp_matches(lower(uri), '\.(json|ya?ml)$') AS is_sidecar FROM (SELECT * FROM near
                 QUALIFY row_number() OVER (PARTITION BY uri ORDER BY last_seen DESC, coalesce(gone, false), id) = 1)
               WHERE NOT coalesce(gone, false) AND id IS NOT NULL),
    pairs AS (SELECT i.id AS image_id, p.id AS sidecar_id, p.uri FROM places AS p JOIN places AS i
                ON p.stem = i.stem AND i.id <> p.id
              WHERE p.is_sidecar AND p.id IN (SELECT sidecar_id FROM sound)
              UNION ALL
              SELECT i.id, p.id, p.uri FROM places AS p JOIN places AS i ON p.stem = i.uri
              WHERE p.is_sidecar AND p.id IN (SELECT sidecar_id FROM sound)),
    beside AS (SELECT first.image_id AS beside_id, s.document AS sidecar, first.uri AS sidecar_uri
               FROM (SELECT * FROM pairs QUALIFY row_number() OVER (PARTITION BY image_id ORDER BY uri) = 1)
                 AS first JOIN sound AS s ON s.sidecar_id = first.sidecar_id))";

// The images whose sidecar may be another one, after places or sidecars changed.
std::string ImagesBeside(const char* changed_ids, const char* changed_places) {
  return fmt::format(R"(
    SELECT id FROM ({}) AS gone(id)
    UNION ALL
    SELECT id FROM (WITH c AS (SELECT uri, regexp_replace(uri, '\.[^./#]+$', '') AS stem FROM ({}))
    SELECT id FROM sources
    WHERE regexp_replace(uri, '\.[^./#]+$', '') IN (SELECT stem FROM c) OR uri IN (SELECT stem FROM c)))",
                     changed_ids, changed_places);
}

// One row an image: raw.images, what it says of itself (of two places with the same content the first) and
// what its pixels are like.
constexpr char kImage[] = R"(
    SELECT i.id, i.filename, i.source, i.label, i.mime_type, i.size, i.created_at, i.ingestion_time,
           coalesce(m.format, i.metadata.format) AS format, m.mode, coalesce(m.width, i.metadata.width) AS width,
           coalesce(m.height, i.metadata.height) AS height,
           coalesce(m.channels, i.metadata.channels) AS channels,
           coalesce(m.bit_depth, i.metadata.bit_depth) AS bit_depth,
           m.latitude, m.longitude, m.altitude, m.direction, m.gps_timestamp, m.make, m.model, m.lens,
           m.taken_at, m.taken_at_zone, m.exposure_s, m.f_number, m.iso, m.focal_length_mm, m.orientation,
           m.software, m.artist, m.copyright, m.rating, m.keywords,
           f.brightness, f.contrast, f.sharpness, f.noise, f.uniform_share, f.problem, i.date_partition
    FROM images AS i
    LEFT JOIN (SELECT * FROM metadata QUALIFY row_number() OVER (PARTITION BY id ORDER BY url, described_at) = 1)
      AS m ON m.id = i.id
    LEFT JOIN features AS f ON f.image_id = i.id)";

std::vector<StepInput> ImageInputs() {
  return {ById("raw", "images", "id"), ById("raw", "metadata", "id"),
          ById("processed", "features", "image_id")};
}

std::string CheckStruct(const ImageCheck& check) {
  return fmt::format(
      "{{'name': {}, 'outcome': CASE ({}\n) WHEN true THEN 'passed' WHEN false THEN 'failed' ELSE "
      "'not_applicable' "
      "END, 'severity': {}, 'value': CAST(({}\n) AS VARCHAR), 'expected': {}}}",
      SqlLiteral(check.name), check.condition, SqlLiteral(check.severity), check.value,
      SqlLiteral(check.expected));
}

// At how many places each content is now. A place that has another content touches those it had before.
StepInput PlacesInput() {
  return {{"raw", "sources"},
          "",
          "SELECT id FROM changed UNION ALL SELECT id FROM sources WHERE uri IN (SELECT uri FROM changed)"};
}

constexpr char kPlaces[] = R"(
    SELECT id AS place_id, count(*) AS places
    FROM (SELECT id, gone FROM sources
          QUALIFY row_number() OVER (PARTITION BY uri ORDER BY last_seen DESC, coalesce(gone, false), id) = 1)
    WHERE NOT coalesce(gone, false) AND id IS NOT NULL GROUP BY id)";

Step ValidatedStep(const std::vector<ImageCheck>& checks) {
  Step step;
  step.name = "validated";
  step.what = "Ask each image what the checks of the settings ask";
  step.inputs = ImageInputs();
  step.output = {"processed", "validated"};
  step.key = "image_id";
  std::string list;
  std::string image = kImage;
  for (const ImageCheck& check : checks) {
    list += (list.empty() ? "" : ", ") + CheckStruct(check);
    if (!check.needs_places || step.inputs.size() > 3) continue;
    step.inputs.push_back(PlacesInput());
    image = fmt::format("SELECT * EXCLUDE (place_id) FROM ({}) AS i LEFT JOIN ({}) AS p ON p.place_id = i.id",
                        kImage, kPlaces);
  }
  constexpr char kType[] =
      "STRUCT(name VARCHAR, outcome VARCHAR, severity VARCHAR, \"value\" VARCHAR, expected VARCHAR)[]";
  step.sql = fmt::format(R"(
    WITH image AS ({}), judged AS (SELECT id, date_partition, CAST([{}] AS {}) AS checks FROM image),
    worst AS (SELECT *, list_filter(checks, c -> c.outcome = 'failed') AS failed_checks FROM judged)
    SELECT id AS image_id,
           CASE WHEN len(list_filter(failed_checks, c -> c.severity = 'stop')) > 0 THEN 'stopped'
                WHEN len(list_filter(failed_checks, c -> c.severity = 'quarantine')) > 0 THEN 'quarantined'
                WHEN len(list_filter(failed_checks, c -> c.severity = 'drop')) > 0 THEN 'dropped'
                WHEN len(failed_checks) > 0 THEN 'warned' ELSE 'passed' END AS status,
           list_transform(failed_checks, c -> c.name) AS failed, checks, {{now}} AS validated_at, date_partition
    FROM worst)",
                         image, list, kType);
  step.stops =
      "SELECT concat('image ', image_id, ' fails ', array_to_string(failed, ', ')) FROM output "
      "WHERE status = 'stopped'";
  return step;
}

Step EnrichedStep() {
  Step step;
  step.name = "enriched";
  step.what = "All that is known of each image that was let through, a row each";
  step.inputs = ImageInputs();
  step.inputs.push_back(ById("processed", "validated", "image_id"));
  step.inputs.push_back(
      {{"raw", "sources"}, "", ImagesBeside("SELECT id FROM changed", "SELECT uri FROM changed")});
  step.inputs.push_back(
      {{"processed", "sidecars"},
       "",
       ImagesBeside("SELECT sidecar_id FROM changed",
                    "SELECT uri FROM sources WHERE id IN (SELECT sidecar_id FROM changed)")});
  step.output = {"processed", "enriched"};
  step.key = "image_id";
  step.sql = fmt::format(R"(
    WITH image AS ({}), {}
    SELECT id AS image_id, filename, source, label, mime_type, size, created_at, ingestion_time, format, mode,
           width, height, channels, bit_depth, width * height / 1e6 AS megapixels,
           width / nullif(height, 0) AS aspect_ratio, make, model, lens, taken_at, taken_at_zone, exposure_s,
           f_number, iso, focal_length_mm, orientation, software, artist, copyright, rating, keywords, latitude, longitude, altitude, brightness, contrast, sharpness,
           noise, uniform_share, v.status AS validation_status, v.failed AS failed_checks,
           beside.sidecar, beside.sidecar_uri, image.date_partition
    FROM image JOIN validated AS v ON v.image_id = image.id LEFT JOIN beside ON beside.beside_id = image.id
    WHERE v.status IN ('passed', 'warned'))",
                         kImage, kImageSidecars);
  return step;
}

Step AnalyticsStep() {
  Step step;
  step.name = "analytics";
  step.what = "What class each image is of: so far the label that it came with";
  step.inputs = {ById("processed", "enriched", "image_id")};
  step.output = {"curated", "analytics"};
  step.key = "image_id";
  step.sql = R"(
    SELECT image_id, label AS classification, CASE WHEN label IS NOT NULL THEN 1.0::DOUBLE END AS confidence,
           CAST(NULL AS DOUBLE) AS processing_time, ingestion_time AS created_at,
           CASE WHEN label IS NOT NULL THEN 'source' END AS classified_by, date_partition
    FROM enriched)";
  return step;
}

Step MlReadyStep() {
  Step step;
  step.name = "ml_ready";
  step.what = "Images to train with; their split follows from their ids";
  step.inputs = {ById("processed", "enriched", "image_id"), ById("processed", "features", "image_id")};
  step.output = {"curated", "ml_ready"};
  step.key = "image_id";
  step.sql = R"(
    SELECT e.image_id, e.label,
           CASE WHEN part < 80 THEN 'train' WHEN part < 90 THEN 'validation' ELSE 'test' END AS split,
           e.mime_type, e.width, e.height, e.channels, e.size, f.feature_vector, e.date_partition
    FROM (SELECT *, coalesce(TRY_CAST('0x' || substr(image_id, 1, 8) AS BIGINT) % 100, 0) AS part FROM enriched) AS e
    JOIN features AS f ON f.image_id = e.image_id
    WHERE f.problem IS NULL)";
  return step;
}

// Means are of decimals: they do not depend on the order in which rows are added up.
Step ReportingStep() {
  Step step;
  step.name = "reporting";
  step.what = "Counts a day: formats, cameras, places, labels, quality, and what was refused";
  step.inputs = {{{"processed", "enriched"}, "date_partition"},
                 {{"processed", "validated"}, "date_partition"},
                 {{"raw", "quarantine"}, "date_partition"}};
  step.output = {"curated", "reporting"};
  step.key = "date_partition";
  step.sql = R"(
    WITH named AS (
      SELECT e.*, unnest([{'report': 'total', 'name': 'all'}, {'report': 'format', 'name': format},
                          {'report': 'camera', 'name': concat_ws(' ', make, model)},
                          {'report': 'label', 'name': label},
                          {'report': 'place', 'name': CASE WHEN latitude IS NOT NULL AND longitude IS NOT NULL
                             THEN printf('%+03d%+04d', CAST(floor(latitude) AS INTEGER),
                                         CAST(floor(longitude) AS INTEGER)) END}]) AS r
      FROM enriched AS e)
    SELECT r.report AS report, r.name AS name, count(*) AS images, CAST(sum(size) AS BIGINT) AS bytes,
           avg(width) AS mean_width, avg(height) AS mean_height, avg(CAST(megapixels AS DECIMAL(18, 6))) AS mean_megapixels,
           avg(CAST(brightness AS DECIMAL(18, 6))) AS mean_brightness, avg(CAST(sharpness AS DECIMAL(18, 6))) AS mean_sharpness, min(taken_at) AS first_taken_at,
           max(taken_at) AS last_taken_at, date_partition
    FROM named WHERE r.name IS NOT NULL AND r.name <> '' GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'status' AS report, status AS name, count(*) AS images, date_partition FROM validated GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'check' AS report, name, count(*) AS images, date_partition
    FROM (SELECT unnest(failed) AS name, date_partition FROM validated) GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'verdict' AS report, verdict AS name, count(*) AS images, CAST(sum(size) AS BIGINT) AS bytes,
           date_partition
    FROM quarantine GROUP BY ALL)";
  return step;
}

}  // namespace

std::vector<Step> LakeSteps(const std::vector<ImageCheck>& checks) {
  return {FeaturesStep(),  SidecarsStep(), ValidatedStep(checks), EnrichedStep(),
          AnalyticsStep(), MlReadyStep(),  ReportingStep()};
}

}  // namespace pixlake::pipeline
