// The composition root: which formats there are, and the resources all work shares.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "table/table.h"

#include "catalog/lake.h"
#include "kernel/judge_options.h"
#include "kernel/registry.h"

namespace pixlake::engine {

struct EngineOptions {
  int64_t memory_bytes = 0;  // 0: a quarter of the machine's, at most 4 GiB
  int threads = 0;           // 0: one for each core this process may use
  bool sync = true;          // fsync before success is reported
  std::string lake;          // path or URI of the lake whose tables have names; empty: none
};

// Thread-safe once made.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Make(EngineOptions options);

  int64_t memory_bytes() const { return options_.memory_bytes; }
  int threads() const { return options_.threads; }
  bool sync() const { return options_.sync; }

  // A path or URI to a place in a store; with a lake, "raw.images" is the place of
  // its table of that name.
  Result<io::Location> Locate(const std::string& uri) const;

  // The lake of the options. kUsage when none was given, kNotFound when it is none.
  Result<catalog::Lake> OpenLake() const;
  bool has_lake() const { return !options_.lake.empty(); }

  // The table at `uri`, whatever its format. kNotFound, naming the formats looked
  // for, when there is none.
  Result<std::unique_ptr<table::Table>> OpenTable(const std::string& uri) const;

  // Whether there is a table of any format; false also where it cannot be told.
  bool IsTable(const std::string& uri) const;

  // kUsage for a name no format is registered under.
  Result<table::TableFormat*> Format(std::string_view name) const;

  // What is done to images, by name.
  const kernel::KernelRegistry& kernels() const { return kernels_; }
  // To register kernels in, before anything runs.
  kernel::KernelRegistry* mutable_kernels() { return &kernels_; }
  // `judge`, or what was registered in its place.
  Result<std::unique_ptr<kernel::Kernel>> MakeJudge(const sandbox::ExamineOptions& options) const;

 private:
  explicit Engine(EngineOptions options);

  EngineOptions options_;
  std::vector<std::unique_ptr<table::TableFormat>> formats_;
  kernel::KernelRegistry kernels_;
};

}  // namespace pixlake::engine
