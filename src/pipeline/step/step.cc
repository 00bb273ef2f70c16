#include "pipeline/step/step.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/near.h"

namespace pixlake::pipeline {
namespace {

Status CheckOutputs(const std::vector<Step>& steps) {
  std::set<std::string> names;
  std::map<std::string, std::string> makers;
  for (const Step& step : steps) {
    if (!names.insert(step.name).second)
      return Error(ErrorCode::kUsage, fmt::format("two steps are called `{}`", step.name));
    const auto [maker, is_first] = makers.emplace(step.output.text(), step.name);
    if (is_first) continue;
    return Error(ErrorCode::kUsage,
                 fmt::format("the steps `{}` and `{}` both make {}; a table is made by one", maker->second,
                             step.name, step.output.text()));
  }
  return Status::OK();
}

}  // namespace

Result<std::vector<Step>> InOrder(std::vector<Step> steps, const std::vector<std::string>& known) {
  PL_RETURN_NOT_OK(CheckOutputs(steps));
  std::set<std::string> there(known.begin(), known.end());
  std::set<std::string> made;
  for (const Step& step : steps) {
    made.insert(step.output.text());
    there.erase(step.output.text());  // as this run leaves it
  }
  for (const Step& step : steps) {
    std::set<std::string> called;
    for (const StepInput& input : step.inputs) {
      const std::string name = input.table.text();
      if (!called.insert(input.table.name).second) {
        return Error(ErrorCode::kUsage, fmt::format("step `{}` reads two tables that SQL would both call {}",
                                                    step.name, input.table.name));
      }
      if (there.contains(name) || made.contains(name)) continue;
      std::vector<std::string> all(there.begin(), there.end());
      all.insert(all.end(), made.begin(), made.end());
      return Error(ErrorCode::kUsage, fmt::format("step `{}` reads {}, and there is no such table{}",
                                                  step.name, name, DidYouMean(name, all)));
    }
  }
  std::vector<Step> ordered;
  while (!steps.empty()) {
    const auto ready = std::find_if(steps.begin(), steps.end(), [&](const Step& step) {
      return std::all_of(step.inputs.begin(), step.inputs.end(),
                         [&](const StepInput& input) { return there.contains(input.table.text()); });
    });
    if (ready == steps.end()) {
      std::vector<std::string> names;
      for (const Step& step : steps) names.push_back(step.name);
      return Error(ErrorCode::kUsage,
                   fmt::format("each of the steps {} waits for another of them", fmt::join(names, ", ")));
    }
    there.insert(ready->output.text());
    ordered.push_back(std::move(*ready));
    steps.erase(ready);
  }
  return ordered;
}

}  // namespace pixlake::pipeline
