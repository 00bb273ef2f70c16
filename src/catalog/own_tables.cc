// The tables a lake is born with (M1.3, M1.4).
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <arrow/api.h>
#include <fmt/format.h>

#include "catalog/column_words_internal.h"
#include "catalog/lake.h"
#include "catalog/later_columns.h"
#include "catalog/made_tables_internal.h"

namespace pixlake::catalog {
namespace {

using arrow::field;

std::shared_ptr<arrow::DataType> Time() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

std::shared_ptr<arrow::Field> Partition() {
  return field("date_partition", arrow::utf8());
}

// Each content once. `content` is null and `content_uri` set for what is larger than
// a table should hold; `source` and `label` are those of the first occurrence.
std::shared_ptr<arrow::Schema> Images() {
  const auto metadata = arrow::struct_({field("width", arrow::int32()), field("height", arrow::int32()),
                                        field("channels", arrow::int32()), field("format", arrow::utf8()),
                                        field("bit_depth", arrow::int32())});
  return arrow::schema(
      {field("id", arrow::utf8()), field("filename", arrow::utf8()), field("content", arrow::binary()),
       field("mime_type", arrow::utf8()), field("size", arrow::int64()), field("created_at", Time()),
       field("metadata", metadata), field("ingestion_time", Time()), field("source", arrow::utf8()),
       field("label", arrow::utf8()), field("content_uri", arrow::utf8()), Partition()});
}

// What came along with the images and is none.
std::shared_ptr<arrow::Schema> Binary() {
  return arrow::schema({field("id", arrow::utf8()), field("filename", arrow::utf8()),
                        field("content", arrow::binary()), field("mime_type", arrow::utf8()),
                        field("size", arrow::int64()), field("created_at", Time()),
                        field("ingestion_time", Time()), field("source", arrow::utf8()),
                        field("label", arrow::utf8()), field("content_uri", arrow::utf8()), Partition()});
}

// What images say of themselves: what one asks for most as columns, all of it as JSON in
// `document` (docs/metadata.md). A content that was met under two urls may have two rows.
// `taken_at_zone` is how the zone of `taken_at` is known; where it is `unknown`, `taken_at` is what the
// camera's clock showed, as if it had been UTC.
std::shared_ptr<arrow::Schema> Metadata() {
  return arrow::schema({field("url", arrow::utf8()),
                        field("id", arrow::utf8()),
                        field("format", arrow::utf8()),
                        field("mode", arrow::utf8()),
                        field("width", arrow::int64()),
                        field("height", arrow::int64()),
                        field("channels", arrow::int32()),
                        field("bit_depth", arrow::int32()),
                        field("size", arrow::int64()),
                        field("latitude", arrow::float64()),
                        field("longitude", arrow::float64()),
                        field("altitude", arrow::float64()),
                        field("direction", arrow::float64()),
                        field("gps_timestamp", Time()),
                        field("make", arrow::utf8()),
                        field("model", arrow::utf8()),
                        field("lens", arrow::utf8()),
                        field("taken_at", Time()),
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
                        field("document", arrow::utf8()),
                        field("described_at", Time()),
                        Partition()});
}

// Those of raw.metadata that lakes of earlier versions lack.
constexpr auto kLaterMetadata = std::to_array<std::string_view>(
    {"make", "model", "lens", "taken_at", "taken_at_zone", "exposure_s", "f_number", "iso", "focal_length_mm",
     "orientation", "software", "artist", "copyright", "rating", "keywords"});

// Every place a content was met under. A place met again with other bytes, tried again
// without success, or gone, adds a row; the newest `last_seen` of a uri counts. `table_name` is
// where the content is. `attempts`: in how many runs it was tried since it was last taken,
// this one included; `problem`: why it was not taken, null when it was.
std::shared_ptr<arrow::Schema> Sources() {
  return arrow::schema({field("uri", arrow::utf8()), field("etag", arrow::utf8()),
                        field("size", arrow::int64()), field("mtime", Time()), field("id", arrow::utf8()),
                        field("table_name", arrow::utf8()), field("label", arrow::utf8()),
                        field("attributes", arrow::utf8()), field("first_seen", Time()),
                        field("last_seen", Time()), field("gone", arrow::boolean()),
                        field("attempts", arrow::int32()), field("problem", arrow::utf8()), Partition()});
}

// What could not be taken as an image, with its verdict and, where it could be read,
// its bytes; `attempts` as in raw.sources.
std::shared_ptr<arrow::Schema> Quarantine() {
  return arrow::schema(
      {field("id", arrow::utf8()), field("filename", arrow::utf8()), field("content", arrow::binary()),
       field("mime_type", arrow::utf8()), field("size", arrow::int64()), field("created_at", Time()),
       field("verdict", arrow::utf8()), field("message", arrow::utf8()), field("offset", arrow::int64()),
       field("quarantined_at", Time()), field("source", arrow::utf8()), field("label", arrow::utf8()),
       field("content_uri", arrow::utf8()), field("attempts", arrow::int32()), Partition()});
}

std::optional<table::TableDefinition> Definition(const TableName& name) {
  table::TableDefinition definition;
  definition.partition_columns = {"date_partition"};
  definition.name = name.text();
  definition.properties[kOwnTableVersion] = std::to_string(kKnownOwnTableVersion);
  // Steps downstream work on what changed. Without deletion vectors: many readers of Delta tables refuse a
  // table that has them, even where no row is deleted.
  definition.change_feed = true;
  if (name.zone != "raw") {
    const auto made = FindMadeTable(name);
    if (!made) return std::nullopt;
    definition.schema = made->schema;
    definition.description = made->what;
    return definition;
  }
  if (name.name == "images") {
    definition.schema = Images();
    definition.description = "Images as they came, each content once";
  } else if (name.name == "metadata") {
    definition.schema = Metadata();
    definition.description = "What images say of themselves";
  } else if (name.name == "binary") {
    definition.schema = Binary();
    definition.description = "What came along with the images and is none";
  } else if (name.name == "sources") {
    definition.schema = Sources();
    definition.description = "Every place and name a content was met under";
  } else if (name.name == "quarantine") {
    definition.schema = Quarantine();
    definition.description = "What could not be taken, with its verdict";
  } else {
    return std::nullopt;
  }
  return definition;
}

}  // namespace

bool IsLaterColumn(const TableName& name, std::string_view column) {
  if (name.zone != "raw") return false;
  if (name.name == "metadata")
    return std::find(kLaterMetadata.begin(), kLaterMetadata.end(), column) != kLaterMetadata.end();
  if (name.name == "sources") return column == "attempts" || column == "problem";
  return name.name == "quarantine" && column == "attempts";
}

std::string_view SourcesTableColumn(const arrow::Schema& sources) {
  const bool earlier = sources.GetFieldIndex("table_name") < 0 && sources.GetFieldIndex("table") >= 0;
  return earlier ? "table" : "table_name";
}

std::shared_ptr<arrow::Schema> NamedAsFound(const TableName& name, const std::shared_ptr<arrow::Schema>& own,
                                            const arrow::Schema& found) {
  if (name.text() != "raw.sources" || SourcesTableColumn(found) != "table") return own;
  arrow::FieldVector fields = own->fields();
  for (auto& one : fields) {
    if (one->name() == "table_name") one = one->WithName("table");
  }
  return arrow::schema(std::move(fields));
}

Status CheckOwnTableVersion(const table::TableDefinition& definition, const std::string& place) {
  const auto found = definition.properties.find(kOwnTableVersion);
  if (found == definition.properties.end()) return Status::OK();
  const std::string& text = found->second;
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error == std::errc() && end == text.data() + text.size() && version <= kKnownOwnTableVersion)
    return Status::OK();
  return Error(ErrorCode::kUnsupported,
               fmt::format("{}: {} is '{}'; this pixlake knows tables up to version {}. Use the pixlake that "
                           "made it, or a newer one",
                           place, kOwnTableVersion, text, kKnownOwnTableVersion));
}

std::vector<TableName> OwnTables() {
  return {
      {"raw", "images"}, {"raw", "metadata"}, {"raw", "binary"}, {"raw", "sources"}, {"raw", "quarantine"}};
}

std::optional<table::TableDefinition> OwnTable(const TableName& name) {
  auto definition = Definition(name);
  if (definition) definition->schema = WithWords(name, *definition->schema);
  return definition;
}

}  // namespace pixlake::catalog
