// Standard output and a bar on standard error.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/output.h"

namespace pixlake::cli {

// What a command's session writes to.
class ConsoleOutput : public Output {
 public:
  // `count` finds out of how many items work is that does not say so itself; may be empty.
  explicit ConsoleOutput(bool bars, std::function<int64_t()> count = {})
      : bars_(bars), count_(std::move(count)) {}

  // After whatever was printed before, past the buffer of <cstdio>.
  Status Write(std::string_view bytes) override;
  std::unique_ptr<WorkWatch> Watch(std::string what, int64_t total) override;

 private:
  const bool bars_;
  const std::function<int64_t()> count_;
};

}  // namespace pixlake::cli
