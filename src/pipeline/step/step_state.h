// How far a step has come: which versions of its inputs its output is made of.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/registry.h"
#include "table/table.h"

#include "pipeline/step/step.h"

namespace pixlake::pipeline {

// An input, at the version that this run reads.
struct OpenInput {
  const StepInput* input = nullptr;
  std::string key;  // input->key, where the table has such a column
  bool key_is_text = false;
  std::unique_ptr<table::Table> table;
  std::shared_ptr<const table::Snapshot> snapshot;
};

// Stands for all that decides what comes out of the same rows: the step, its kernel's version, which tables
// it reads. A number, as it is noted in the output's transactions.
Result<int64_t> FingerprintOf(const Step& step, const std::vector<OpenInput>& inputs,
                              const kernel::KernelRegistry& kernels);

enum class StepMode {
  kNothing,  // the output is made of just these inputs
  kChanged,  // the keys that changes touch are made anew
  kAll,      // all of it is
};

struct StepDecision {
  StepMode mode = StepMode::kNothing;
  std::string reason;  // for people
  // By position of the input: up to which version its changes are in the output; nullopt: none is.
  std::vector<std::optional<int64_t>> watermarks;
  // Versions of the output behind that which the step's last commit was made over, that commit among them:
  // what others changed there is made anew. Empty: there is none but it.
  std::optional<int64_t> output_over;
};

StepDecision Decide(const Step& step, const std::vector<OpenInput>& inputs, int64_t fingerprint,
                    const table::Snapshot& output);

// What the output's commit notes: Transaction::NoteTxn. `output`: which version of it that is made over.
std::map<std::string, int64_t> NotesOf(const Step& step, const std::vector<OpenInput>& inputs,
                                       int64_t fingerprint, int64_t output);

// The operation that the history of the output tells of a step's commits.
std::string OperationOf(const Step& step);

}  // namespace pixlake::pipeline
