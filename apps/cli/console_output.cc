#include "cli/console_output.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include "base/progress.h"
#include "engine/output/descriptor_output.h"

namespace pixlake::cli {

Status ConsoleOutput::Write(std::string_view bytes) {
  if (std::fflush(stdout) != 0) return ErrnoError(errno, "writing", "standard output");
  engine::DescriptorOutput out(STDOUT_FILENO, "standard output");
  return out.Write(bytes.data(), static_cast<int64_t>(bytes.size()));
}

std::unique_ptr<WorkWatch> ConsoleOutput::Watch(std::string what, int64_t total) {
  if (!bars_) return nullptr;
  if (total == 0 && count_) return std::make_unique<Progress>(std::move(what), count_, true);
  return std::make_unique<Progress>(std::move(what), total, true);
}

}  // namespace pixlake::cli
