// What there is, by name: table formats and kernels. The composition root.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "table/table.h"

#include "kernel/judge_options.h"
#include "kernel/registry.h"

namespace pixlake::engine {

// One for a process is enough; its sessions share it. Thread-safe once nothing is registered any
// more. It decides nothing about memory, threads or places: a Session does.
class Engine {
 public:
  static Result<std::shared_ptr<Engine>> Make();

  // kUsage for a name no format is registered under.
  Result<table::TableFormat*> Format(std::string_view name) const;
  const std::vector<std::unique_ptr<table::TableFormat>>& formats() const { return formats_; }

  // What is done to images, by name.
  const kernel::KernelRegistry& kernels() const { return kernels_; }
  // To register kernels in, before anything runs.
  kernel::KernelRegistry* mutable_kernels() { return &kernels_; }

 private:
  Engine();

  std::vector<std::unique_ptr<table::TableFormat>> formats_;
  kernel::KernelRegistry kernels_;
};

}  // namespace pixlake::engine
