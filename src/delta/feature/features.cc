#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "delta/feature/feature_table_internal.h"
#include "delta/feature/features_internal.h"
#include "delta/schema/schema_json_internal.h"
#include "table/schema_change.h"
#include "table/text_width.h"

namespace pixlake::delta {

namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool TypeHasKey(const arrow::DataType& type, std::string_view key);

bool FieldHasKey(const arrow::Field& field, std::string_view key) {
  if (field.metadata() != nullptr) {
    for (const std::string& have : field.metadata()->keys()) {
      if (have == key || (key.ends_with('.') && have.starts_with(key))) {
        return true;
      }
    }
  }
  return TypeHasKey(*field.type(), key);
}

bool TypeHasKey(const arrow::DataType& type, std::string_view key) {
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [&](const auto& child) { return FieldHasKey(*child, key); });
}

bool SchemaHasKey(const arrow::Schema& schema, std::string_view key) {
  return std::any_of(schema.fields().begin(), schema.fields().end(),
                     [&](const auto& field) { return FieldHasKey(*field, key); });
}

bool HasListOrMap(const arrow::DataType& type) {
  const bool nested = type.id() == arrow::Type::LIST || type.id() == arrow::Type::MAP;
  return nested || std::any_of(type.fields().begin(), type.fields().end(),
                               [](const auto& child) { return HasListOrMap(*child->type()); });
}

// Whether IcebergCompatV2 asks something of data files or commits that ours have not always
// (PROTOCOL.md, "Writer Requirements for IcebergCompatV2"): partition values in the files, ids
// within lists and maps, no deletion vectors, column mapping.
bool IcebergAsksForMore(const Protocol& protocol, const Metadata& metadata) {
  const auto is_true = [&](const char* key) {
    const auto property = metadata.configuration.find(key);
    return property != metadata.configuration.end() && property->second == "true";
  };
  if (!is_true("delta.enableIcebergCompatV2")) {
    return false;
  }
  const auto schema = SchemaFromJson(metadata.schema_string);
  // Iceberg knows fewer widenings than Delta.
  return !schema.ok() || HasWriterFeature(protocol, "typeWidening") ||
         HasListOrMap(*arrow::struct_((*schema)->fields())) || !metadata.partition_columns.empty() ||
         is_true("delta.enableDeletionVectors") || is_true("delta.enableIcebergCompatV1") ||
         ColumnMappingMode(protocol, metadata).ValueOr("none") == "none";
}

bool IsUsed(std::string_view name, const Protocol& protocol, const Metadata& metadata,
            const arrow::Schema& schema) {
  if (name == "checkConstraints") {
    return !ConstraintsOf(metadata).empty();
  }
  if (name == "columnMapping") {
    return ColumnMappingMode(protocol, metadata).ValueOr("unknown") != "none";
  }
  if (name == "icebergCompatV2") {
    return IcebergAsksForMore(protocol, metadata);
  }
  const std::string_view key = name == "invariants"         ? "delta.invariants"
                               : name == "generatedColumns" ? table::kGeneratedKey
                               : name == "identityColumns"  ? "delta.identity."
                                                            : "CURRENT_DEFAULT";
  return SchemaHasKey(schema, key);
}

bool UsesTimestampNtz(const arrow::DataType& type) {
  if (type.id() == arrow::Type::TIMESTAMP) {
    return static_cast<const arrow::TimestampType&>(type).timezone().empty();
  }
  return std::any_of(type.fields().begin(), type.fields().end(),
                     [](const auto& child) { return UsesTimestampNtz(*child->type()); });
}

}  // namespace

std::vector<std::string> WriterFeatures(const Protocol& protocol) {
  if (protocol.min_writer_version >= 7) {
    return protocol.writer_features;
  }
  std::vector<std::string> out;
  for (const Feature& feature : KnownFeatures()) {
    if (feature.legacy_writer_version != 0 && feature.legacy_writer_version <= protocol.min_writer_version) {
      out.emplace_back(feature.name);
    }
  }
  return out;
}

Status CheckReadable(const Protocol& protocol) {
  std::vector<std::string> refused;
  for (const std::string& name : protocol.reader_features) {
    const Feature* feature = FindFeature(name);
    if (feature == nullptr || !feature->reads) {
      refused.push_back(name);
    }
  }
  if (protocol.min_reader_version > 3) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the table asks for Delta reader version {} and we read up to 3{}",
                    protocol.min_reader_version,
                    refused.empty() ? "" : fmt::format("; unknown features: {}", fmt::join(refused, ", "))));
  }
  if (protocol.min_reader_version < 1) {
    return Error(ErrorCode::kCorrupt, fmt::format("the table's reader version is {}; it starts at 1",
                                                  protocol.min_reader_version));
  }
  if (!refused.empty()) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the table uses Delta features that are not supported: {}", fmt::join(refused, ", ")));
  }
  return Status::OK();
}

