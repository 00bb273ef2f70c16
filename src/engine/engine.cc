#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include <arrow/compute/initialize.h>
#include <arrow/util/thread_pool.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include "delta/delta_format.h"

#include "kernel/built_in.h"

namespace pixlake::engine {
namespace {

constexpr int64_t kLeastMemory = int64_t{32} << 20;

int AvailableCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return 1;
}

int64_t DefaultMemory() {
  const int64_t machine = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE);
  return std::clamp(machine / 4, kLeastMemory, int64_t{4} << 30);
}

}  // namespace

Engine::Engine(EngineOptions options) : options_(options) {
  formats_.push_back(delta::MakeDeltaFormat());
}

Result<std::unique_ptr<Engine>> Engine::Make(EngineOptions options) {
  if (options.threads < 0 || options.threads > 1024) {
    return Error(ErrorCode::kUsage, fmt::format("{} threads; expected 1 to 1024", options.threads));
  }
  if (options.memory_bytes != 0 && options.memory_bytes < kLeastMemory) {
    return Error(ErrorCode::kUsage,
                 fmt::format("a memory budget of {} bytes is too small; expected at least 32MB",
                             options.memory_bytes));
  }
  if (options.threads == 0) options.threads = AvailableCores();
  if (options.memory_bytes == 0) options.memory_bytes = DefaultMemory();
  PL_RETURN_NOT_OK(arrow::compute::Initialize());
  PL_RETURN_NOT_OK(arrow::SetCpuThreadPoolCapacity(options.threads));
  std::unique_ptr<Engine> engine(new Engine(options));
  PL_RETURN_NOT_OK(kernel::RegisterBuiltIns(&engine->kernels_));
  return engine;
}

Result<std::unique_ptr<kernel::Kernel>> Engine::MakeJudge(const sandbox::ExamineOptions& options) const {
  return kernels_.Make("judge", kernel::ToParameters(options));
}

Result<io::Location> Engine::Locate(const std::string& uri) const {
  io::LocalOptions local;
  local.sync = options_.sync;
  const auto name = catalog::ParseTableName(uri);
  if (!name || !has_lake()) return io::Locate(uri, local);
  PL_ASSIGN_OR_RETURN(const catalog::Lake lake, OpenLake());
  return lake.TablePlace(*name);
}

Result<catalog::Lake> Engine::OpenLake() const {
  if (!has_lake()) return Error(ErrorCode::kUsage, "which lake? Give --lake LAKE or set PIXLAKE_LAKE");
  io::LocalOptions local;
  local.sync = options_.sync;
  PL_ASSIGN_OR_RETURN(io::Location place, io::Locate(options_.lake, local));
  return catalog::Lake::Open(std::move(place));
}

Result<std::unique_ptr<table::Table>> Engine::OpenTable(const std::string& uri) const {
  PL_ASSIGN_OR_RETURN(const io::Location location, Locate(uri));
  std::string names;
  for (const auto& format : formats_) {
    PL_ASSIGN_OR_RETURN(const bool there, format->Detect(location));
    if (there) return format->Open(location);
    names.append(names.empty() ? "" : ", ").append(format->name());
  }
  const bool named = catalog::ParseTableName(uri).has_value() && !has_lake();
  return Error(ErrorCode::kNotFound,
               fmt::format("there is no table at {} (looked for: {}){}", location.path, names,
                           named ? "; for the table of a lake give --lake LAKE" : ""));
}

bool Engine::IsTable(const std::string& uri) const {
  const auto location = Locate(uri);
  if (!location.ok()) return false;
  return std::any_of(formats_.begin(), formats_.end(), [&](const auto& format) {
    const auto there = format->Detect(*location);
    return there.ok() && *there;
  });
}

Result<table::TableFormat*> Engine::Format(std::string_view name) const {
  for (const auto& format : formats_) {
    if (format->name() == name) return format.get();
  }
  return Error(ErrorCode::kUsage, fmt::format("there is no table format '{}'", name));
}

}  // namespace pixlake::engine
