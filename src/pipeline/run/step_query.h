// The SELECT that gives a step's rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/run/kernel_rows.h"
#include "pipeline/run/key_set.h"
#include "pipeline/step/step_state.h"

namespace pixlake::pipeline {

// A part of the keys, so that what a query joins and groups fits into its memory.
struct Slice {
  int64_t index = 0;
  int64_t count = 1;
};

// How many, by a guess at what a row takes while it is joined: within half of `memory` bytes.
int64_t SlicesFor(int64_t rows, int64_t memory);

// Of a step over its inputs at the versions that were opened; they must outlive it.
class StepQuery {
 public:
  // `now_us`: when the run began, what {now} stands for.
  StepQuery(const Step& step, const std::vector<OpenInput>& inputs, bool key_is_text, int64_t now_us)
      : step_(step), inputs_(inputs), key_is_text_(key_is_text), now_us_(now_us) {}

  // Rows of `keys` (null: all), of a step with a kernel out of what it gave.
  std::string Rows(const KeySet* keys, const KernelRows* computed, const Slice& slice = {}) const;

 private:
  const Step& step_;
  const std::vector<OpenInput>& inputs_;
  const bool key_is_text_;
  const int64_t now_us_;
};

}  // namespace pixlake::pipeline
