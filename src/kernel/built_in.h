// The kernels that pixlake brings.
#pragma once

#include "base/result.h"
#include "kernel/registry.h"

namespace pixlake::kernel {

// All of them.
Status RegisterBuiltIns(KernelRegistry* registry);

Status RegisterHash(KernelRegistry* registry);       // hash
Status RegisterHeader(KernelRegistry* registry);     // header
Status RegisterJudge(KernelRegistry* registry);      // judge, describe
Status RegisterPixels(KernelRegistry* registry);     // pixels
Status RegisterSidecar(KernelRegistry* registry);    // sidecar
Status RegisterThumbnail(KernelRegistry* registry);  // thumbnail

}  // namespace pixlake::kernel
