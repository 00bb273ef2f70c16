#include "kernel/judge_options.h"

#include <array>
#include <utility>

namespace pixlake::kernel {
namespace {

using sandbox::Sandbox;

constexpr std::array<std::pair<std::string_view, Sandbox>, 3> kSandboxes = {
    {{"fetched", Sandbox::kFetched}, {"always", Sandbox::kAlways}, {"never", Sandbox::kNever}}};
constexpr std::array<std::pair<std::string_view, image::CheckLevel>, 2> kChecks = {
    {{"header", image::CheckLevel::kHeader}, {"full", image::CheckLevel::kFull}}};

template <typename T, size_t kCount>
std::string NameOf(const std::array<std::pair<std::string_view, T>, kCount>& names, T value) {
  for (const auto& [name, named] : names) {
    if (named == value) return std::string(name);
  }
  return "";
}

template <typename T, size_t kCount>
T Named(const std::array<std::pair<std::string_view, T>, kCount>& names, const ParameterValue& value) {
  for (const auto& [name, named] : names) {
    if (name == std::get<std::string>(value)) return named;
  }
  return names.front().second;
}

}  // namespace

ParameterSchema JudgeParameters() {
  const sandbox::ExamineOptions fallback;
  return {
      {"check",
       ParameterType::kString,
       NameOf(kChecks, fallback.check),
       "header: what headers and structure tell; full: every pixel of every frame is decoded",
       {"header", "full"}},
      {"sandbox",
       ParameterType::kString,
       NameOf(kSandboxes, fallback.sandbox),
       "which images are looked at in processes that can do nothing else",
       {"fetched", "always", "never"}},
      {"max_pixels",
       ParameterType::kInteger,
       fallback.max_pixels,
       "images of more pixels a frame are bombs",
       {},
       1,
       static_cast<double>(int64_t{1} << 40)},
      {"max_millis",
       ParameterType::kInteger,
       fallback.max_millis,
       "images that take more milliseconds to decode are bombs",
       {},
       1,
       86400e3},
      {"describe", ParameterType::kBoolean, fallback.describe, "give what the image says of itself, too"},
  };
}

ParameterValues ToParameters(const sandbox::ExamineOptions& options) {
  return {{"check", NameOf(kChecks, options.check)},
          {"sandbox", NameOf(kSandboxes, options.sandbox)},
          {"max_pixels", options.max_pixels},
          {"max_millis", options.max_millis},
          {"describe", options.describe}};
}

sandbox::ExamineOptions ToExamineOptions(const ParameterValues& parameters) {
  sandbox::ExamineOptions options;
  options.check = Named(kChecks, parameters.at("check"));
  options.sandbox = Named(kSandboxes, parameters.at("sandbox"));
  options.max_pixels = std::get<int64_t>(parameters.at("max_pixels"));
  options.max_millis = std::get<int64_t>(parameters.at("max_millis"));
  options.describe = std::get<bool>(parameters.at("describe"));
  return options;
}

}  // namespace pixlake::kernel
