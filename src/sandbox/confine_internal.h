// Giving up rights.
#pragma once

#include <cstdint>

namespace pixlake::sandbox {

// From here on this process may use the descriptors it has, memory up to `max_memory`
// bytes (0: any), time, and exit; any other system call ends it with SIGSYS. Dies with its parent.
// False when the kernel refuses (errno says why). A build with sanitizers, which need
// more than that, keeps its system calls.
bool Confine(int64_t max_memory);

}  // namespace pixlake::sandbox
