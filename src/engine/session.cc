#include "engine/session.h"

#include <utility>

#include <arrow/compute/initialize.h>

#include "delta/delta_format.h"
#include "kernel/built_in.h"

namespace pixlake::engine {

Result<std::shared_ptr<Registry>> MakeRegistry() {
  PL_RETURN_NOT_OK(arrow::compute::Initialize());
  auto registry = std::make_shared<Registry>();
  registry->Register(delta::MakeDeltaFormat());
  PL_RETURN_NOT_OK(kernel::RegisterBuiltIns(registry->mutable_kernels()));
  return registry;
}

Result<std::unique_ptr<Session>> MakeSession(SessionOptions options) {
  PL_ASSIGN_OR_RETURN(std::shared_ptr<const Registry> registry, MakeRegistry());
  return Session::Make(std::move(registry), std::move(options));
}

}  // namespace pixlake::engine
