// What is done to images, and with what parameters and columns.
#include <memory>

#include <fmt/format.h>

#include "engine/session.h"

#include "cli/command.h"

namespace pixlake::cli {
namespace {

Json JsonOf(const kernel::ParameterValue& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json JsonOf(const kernel::Parameter& parameter) {
  Json json = {{"name", parameter.name},
               {"type", kernel::ParameterTypeName(parameter.type)},
               {"default", JsonOf(parameter.fallback)},
               {"what", parameter.what}};
  if (!parameter.one_of.empty()) json["enum"] = parameter.one_of;
  if (parameter.least != 0 || parameter.most != 0) {
    json["minimum"] = parameter.least;
    json["maximum"] = parameter.most;
  }
  return json;
}

Json JsonOf(const kernel::KernelInfo& info) {
  Json json = {{"name", info.name}, {"version", info.version}, {"what", info.what}};
  json["parameters"] = Json::array();
  for (const kernel::Parameter& parameter : info.parameters) json["parameters"].push_back(JsonOf(parameter));
  json["needs"] = Json::array();
  for (const kernel::NeededColumn& column : info.needs) {
    json["needs"].push_back({{"name", column.name},
                             {"type", column.type->ToString()},
                             {"required", column.required},
                             {"what", column.what}});
  }
  json["gives"] = Json::array();
  for (const kernel::GivenColumn& column : info.gives) {
    json["gives"].push_back(
        {{"name", column.field->name()}, {"type", column.field->type()->ToString()}, {"what", column.what}});
  }
  return json;
}

void PrintForPerson(const kernel::KernelInfo& info) {
  fmt::print("{} (version {}): {}\n", info.name, info.version, info.what);
  for (const kernel::Parameter& parameter : info.parameters) {
    fmt::print("  parameter {:<14} {:<8} {} (default {})\n", parameter.name,
               kernel::ParameterTypeName(parameter.type), parameter.what,
               kernel::ParameterText(parameter.fallback));
  }
  for (const kernel::NeededColumn& column : info.needs) {
    fmt::print("  needs     {:<14} {:<8} {}{}\n", column.name, column.type->ToString(), column.what,
               column.required ? "" : " (may be missing)");
  }
  for (const kernel::GivenColumn& column : info.gives)
    fmt::print("  gives     {:<14} {:<8} {}\n", column.field->name(), column.field->type()->ToString(),
               column.what);
}

Status Run(const CommonOptions& options, const std::string& name) {
  PL_ASSIGN_OR_RETURN(const auto session, MakeSession(options));
  std::vector<kernel::KernelInfo> infos = session->kernels().List();
  if (!name.empty()) {
    PL_ASSIGN_OR_RETURN(const auto kernel, session->kernels().Make(name));
    infos = {kernel->info()};
  }
  if (options.json) {
    Json kernels = Json::array();
    for (const kernel::KernelInfo& info : infos) kernels.push_back(JsonOf(info));
    PrintJson({{"status", "ok"}, {"kernels", std::move(kernels)}});
    return Status::OK();
  }
  bool first = true;
  for (const kernel::KernelInfo& info : infos) {
    if (!first) fmt::print("\n");
    first = false;
    PrintForPerson(info);
  }
  return Status::OK();
}

}  // namespace

void AddKernelsCommand(CLI::App* program) {
  CLI::App* command = program->add_subcommand(
      "kernels",
      "What pixlake does to images: every kernel with its parameters, the columns it needs and gives");
  const auto options = std::make_shared<CommonOptions>();
  const auto name = std::make_shared<std::string>();
  command->add_option("NAME", *name, "This one alone");
  AddCommonOptions(command, options.get());
  HideOptions(command, {"--quiet", "--memory", "--threads", "--no-sync"});
  OnCommand(command, options.get(), [options, name] { return Run(*options, *name); });
}

}  // namespace pixlake::cli
