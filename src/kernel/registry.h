// Kernels by name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"

namespace pixlake::kernel {

// Makes a kernel out of parameters that are complete.
using KernelFactory = std::function<Result<std::unique_ptr<Kernel>>(const ParameterValues& parameters)>;

// Which kernels there are. Filled once, by whoever composes the program; then thread-safe.
class KernelRegistry {
 public:
  // The kernel that `make` gives for the parameters' fallbacks says its name and parameters. One
  // of that name is replaced.
  Status Register(const ParameterSchema& parameters, KernelFactory make);

  // kUsage for a name there is not (with what is near) and for parameters that do not fit.
  Result<std::unique_ptr<Kernel>> Make(std::string_view name, const ParameterValues& parameters = {}) const;

  // What every kernel says of itself, by name.
  std::vector<KernelInfo> List() const;

 private:
  struct Entry {
    KernelInfo info;
    KernelFactory make;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace pixlake::kernel
