// Every table feature we know of, as one table of data: what reading, writing and switching
// on take their answers from, and what docs/delta.md is made of.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pixlake::delta {

enum class Appends {
  kYes,
  kNo,
  kUnlessUsed,
  kByRules,  // by whoever keeps table::WriteRules and FileSchema(); else unless used
};

// How a feature is switched on.
struct Switch {
  bool possible = false;
  bool binds_readers = false;        // stands in readerFeatures too
  std::string_view depends_on = "";  // "" nothing
  std::string_view property = "";    // by which: true, or any value but `off`
  std::string_view off = "false";
};

struct Feature {
  std::string_view name;
  bool reads;  // a reader need not care, or we do what it asks
  Appends appends;
  int64_t legacy_writer_version;  // the version below 7 that implies it; 0: none
  Switch enable;
  std::string_view note;
};

// In the order of the protocol's text.
std::span<const Feature> KnownFeatures();

// Null for a name that is not known.
const Feature* FindFeature(std::string_view name);

}  // namespace pixlake::delta
