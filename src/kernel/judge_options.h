// The parameters of `judge`, as a program holds them.
#pragma once

#include "base/result.h"
#include "kernel/parameters.h"
#include "sandbox/examiner.h"

namespace pixlake::kernel {

ParameterSchema JudgeParameters();

ParameterValues ToParameters(const sandbox::ExamineOptions& options);

// Of complete parameters.
sandbox::ExamineOptions ToExamineOptions(const ParameterValues& parameters);

}  // namespace pixlake::kernel
