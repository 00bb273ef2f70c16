#include "engine/engine.h"

#include <arrow/compute/initialize.h>
#include <fmt/format.h>

#include "delta/delta_format.h"

#include "kernel/built_in.h"

namespace pixlake::engine {

Engine::Engine() {
  formats_.push_back(delta::MakeDeltaFormat());
}

Result<std::shared_ptr<Engine>> Engine::Make() {
  PL_RETURN_NOT_OK(arrow::compute::Initialize());
  std::shared_ptr<Engine> engine(new Engine());
  PL_RETURN_NOT_OK(kernel::RegisterBuiltIns(&engine->kernels_));
  return engine;
}

std::vector<std::string> Engine::FormatNames() const {
  std::vector<std::string> names;
  for (const auto& format : formats_) names.emplace_back(format->name());
  return names;
}

Result<table::TableFormat*> Engine::Format(std::string_view name) const {
  for (const auto& format : formats_) {
    if (format->name() == name) return format.get();
  }
  return Error(ErrorCode::kUsage, fmt::format("there is no table format '{}'", name));
}

}  // namespace pixlake::engine
