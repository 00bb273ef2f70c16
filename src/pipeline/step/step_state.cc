#include "pipeline/step/step_state.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pixlake::pipeline {
namespace {

std::string AppOf(const Step& step) {
  return "pixlake/step/" + step.name;
}

std::string AppOf(const Step& step, const StepInput& input) {
  return AppOf(step) + "/" + input.table.text();
}

std::string AppOfOutput(const Step& step) {
  return AppOf(step) + "/over";
}

// Each part with its length, so that no two lists of parts are one text.
void AddPart(std::string_view part, std::string* out) {
  *out += fmt::format("{}:{}", part.size(), part);
}

std::string TextOf(const kernel::ParameterValue& value) {
  return std::visit([](const auto& one) { return fmt::format("{}", one); }, value);
}

}  // namespace

Result<int64_t> FingerprintOf(const Step& step, const std::vector<OpenInput>& inputs,
                              const kernel::KernelRegistry& kernels) {
  std::string parts;
  AddPart(std::to_string(step.version), &parts);
  AddPart(step.output.text(), &parts);
  AddPart(step.key, &parts);
  AddPart(step.sql, &parts);
  for (const OpenInput& open : inputs) {
    AddPart(open.input->table.text(), &parts);
    AddPart(open.input->key, &parts);
    AddPart(open.input->keys, &parts);
    AddPart(open.snapshot->table_id(), &parts);
    // SQL of somebody else's may take whatever columns there are.
    if (step.is_own) AddPart(open.snapshot->row_schema()->ToString(/*show_metadata=*/false), &parts);
    if (!open.input->stays.empty()) AddPart(open.input->stays, &parts);
  }
  if (!step.kernel.name.empty()) {
    PL_ASSIGN_OR_RETURN(const auto kernel, kernels.Make(step.kernel.name, step.kernel.parameters));
    AddPart(step.kernel.name, &parts);
    AddPart(std::to_string(kernel->info().version), &parts);
    for (const auto& [name, value] : step.kernel.parameters) {
      AddPart(name, &parts);
      AddPart(TextOf(value), &parts);
    }
    for (const std::string& column : step.kernel.passed) AddPart(column, &parts);
  }
  return static_cast<int64_t>(XXH3_64bits(parts.data(), parts.size()) >> 1);
}

StepDecision Decide(const Step& step, const std::vector<OpenInput>& inputs, int64_t fingerprint,
                    const table::Snapshot& output) {
  StepDecision decision;
  for (const OpenInput& open : inputs)
    decision.watermarks.push_back(output.TxnVersion(AppOf(step, *open.input)));
  const std::optional<int64_t> made_by = output.TxnVersion(AppOf(step));
  if (!made_by || std::any_of(decision.watermarks.begin(), decision.watermarks.end(),
                              [](const auto& watermark) { return !watermark; })) {
    decision.mode = StepMode::kAll;
    decision.reason = step.output.text() + " was never made";
    return decision;
  }
  if (*made_by != fingerprint) {
    decision.mode = StepMode::kAll;
    decision.reason = "the step, its kernel or a table that it reads is another one";
    return decision;
  }
  std::vector<std::string> news;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t now = inputs[i].snapshot->version();
    const std::string name = inputs[i].input->table.text();
    if (*decision.watermarks[i] == now) continue;
    if (*decision.watermarks[i] > now) {
      decision.mode = StepMode::kAll;
      decision.reason = fmt::format("{} was put back to version {}", name, now);
      return decision;
    }
    if (inputs[i].key.empty() && inputs[i].input->keys.empty()) {
      decision.mode = StepMode::kAll;
      decision.reason =
          fmt::format("{} has no column `{}` to tell by what changed", name, inputs[i].input->key);
      return decision;
    }
    news.push_back(fmt::format("{} has versions {} to {}", name, *decision.watermarks[i] + 1, now));
  }
  // Lakes of before this was noted have no such note until the step's next commit.
  const std::optional<int64_t> over = output.TxnVersion(AppOfOutput(step));
  if (over && output.version() < *over) {
    decision.mode = StepMode::kAll;
    decision.reason = fmt::format("{} is an older one", step.output.text());
    return decision;
  }
  if (over && output.version() > *over + 1) decision.output_over = over;
  if (news.empty() && !decision.output_over) {
    decision.reason = "no news";
    return decision;
  }
  decision.mode = StepMode::kChanged;
  if (decision.output_over) news.push_back(step.output.text() + " was committed to by others");
  decision.reason = fmt::format("{}", fmt::join(news, ", "));
  return decision;
}

std::string OperationOf(const Step& step) {
  return "STEP " + step.name;
}

std::map<std::string, int64_t> NotesOf(const Step& step, const std::vector<OpenInput>& inputs,
                                       int64_t fingerprint, int64_t output) {
  std::map<std::string, int64_t> notes{{AppOf(step), fingerprint}, {AppOfOutput(step), output}};
  for (const OpenInput& open : inputs) notes[AppOf(step, *open.input)] = open.snapshot->version();
  return notes;
}

}  // namespace pixlake::pipeline
