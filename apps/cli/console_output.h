// Standard output and a bar on standard error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/output.h"

namespace pixlake::cli {

// What a command's session writes to.
class ConsoleOutput : public Output {
 public:
  explicit ConsoleOutput(bool bars) : bars_(bars) {}

  // After whatever was printed before, past the buffer of <cstdio>.
  Status Write(std::string_view bytes) override;
  std::unique_ptr<WorkWatch> Watch(std::string what, int64_t total) override;

 private:
  const bool bars_;
};

}  // namespace pixlake::cli
