#include "kernel/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "base/near.h"

namespace pixlake::kernel {
namespace {

constexpr size_t kMostText = size_t{1} << 20;

// A scalar of YAML's core schema (1.2, 10.3.2); what is quoted is a string whatever it looks like.
ParameterValue ScalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  int64_t integer = 0;
  const char* const end = text.data() + text.size();
  const char* const begin = text.starts_with('+') ? text.data() + 1 : text.data();
  if (const auto [at, error] = std::from_chars(begin, end, integer); error == std::errc() && at == end)
    return integer;
  double number = 0;
  if (const auto [at, error] = std::from_chars(begin, end, number); error == std::errc() && at == end)
    return number;
  return text;
}

bool IsOf(ParameterType type, const ParameterValue& value) {
  switch (type) {
    case ParameterType::kBoolean:
      return std::holds_alternative<bool>(value);
    case ParameterType::kInteger:
      return std::holds_alternative<int64_t>(value);
    case ParameterType::kNumber:
      return std::holds_alternative<double>(value) || std::holds_alternative<int64_t>(value);
    case ParameterType::kString:
      return std::holds_alternative<std::string>(value);
  }
  return false;
}

Status CheckValue(const Parameter& parameter, const ParameterValue& value, std::string_view of) {
  const auto wrong = [&](const std::string& expected) {
    return Error(ErrorCode::kUsage, fmt::format("{}: parameter {} is {}; expected {}", of, parameter.name,
                                                ParameterText(value), expected));
  };
  if (!IsOf(parameter.type, value))
    return wrong(fmt::format("a value of type {}", ParameterTypeName(parameter.type)));
  if (const auto* text = std::get_if<std::string>(&value)) {
    const auto& allowed = parameter.one_of;
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), *text) == allowed.end())
      return wrong(fmt::format("one of: {}", fmt::join(allowed, ", ")));
    return Status::OK();
  }
  if (std::holds_alternative<bool>(value) || (parameter.least == 0 && parameter.most == 0))
    return Status::OK();
  const double number = std::holds_alternative<double>(value) ? std::get<double>(value)
                                                              : static_cast<double>(std::get<int64_t>(value));
  // Written so that NaN is out of it.
  if (!(number >= parameter.least && number <= parameter.most))
    return wrong(fmt::format("{} to {}", parameter.least, parameter.most));
  return Status::OK();
}

}  // namespace

std::string_view ParameterTypeName(ParameterType type) {
  switch (type) {
    case ParameterType::kBoolean:
      return "boolean";
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kNumber:
      return "number";
    case ParameterType::kString:
      return "string";
  }
  return "";
}

Result<ParameterValues> ParseParameters(std::string_view text) {
  if (text.size() > kMostText)
    return Error(ErrorCode::kUsage, fmt::format("reading parameters: {} bytes of them; expected at most {}",
                                                text.size(), kMostText));
  ParameterValues values;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return values;
    if (!root.IsMap())
      return Error(ErrorCode::kUsage, "reading parameters: expected a mapping, such as {check: full}");
    for (const auto& entry : root) {
      const std::string place = fmt::format("reading parameters, line {}", entry.first.Mark().line + 1);
      if (!entry.first.IsScalar() || !entry.second.IsScalar()) {
        return Error(ErrorCode::kUsage,
                     place + ": expected a name and one value (a boolean, a number or a text)");
      }
      if (!values.emplace(entry.first.Scalar(), ScalarOf(entry.second)).second)
        return Error(ErrorCode::kUsage, fmt::format("{}: {} is given twice", place, entry.first.Scalar()));
    }
  } catch (const YAML::Exception& e) {
    return Error(ErrorCode::kUsage, fmt::format("reading parameters, line {}: {}", e.mark.line + 1, e.msg));
  }
  return values;
}

Result<ParameterValues> Complete(const ParameterSchema& schema, const ParameterValues& given,
                                 std::string_view of) {
  ParameterValues complete;
  std::vector<std::string> names;
  for (const Parameter& parameter : schema) {
    complete[parameter.name] = parameter.fallback;
    names.push_back(parameter.name);
  }
  for (const auto& [name, value] : given) {
    const auto parameter = std::find_if(
        schema.begin(), schema.end(), [&name = name](const Parameter& known) { return known.name == name; });
    if (parameter == schema.end()) {
      return Error(ErrorCode::kUsage,
                   fmt::format("{} has no parameter '{}'{}", of, name, DidYouMean(name, names)));
    }
    PL_RETURN_NOT_OK(CheckValue(*parameter, value, of));
    const auto* integer = std::get_if<int64_t>(&value);
    complete[name] = parameter->type == ParameterType::kNumber && integer != nullptr
                         ? ParameterValue(static_cast<double>(*integer))
                         : value;
  }
  return complete;
}

std::string ParameterText(const ParameterValue& value) {
  return std::visit(
      [](const auto& held) {
        return nlohmann::json(held).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      },
      value);
}

}  // namespace pixlake::kernel
