// What is to be expected of the corpus's tables that do not say so themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace pixlake::delta::testing {

struct Refusal {
  ErrorCode code;
  std::string says;  // what the message must name
};

// Tables that cannot or must not be read, by `<folder>/<table>`.
const std::map<std::string, Refusal>& ExpectedRefusals();

// Tables that came without (all of) their data files: the files their log names. They
// are planned, and the scan fails for the missing file.
const std::map<std::string, int64_t>& ExpectedFilesOfLogOnlyTables();

// Tables without expected rows: how many rows delta-rs 1.6.6 counts; type-widening,
// which it cannot read, by the rows of its files.
const std::map<std::string, int64_t>& ExpectedRowCounts();

}  // namespace pixlake::delta::testing
