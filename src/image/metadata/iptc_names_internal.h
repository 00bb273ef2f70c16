// Names of IPTC's datasets.
#pragma once

#include <cstdint>
#include <string_view>

namespace pixlake::image {

enum class IptcKind : uint8_t { kText, kNumber, kBinary };

struct IptcName {
  uint8_t record;
  uint8_t number;
  std::string_view name;
  bool repeatable = false;
  IptcKind kind = IptcKind::kText;
};

// Null when the table has none.
const IptcName* FindIptcName(uint8_t record, uint8_t number);

}  // namespace pixlake::image
