#include "base/stop/interrupt.h"

#include <atomic>

#include <signal.h>
#include <unistd.h>

namespace pixlake {
namespace {

constinit StopState g_state;
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void OnSignal(int signal_number) {
  if (g_state.reason.exchange(signal_number) != 0) _exit(128 + signal_number);
}

}  // namespace

void HandleInterrupts() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe or a file-size limit is an error of the write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

StopToken ProcessStopToken() {
  // Nobody's to delete.
  return StopToken(std::shared_ptr<const StopState>(std::shared_ptr<void>(), &g_state));
}

int InterruptSignal() {
  return g_state.reason.load(std::memory_order_relaxed);
}

}  // namespace pixlake
