// Giving up rights.
#pragma once

#include <cstdint>

namespace pixlake::sandbox {

// From here on this process may use the descriptors it has, memory up to `max_memory`
// bytes (0: any), time, and exit; any other system call ends it with SIGSYS.
// False when the kernel refuses (errno says why). A build with sanitizers, which need
// more than that, keeps its system calls.
bool Confine(int64_t max_memory);

// From here on this process ends (SIGIO) when the last writer of the pipe `fd` is gone, in
// the middle of whatever it does; false when it is gone already or the kernel refuses.
// PR_SET_PDEATHSIG would not do: it goes by the thread that started the process, and the
// threads that ask end before the process they belong to.
bool EndWithWriterOf(int fd);

}  // namespace pixlake::sandbox
