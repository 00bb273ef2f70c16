#include <functional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "delta/features_internal.h"

namespace pixlake::delta {

namespace {

enum class Appends { kYes, kNo, kUnlessUsed };

struct Feature {
  std::string_view name;
  bool reads;                     // a reader need not care, or we do what it asks
  Appends appends;                // may we append to a table that has it
  int64_t legacy_writer_version;  // the version below 7 that implies it; 0: none
};

// PROTOCOL.md, "Valid Feature Names in Table Features", with the previews met in
// the wild. What is not here is refused by its name.
constexpr Feature kFeatures[] = {
    {"appendOnly", true, Appends::kYes, 2},
    {"invariants", true, Appends::kUnlessUsed, 2},
    {"checkConstraints", true, Appends::kUnlessUsed, 3},
    {"changeDataFeed", true, Appends::kYes, 4},
    {"generatedColumns", true, Appends::kUnlessUsed, 4},
    {"columnMapping", true, Appends::kUnlessUsed, 5},
    {"identityColumns", true, Appends::kUnlessUsed, 6},
    {"allowColumnDefaults", true, Appends::kUnlessUsed, 0},
    {"deletionVectors", true, Appends::kYes, 0},
    {"timestampNtz", true, Appends::kYes, 0},
    {"domainMetadata", true, Appends::kYes, 0},
    {"v2Checkpoint", true, Appends::kYes, 0},  // V1 classic checkpoints are always allowed
    {"vacuumProtocolCheck", true, Appends::kYes, 0},
    {"inCommitTimestamp", true, Appends::kYes, 0},
    {"typeWidening", true, Appends::kNo, 0},
    {"typeWidening-preview", true, Appends::kNo, 0},
    {"rowTracking", true, Appends::kYes, 0},
    {"clustering", true, Appends::kYes, 0},
    {"icebergCompatV1", true, Appends::kNo, 0},
    {"icebergCompatV2", true, Appends::kNo, 0},
    // A column of the type is refused by its name where the schema is read.
    {"variantType", true, Appends::kYes, 0},
    {"variantType-preview", true, Appends::kYes, 0},
    {"variantShredding", false, Appends::kNo, 0},
    {"variantShredding-preview", false, Appends::kNo, 0},
    {"catalogManaged", false, Appends::kNo, 0},
    {"catalogOwned", false, Appends::kNo, 0},
    {"catalogOwned-preview", false, Appends::kNo, 0},
};

const Feature* FindFeature(std::string_view name) {
  for (const Feature& feature : kFeatures) {
    if (feature.name == name) {
      return &feature;
    }
  }
  return nullptr;
}

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

bool IsUsed(std::string_view name, const Protocol& protocol, const Metadata& metadata,
            const arrow::Schema& schema) {
  if (name == "checkConstraints") {
    const auto first = metadata.configuration.lower_bound("delta.constraints.");
    return first != metadata.configuration.end() && first->first.starts_with("delta.constraints.");
  }
  if (name == "columnMapping") {
    return ColumnMappingMode(protocol, metadata).ValueOr("unknown") != "none";
  }
  const std::string_view key = name == "invariants"         ? "delta.invariants"
                               : name == "generatedColumns" ? "delta.generationExpression"
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
  for (const Feature& feature : kFeatures) {
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

// `used`: whether the metadata uses a feature that binds writers of new rows.
Status CheckWriter(const Protocol& protocol, const Metadata& metadata, std::string_view deed,
                   const std::function<bool(std::string_view)>& used) {
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
        (feature->appends == Appends::kUnlessUsed && used(name))) {
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

Status CheckAppendable(const Protocol& protocol, const Metadata& metadata, const arrow::Schema& schema) {
  return CheckWriter(protocol, metadata, "appended to",
                     [&](std::string_view name) { return IsUsed(name, protocol, metadata, schema); });
}

Status CheckWritable(const Protocol& protocol, const Metadata& metadata) {
  return CheckWriter(protocol, metadata, "written to", [](std::string_view) { return false; });
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
