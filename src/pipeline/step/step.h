// A step from tables to a table: what it reads, what it makes of it, and which rows belong together.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/lake.h"
#include "kernel/parameters.h"

namespace pixlake::pipeline {

struct StepInput {
  catalog::TableName table;
  // The column by whose value a row of it is part of the output's rows of that key. Empty, or a column that
  // the table does not have: `keys` says so.
  std::string key;
  // Which keys of the output a change touches where it is no single column: a SELECT of one column out of
  // `changed`, the rows that were added, removed or changed. May name the step's inputs. Such an input is
  // read whole.
  // Empty too: after any change of it all of the output is made anew.
  std::string keys = {};
  // Rows of it that the step does not see are those of which this is false; empty: it sees all. By what is in
  // the row alone.
  std::string stays = {};
};

// The part of a step that SQL cannot do: a kernel over the rows of the step's first input.
struct StepKernel {
  std::string name;  // empty: none
  kernel::ParameterValues parameters = {};
  std::vector<std::string> passed = {};  // columns of the input that stand beside what the kernel gives
};

// Rows of `output` that have the same `key` are made of the inputs' rows of that key and of nothing
// else: so whatever changed, only the keys that it touches are made anew.
struct Step {
  std::string name;
  std::string what;
  int version = 1;  // counts changes of what comes out of the same rows
  std::vector<StepInput> inputs;
  catalog::TableName output;
  std::string key;
  StepKernel kernel = {};
  // A SELECT with the output's columns by name. Inputs are called by the last part of their names, without
  // their blobs; the kernel's rows `computed`. {now}: when the run began.
  std::string sql;
  // A SELECT of texts over `output`, the step's: a row ends the run behind the step, with these words.
  std::string stops = {};
  // Somebody else's: that its output's rows of a key come of the inputs' rows of that key alone is seen to,
  // as far as it can be.
  bool is_own = false;
  // Where its SQL stands, for messages; empty: in no file.
  std::string where = {};
};

// In an order in which every step's inputs are there. kUsage for two steps of one name or one output, for
// circles, and for inputs that neither `known` has nor a step makes, with what is near.
Result<std::vector<Step>> InOrder(std::vector<Step> steps, const std::vector<std::string>& known);

}  // namespace pixlake::pipeline
