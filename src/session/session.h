// One piece of somebody's work: on whose behalf, within what, until when, and where its results go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory/memory_plan.h"
#include "base/output.h"
#include "base/principal.h"
#include "base/result.h"
#include "base/stop/stop_token.h"
#include "base/work/executor.h"
#include "catalog/lake.h"
#include "session/registry.h"
#include "table/table.h"
#include "table/table_reference.h"

namespace pixlake::session {

class ArrowPools;

struct SessionOptions {
  int64_t memory_bytes = 0;            // 0: a quarter of the machine's, at most 4 GiB
  int threads = 0;                     // 0: one for each core this process may use
  bool sync = true;                    // fsync before success is reported
  std::string lake;                    // path or URI of the lake whose tables have names; empty: none
  std::optional<Principal> principal;  // none: the user the process runs as
  StopToken stop;                      // stops the session too
  std::shared_ptr<Output> output;      // none: kUsage for who writes there
};

struct ReadableTable {
  std::unique_ptr<table::Table> table;
  std::shared_ptr<const table::Snapshot> rows;      // behind the gate
  std::shared_ptr<const table::Snapshot> snapshot;  // as it is: for plans and indexes, not to be shown
};

// What every function of engine takes. Functions that take one do their work in its scope (Enter):
// Stop ends them with kCancelled, and sessions beside it, of the same registry too, go on. Thread-safe
// once made. While it lives it lends the process's caches its shares of memory.
class Session {
 public:
  // kUsage for a budget or a number of threads that cannot be.
  static Result<std::unique_ptr<Session>> Make(std::shared_ptr<const Registry> registry,
                                               SessionOptions options);
  // The same session with another lake: stops with this one, has the same memory and threads. This
  // outlives it.
  Result<std::unique_ptr<Session>> WithLake(std::string lake) const;
  // Its threads end with it; what works for it has ended before.
  ~Session();

  // Its work ends with kCancelled as soon as it can; what is committed stays.
  void Stop() const { stop_->Stop(); }
  StopToken stop_token() const { return stop_->token(); }
  // While the scope lives this thread works for this session: a stop reaches it, and work that it gives
  // away is done by the session's threads (base/work/executor.h).
  [[nodiscard]] StopScope Enter() const { return StopScope(stop_token()); }

  // Read from the system when first asked for, where the options name none.
  const Principal& principal() const;

  int64_t memory_bytes() const { return options_.memory_bytes; }
  MemoryPlan Plan(Work work) const { return MemoryPlan::For(work, options_.memory_bytes); }
  // How many work at once; those that wait for disks and sockets are not counted.
  int threads() const { return options_.threads; }
  bool sync() const { return options_.sync; }
  // kUsage when the session has none.
  Result<Output*> output() const;
  // Who watches work called `what` on `total` items (0: unknown): to be called with what was done,
  // from any thread; it stops watching with its last copy.
  std::function<void(int64_t items, int64_t bytes)> Watch(std::string what, int64_t total = 0) const;

  // How files on local disks are written.
  io::LocalOptions local_options() const;

  // A path or URI to a place in a store; with a lake, "raw.images" is the place of
  // its table of that name.
  Result<io::Location> Locate(const std::string& uri) const;

  // The lake of the options. kUsage when none was given, kNotFound when it is none.
  Result<catalog::Lake> OpenLake() const;
  bool has_lake() const { return !options_.lake.empty(); }

  // The table at `uri`, whatever its format. kNotFound, naming the formats looked
  // for, when there is none.
  Result<std::unique_ptr<table::Table>> OpenTable(const std::string& uri) const;

  // The rows of a version as this session's principal may see them. Whatever shows rows or blobs
  // opens tables by this; OpenTable is for who changes them or keeps them in order.
  Result<ReadableTable> OpenToRead(const std::string& uri, const table::VersionSpec& version = {}) const;
  // For who changes rows by what is in them, and for who tells what rows are like. kUnauthorised where
  // not all of the table may be read: what is hidden would be told by what is changed.
  Result<std::unique_ptr<table::Table>> OpenToChange(const std::string& uri) const;
  // The gate before what is read of the table; null: none.
  Result<std::shared_ptr<const table::RowGate>> GateFor(const table::Table& table) const;
  // Somebody may not see everything: files are not read past the tables they are of.
  bool is_governed() const { return registry_->read_policy() != nullptr; }

  // The same, of the reference's format alone where it names one.
  Result<std::unique_ptr<table::Table>> OpenTable(const table::TableReference& reference) const;

  // Whether there is a table of any format; false also where it cannot be told.
  bool IsTable(const std::string& uri) const;

  Result<table::TableFormat*> Format(std::string_view name) const { return registry_->Format(name); }
  std::vector<std::string> FormatNames() const { return registry_->FormatNames(); }
  table::TableFormat* new_table_format() const { return registry_->new_table_format(); }
  const kernel::KernelRegistry& kernels() const { return registry_->kernels(); }
  // `judge`, or what was registered in its place.
  Result<std::unique_ptr<kernel::Kernel>> MakeJudge(const sandbox::ExamineOptions& options) const;

 private:
  struct Known;  // what is found out late
  Session(std::shared_ptr<const Registry> registry, SessionOptions options,
          std::shared_ptr<Executor> executor);
  void LendToCaches();

  const std::shared_ptr<const Registry> registry_;
  const SessionOptions options_;
  const std::unique_ptr<ArrowPools> arrow_pools_;
  const std::shared_ptr<Executor> executor_;
  const std::unique_ptr<StopSource> stop_;
  std::vector<CacheLoan> loans_;  // given back before the registry, whose formats have them, can go
  const std::unique_ptr<Known> known_;
};

}  // namespace pixlake::session
