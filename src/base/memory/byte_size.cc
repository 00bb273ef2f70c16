#include "base/memory/byte_size.h"

#include <cctype>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace pixlake {

Result<int64_t> ParseByteSize(std::string_view text) {
  const auto fail = [&] {
    return Error(ErrorCode::kUsage,
                 fmt::format("'{}' is not a size; expected for instance 256MB or 2GB", text));
  };
  const std::string copy(text);
  char* end = nullptr;
  const double number = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !std::isfinite(number) || number < 0 || std::isdigit(copy[0]) == 0)
    return fail();
  std::string unit;
  for (; *end != '\0'; ++end) {
    if (*end != ' ') unit.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(*end))));
  }
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    const size_t power = std::string_view("KMGT").find(unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string_view::npos || (!rest.empty() && rest != "B" && rest != "IB")) return fail();
    factor = std::pow(1024.0, static_cast<double>(power + 1));
  }
  if (number * factor > 9.0e18) return fail();
  return static_cast<int64_t>(number * factor);
}

std::string FormatByteSize(int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace pixlake
