// Many pieces of work side by side.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"
#include "base/work/executor.h"

namespace pixlake {

// body(0) to body(count - 1), up to `at_once` of them at a time, on the current executor. The caller does
// his part, all of it where no thread is free, and waits for no piece that is not begun. After an error no
// piece is begun any more; of several errors that of the smallest index. Memory that is lacking is
// kOverBudget, what else is thrown kInternal.
Status ForEach(WorkKind kind, size_t count, size_t at_once, const std::function<Status(size_t)>& body);

}  // namespace pixlake
