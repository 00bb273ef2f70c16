// The parameters of kernels: what there are, and what somebody wrote.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace pixlake::kernel {

using ParameterValue = std::variant<bool, int64_t, double, std::string>;

enum class ParameterType { kBoolean, kInteger, kNumber, kString };

// "boolean", "integer", "number", "string": the words of JSON Schema.
std::string_view ParameterTypeName(ParameterType type);

struct Parameter {
  std::string name;
  ParameterType type = ParameterType::kString;
  ParameterValue fallback;            // when it is not given
  std::string what;                   // with its unit
  std::vector<std::string> one_of{};  // of a string; empty: any
  double least = 0, most = 0;         // of numbers; both 0: any
};

using ParameterSchema = std::vector<Parameter>;
using ParameterValues = std::map<std::string, ParameterValue>;

// A mapping in YAML, and so in JSON: {check: full, max_pixels: 1000}. Empty text is an empty
// mapping. kUsage, naming the line, for anything else.
Result<ParameterValues> ParseParameters(std::string_view text);

// The values with what was not given filled in. `of` is what they are of, for messages. kUsage
// for a name there is not (with what is near), a value of another type or out of its range.
Result<ParameterValues> Complete(const ParameterSchema& schema, const ParameterValues& given,
                                 std::string_view of);

// As JSON writes it: true, 8, 0.5, "full".
std::string ParameterText(const ParameterValue& value);

}  // namespace pixlake::kernel