namespace {

// `forbids`: whether a feature that binds writers of new rows is in use and not seen to.
Status CheckWriter(const Protocol& protocol, const Metadata& metadata, std::string_view deed,
                   const std::function<bool(const Feature&)>& forbids) {
  PL_RETURN_NOT_OK(CheckReadable(protocol));
  if (protocol.min_writer_version > 7) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the table asks for Delta writer version {} and we write up to 7",
                             protocol.min_writer_version));
  }
  std::vector<std::string> refused;
  for (const std::string& name : WriterFeatures(protocol)) {
    const Feature* feature = FindFeature(name);
    if (feature == nullptr || feature->appends == Appends::kNo ||
        (feature->appends != Appends::kYes && forbids(*feature))) {
      refused.push_back(name);
    }
  }
  if (!refused.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the table uses Delta features that cannot be {} yet: {}", deed,
                             fmt::join(refused, ", ")));
  }
  if (metadata.format_provider != "parquet") {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the table's files are in format `{}`, expected parquet", metadata.format_provider));
  }
  return Status::OK();
}

}  // namespace

Status CheckAppendable(const Protocol& protocol, const Metadata& metadata, const arrow::Schema& schema,
                       bool keeps_rules) {
  // No feature says so: readers that do not know CHAR and VARCHAR see text.
  if (!keeps_rules && SchemaHasKey(schema, table::kTextTypeKey)) {
    return Error(ErrorCode::kUnsupported,
                 "the table has CHAR or VARCHAR columns, whose widths are kept by INSERT and MERGE alone");
  }
  return CheckWriter(protocol, metadata, "appended to", [&](const Feature& feature) {
    const bool kept = keeps_rules && feature.appends == Appends::kByRules;
    return !kept && IsUsed(feature.name, protocol, metadata, schema);
  });
}

std::map<std::string, std::string> ConstraintsOf(const Metadata& metadata) {
  constexpr std::string_view kPrefix = "delta.constraints.";
  std::map<std::string, std::string> out;
  for (auto it = metadata.configuration.lower_bound(std::string(kPrefix));
       it != metadata.configuration.end() && it->first.starts_with(kPrefix); ++it) {
    out.emplace(it->first.substr(kPrefix.size()), it->second);
  }
  return out;
}

Status CheckWritable(const Protocol& protocol, const Metadata& metadata) {
  // Of the features that bind writers of new rows only one binds those who move rows, too.
  return CheckWriter(protocol, metadata, "written to", [&](const Feature& feature) {
    return feature.name == "icebergCompatV2" && IcebergAsksForMore(protocol, metadata);
  });
}

// PROTOCOL.md, "Reader Requirements for Column Mapping".
Result<std::string> ColumnMappingMode(const Protocol& protocol, const Metadata& metadata) {
  const auto property = metadata.configuration.find("delta.columnMapping.mode");
  const bool supported = protocol.min_reader_version == 2 ||
                         Contains(protocol.reader_features, "columnMapping") ||
                         HasWriterFeature(protocol, "columnMapping");
  if (property == metadata.configuration.end() || !supported) {
    return "none";
  }
  if (property->second != "none" && property->second != "name" && property->second != "id") {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format("delta.columnMapping.mode is `{}`; expected none, name or id", property->second));
  }
  return property->second;
}

bool InCommitTimestampsEnabled(const Protocol& protocol, const Metadata& metadata) {
  const auto property = metadata.configuration.find("delta.enableInCommitTimestamps");
  return property != metadata.configuration.end() && property->second == "true" &&
         HasWriterFeature(protocol, "inCommitTimestamp");
}

bool HasWriterFeature(const Protocol& protocol, std::string_view name) {
  return Contains(protocol.writer_features, name);
}

Protocol ProtocolFor(const arrow::Schema& schema) {
  const bool ntz = std::any_of(schema.fields().begin(), schema.fields().end(),
                               [](const auto& field) { return UsesTimestampNtz(*field->type()); });
  if (ntz) {
    return {3, 7, {"timestampNtz"}, {"timestampNtz", "appendOnly", "invariants"}};
  }
  return {1, 2, {}, {}};
}

std::vector<std::string> FeaturesForSchema(const arrow::Schema& schema) {
  std::vector<std::string> out;
  const bool ntz = std::any_of(schema.fields().begin(), schema.fields().end(),
                               [](const auto& field) { return UsesTimestampNtz(*field->type()); });
  const bool not_null = std::any_of(schema.fields().begin(), schema.fields().end(),
                                    [](const auto& field) { return !field->nullable(); });
  if (ntz) out.emplace_back("timestampNtz");
  if (not_null || SchemaHasKey(schema, "delta.invariants")) out.emplace_back("invariants");
  if (SchemaHasKey(schema, table::kGeneratedKey)) out.emplace_back("generatedColumns");
  if (SchemaHasKey(schema, table::kDefaultKey)) out.emplace_back("allowColumnDefaults");
  return out;
}

void DropFeatureRequests(std::map<std::string, std::string>* configuration) {
  std::erase_if(*configuration, [](const auto& entry) { return entry.first.starts_with("delta.feature."); });
}

std::vector<std::string> FeatureNames(const Protocol& protocol) {
  std::vector<std::string> writer = WriterFeatures(protocol);
  std::set<std::string> names(writer.begin(), writer.end());
  names.insert(protocol.reader_features.begin(), protocol.reader_features.end());
  if (protocol.min_reader_version == 2) {
    names.insert("columnMapping");
  }
  return {names.begin(), names.end()};
}

}  // namespace pixlake::delta
