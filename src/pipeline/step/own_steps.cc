#include "pipeline/step/own_steps.h"

#include <algorithm>

#include <arrow/api.h>
#include <fmt/format.h>

#include "base/near.h"
#include "base/sql_text.h"
#include "query/text/sql_cursor.h"

namespace pixlake::pipeline {
namespace {

Status InSettings(const settings::Settings& settings, size_t index, const char* key,
                  const std::string& what) {
  return Error(ErrorCode::kUsage,
               fmt::format("{}: {}", settings.Where(fmt::format("steps[{}].{}", index, key)), what));
}

Result<catalog::TableName> TableOf(const settings::Settings& settings, size_t index, const char* key,
                                   const std::string& name) {
  auto table = catalog::ParseTableName(name);
  if (table) return *std::move(table);
  return InSettings(
      settings, index, key,
      fmt::format("`{}` is no table of a lake; expected raw., processed. or curated. and a name "
                  "of lower-case letters, digits and _",
                  name));
}

// The column of an input that holds the step's key: its own name, but that raw.images and raw.metadata call
// an image's id `id`. Ids of other raw tables are no images'.
std::string KeyIn(const catalog::TableName& table, const std::string& key) {
  const bool of_images = table.text() == "raw.images" || table.text() == "raw.metadata";
  return of_images && key == "image_id" ? "id" : key;
}

kernel::ParameterValues ValuesOf(const settings::Step& step) {
  return {step.parameters.begin(), step.parameters.end()};
}

// More than one statement would be run as such.
Status CheckOneSelect(const settings::Settings& settings, size_t index, const std::string& sql) {
  if (sql.empty()) return Status::OK();
  const auto statements = query::SplitStatements(sql, std::make_shared<query::SqlNames>());
  if (!statements.ok()) return InSettings(settings, index, "sql", statements.status().message());
  if (statements->size() == 1) return Status::OK();
  return InSettings(settings, index, "sql",
                    fmt::format("{} statements; expected one SELECT", statements->size()));
}

Result<Step> OwnStep(const settings::Settings& settings, size_t index,
                     const kernel::KernelRegistry& kernels) {
  const settings::Step& own = settings.steps[index];
  Step step;
  step.name = own.name;
  step.what = own.description;
  step.key = own.key.empty() ? "image_id" : own.key;
  step.sql = own.sql;
  step.is_own = true;
  step.where = settings.Where(fmt::format("steps[{}].sql", index));
  PL_ASSIGN_OR_RETURN(step.output, TableOf(settings, index, "output", own.output));
  if (step.output.zone == "raw")
    return InSettings(settings, index, "output", "raw tables are ingest's; expected processed. or curated.");
  if (own.inputs.empty())
    return InSettings(settings, index, "inputs", "none; expected the tables that the step reads");
  PL_RETURN_NOT_OK(CheckOneSelect(settings, index, own.sql));
  for (const std::string& name : own.inputs) {
    PL_ASSIGN_OR_RETURN(catalog::TableName table, TableOf(settings, index, "inputs", name));
    std::string key = KeyIn(table, step.key);
    step.inputs.push_back({std::move(table), std::move(key)});
  }
  if (own.kernel.empty()) return step;
  const auto kernel = kernels.Make(own.kernel, ValuesOf(own));
  if (!kernel.ok()) return InSettings(settings, index, "kernel", kernel.status().message());
  step.kernel = {own.kernel, ValuesOf(own), {step.inputs.front().key}};
  const auto input = catalog::OwnTable(step.inputs.front().table);
  if (input && input->schema->GetFieldByName("date_partition") != nullptr)
    step.kernel.passed.emplace_back("date_partition");
  const std::string& key = step.inputs.front().key;
  step.sql = key == step.key ? "SELECT * FROM computed"
                             : fmt::format("SELECT {0} AS {1}, * EXCLUDE ({0}) FROM computed", SqlName(key),
                                           SqlName(step.key));
  return step;
}

}  // namespace

Result<std::vector<Step>> WithOwnSteps(std::vector<Step> steps, const settings::Settings& settings,
                                       const kernel::KernelRegistry& kernels) {
  for (size_t i = 0; i < settings.steps.size(); ++i) {
    const settings::Step& own = settings.steps[i];
    const bool off = own.enabled && !*own.enabled;
    if (own.own()) {
      if (off) continue;
      PL_ASSIGN_OR_RETURN(steps.emplace_back(), OwnStep(settings, i, kernels));
      continue;
    }
    const auto known =
        std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.name == own.name; });
    if (known == steps.end()) {
      std::vector<std::string> names;
      for (const Step& step : steps) names.push_back(step.name);
      return InSettings(
          settings, i, "name",
          fmt::format("a step without kernel and SQL is said of one there is, and `{}` is none{}", own.name,
                      DidYouMean(own.name, names)));
    }
    if (off) {
      steps.erase(known);
      continue;
    }
    if (own.parameters.empty()) continue;
    const auto kernel = kernels.Make(known->kernel.name, ValuesOf(own));
    if (!kernel.ok()) return InSettings(settings, i, "parameters", kernel.status().message());
    known->kernel.parameters = ValuesOf(own);
  }
  return steps;
}

}  // namespace pixlake::pipeline
