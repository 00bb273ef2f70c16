#include <mutex>
#include <set>

#include <arrow/io/interfaces.h>
#include <arrow/util/thread_pool.h>

#include "session/arrow_pools_internal.h"

namespace pixlake::session {
namespace {

// What those that live ask for.
struct Asked {
  std::mutex mutex;
  std::multiset<int> threads;
};

Asked& AllAsked() {
  static auto* const asked = new Asked();  // never destroyed: a session may be static too
  return *asked;
}

Status Resize(const std::multiset<int>& asked) {
  if (asked.empty()) return Status::OK();  // idle: as they are
  PL_RETURN_NOT_OK(arrow::SetCpuThreadPoolCapacity(*asked.rbegin()));
  return arrow::io::SetIOThreadPoolCapacity(2 * *asked.rbegin());
}

}  // namespace

ArrowPools::ArrowPools(int threads) : threads_(threads) {
  Asked& asked = AllAsked();
  const std::lock_guard lock(asked.mutex);
  asked.threads.insert(threads_);
  status_ = Resize(asked.threads);
}

ArrowPools::~ArrowPools() {
  Asked& asked = AllAsked();
  const std::lock_guard lock(asked.mutex);
  asked.threads.erase(asked.threads.find(threads_));
  (void)Resize(asked.threads);
}

}  // namespace pixlake::session
