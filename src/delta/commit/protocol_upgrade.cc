// Features in use and switched on (PROTOCOL.md, "Table Features").
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "delta/feature/feature_table_internal.h"
#include "delta/feature/features_internal.h"

namespace pixlake::delta {

namespace {

// Null for what we cannot switch on.
const Switch* FindSwitch(std::string_view name) {
  const Feature* feature = FindFeature(name);
  return feature == nullptr || !feature->enable.possible ? nullptr : &feature->enable;
}

void AddOnce(std::vector<std::string>* names, std::string_view name) {
  if (std::find(names->begin(), names->end(), name) == names->end()) {
    names->emplace_back(name);
  }
}

bool IsTrue(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.configuration.find(key);
  return found != metadata.configuration.end() && found->second == "true";
}

}  // namespace

Result<Protocol> WithFeatures(const Protocol& protocol, const std::vector<std::string>& names) {
  const std::vector<std::string> have = FeatureNames(protocol);
  std::vector<std::string> missing;
  std::vector<std::string> unknown;
  for (const std::string& name : names) {
    const Switch* upgrade = FindSwitch(name);
    if (upgrade == nullptr) {
      unknown.push_back(name);
      continue;
    }
    for (const std::string_view wanted : {std::string_view(name), upgrade->depends_on}) {
      if (!wanted.empty() && std::find(have.begin(), have.end(), wanted) == have.end()) {
        AddOnce(&missing, wanted);
      }
    }
  }
  if (!unknown.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("Delta features that cannot be switched on: {}", fmt::join(unknown, ", ")));
  }
  if (missing.empty()) {
    return protocol;
  }
  Protocol out = protocol;
  out.writer_features = WriterFeatures(protocol);
  if (protocol.min_reader_version < 3 && protocol.min_reader_version >= 2) {
    AddOnce(&out.reader_features, "columnMapping");
  }
  out.min_writer_version = 7;
  for (const std::string& name : missing) {
    AddOnce(&out.writer_features, name);
    if (FindSwitch(name)->binds_readers) {
      AddOnce(&out.reader_features, name);
    }
  }
  // Reader version 2 with writer version 7 stays as it is until a feature binds readers.
  const bool only_mapping = out.reader_features == std::vector<std::string>{"columnMapping"};
  if (protocol.min_reader_version == 2 && only_mapping) {
    out.reader_features.clear();
  } else if (!out.reader_features.empty()) {
    out.min_reader_version = 3;
  }
  return out;
}

std::vector<std::string> FeaturesForProperties(const std::map<std::string, std::string>& configuration) {
  constexpr std::string_view kFeaturePrefix = "delta.feature.";
  std::vector<std::string> out;
  for (const auto& [key, value] : configuration) {
    for (const Feature& feature : KnownFeatures()) {
      const Switch& enable = feature.enable;
      const bool on = enable.off == "false" ? value == "true" : value != enable.off;
      if (!enable.property.empty() && enable.property == key && on) {
        AddOnce(&out, feature.name);
      }
    }
    if (key.starts_with(kFeaturePrefix) && (value == "supported" || value == "enabled")) {
      AddOnce(&out, std::string_view(key).substr(kFeaturePrefix.size()));
    }
    if (key.starts_with("delta.constraints.")) {
      AddOnce(&out, "checkConstraints");
    }
  }
  return out;
}

bool IsAppendOnly(const Protocol& protocol, const Metadata& metadata) {
  const std::vector<std::string> features = WriterFeatures(protocol);
  return IsTrue(metadata, "delta.appendOnly") &&
         std::find(features.begin(), features.end(), "appendOnly") != features.end();
}

bool AssignsRowIds(const Protocol& protocol, const Metadata& metadata) {
  return HasWriterFeature(protocol, "rowTracking") && !IsTrue(metadata, "delta.rowTrackingSuspended");
}

}  // namespace pixlake::delta
