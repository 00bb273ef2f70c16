#include "kernel/registry.h"

#include <fmt/format.h>

#include "base/near.h"
#include "kernel/built_in.h"

namespace pixlake::kernel {

Status KernelRegistry::Register(const ParameterSchema& parameters, KernelFactory make) {
  PL_ASSIGN_OR_RETURN(const ParameterValues fallbacks, Complete(parameters, {}, "a kernel"));
  PL_ASSIGN_OR_RETURN(const std::unique_ptr<Kernel> kernel, make(fallbacks));
  const KernelInfo& info = kernel->info();
  entries_.insert_or_assign(info.name, Entry{info, std::move(make)});
  return Status::OK();
}

Result<std::unique_ptr<Kernel>> KernelRegistry::Make(std::string_view name,
                                                     const ParameterValues& parameters) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, entry] : entries_) names.push_back(known);
    return Error(ErrorCode::kUsage, fmt::format("there is no kernel '{}'{}", name, DidYouMean(name, names)));
  }
  const Entry& entry = found->second;
  PL_ASSIGN_OR_RETURN(const ParameterValues complete,
                      Complete(entry.info.parameters, parameters, fmt::format("kernel {}", name)));
  return entry.make(complete);
}

std::vector<KernelInfo> KernelRegistry::List() const {
  std::vector<KernelInfo> infos;
  for (const auto& [name, entry] : entries_) infos.push_back(entry.info);
  return infos;
}

Status RegisterBuiltIns(KernelRegistry* registry) {
  PL_RETURN_NOT_OK(RegisterHash(registry));
  PL_RETURN_NOT_OK(RegisterHeader(registry));
  PL_RETURN_NOT_OK(RegisterJudge(registry));
  PL_RETURN_NOT_OK(RegisterPixels(registry));
  PL_RETURN_NOT_OK(RegisterSidecar(registry));
  return RegisterThumbnail(registry);
}

}  // namespace pixlake::kernel
