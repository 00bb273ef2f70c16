// Bytes to a descriptor, all of them.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace pixlake {

// Over short writes and interrupts. The error names `path`.
Status WriteFully(int fd, const void* bytes, size_t size, const std::string& path);

}  // namespace pixlake
